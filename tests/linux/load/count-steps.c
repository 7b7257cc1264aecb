// SPDX-License-Identifier: MIT
/*
 * count-steps PROGRAM WORDS...: runs a program that world.c is linked with, one instruction at a time where a
 * mark of it says so, and prints the number of instructions and the longest stretch between two marks.
 *
 * Source: ptrace(2). A process may trace its own children without any privilege.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __aarch64__
#include <elf.h>
#endif

enum { MARK_WORLD = 0, MARK_COUNTED = 2 };

static _Noreturn void fail(const char *what) {
  perror(what);
  exit(2);
}

/* The number of the mark that the program has just stopped at; lets it go on behind it. */
static unsigned long take_mark(pid_t child) {
#ifdef __x86_64__
  struct user_regs_struct registers;
  if (ptrace(PTRACE_GETREGS, child, NULL, &registers) != 0) {
    fail("PTRACE_GETREGS");
  }
  return registers.rax;
#else
  struct user_regs_struct registers;
  struct iovec place = {&registers, sizeof registers};
  if (ptrace(PTRACE_GETREGSET, child, (void *)NT_PRSTATUS, &place) != 0) {
    fail("PTRACE_GETREGSET");
  }
  unsigned long number = registers.regs[0];
  registers.pc += 4;
  if (ptrace(PTRACE_SETREGSET, child, (void *)NT_PRSTATUS, &place) != 0) {
    fail("PTRACE_SETREGSET");
  }
  return number;
#endif
}

int main(int count, char **words) {
  pid_t child = fork();
  if (count < 2 || child < 0) {
    fail("count-steps");
  }
  if (child == 0) {
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0) {
      fail("PTRACE_TRACEME");
    }
    execv(words[1], words + 1);
    fail(words[1]);
  }
  uint64_t steps = 0;
  uint64_t stretch = 0;
  uint64_t longest = 0;
  bool is_counting = false;
  int status;
  while (waitpid(child, &status, 0) == child && WIFSTOPPED(status)) {
    int passed_on = 0;
    if (WSTOPSIG(status) != SIGTRAP) {
      passed_on = WSTOPSIG(status);
    } else {
      siginfo_t reason;
      if (ptrace(PTRACE_GETSIGINFO, child, NULL, &reason) != 0) {
        fail("PTRACE_GETSIGINFO");
      }
      if (reason.si_code == TRAP_TRACE) {
        steps += 1;
        stretch += 1;
      } else if (reason.si_code == SI_KERNEL || reason.si_code == TRAP_BRKPT) {
        is_counting = take_mark(child) == MARK_COUNTED;
        longest = stretch > longest ? stretch : longest;
        stretch = 0;
      }
    }
    ptrace(is_counting ? PTRACE_SINGLESTEP : PTRACE_CONT, child, NULL, (void *)(long)passed_on);
  }
  printf("{\"instructions\":%" PRIu64 ",\"longest\":%" PRIu64 "}\n", steps, longest);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 2;
}
