// SPDX-License-Identifier: MIT
/*
 * syscalls record FILE PROGRAM WORDS...: runs it, and writes the numbers of the system calls that it makes, one a
 * line, after its execve; then the address families of its sockets, as "family NUMBER".
 * syscalls only NUMBER,NUMBER,... PROGRAM WORDS...: runs it with a filter (seccomp(2)) that kills it at any other call.
 *
 * Source: ptrace(2), seccomp(2). execve is always allowed: the filter is there before it, as with systemd.
 * Does not: follow the program's own children; the bridge has none.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CALLS_MAXIMUM = 1024, FILTER_MAXIMUM = 256, FAMILIES_MAXIMUM = 64 };

#if defined(__x86_64__)
enum { OWN_ARCHITECTURE = AUDIT_ARCH_X86_64 };
#elif defined(__aarch64__)
enum { OWN_ARCHITECTURE = AUDIT_ARCH_AARCH64 };
#endif

static unsigned char seen[CALLS_MAXIMUM];
/* Address families of the sockets. */
static unsigned char families[FAMILIES_MAXIMUM];
static pid_t child;

static void pass_on(int number) {
  kill(child, number);
}

/* The traced program runs until its end; each call is noted at its entry. Returns its wait status. */
static int follow(void) {
  int status = 0;
  int started = 0;
  int forward = 0;
  if (waitpid(child, &status, 0) < 0) {
    return -1;
  }
  ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL);
  for (;;) {
    if (ptrace(PTRACE_SYSCALL, child, 0, forward) != 0 && errno == ESRCH) {
      return status;
    }
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFEXITED(status) || WIFSIGNALED(status)) {
      return status;
    }
    forward = 0;
    if (status >> 8 == (SIGTRAP | (PTRACE_EVENT_EXEC << 8))) {
      started = 1;
    } else if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
      struct __ptrace_syscall_info info;
      if (started && ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof info, &info) > 0 &&
          info.op == PTRACE_SYSCALL_INFO_ENTRY && info.entry.nr < CALLS_MAXIMUM) {
        seen[info.entry.nr] = 1;
        if (info.entry.nr == SYS_socket && info.entry.args[0] < FAMILIES_MAXIMUM) {
          families[info.entry.args[0]] = 1;
        }
      }
    } else {
      forward = WSTOPSIG(status);
    }
  }
}

static int record(const char *file, char **words) {
  child = fork();
  if (child == 0) {
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    raise(SIGSTOP);
    execvp(words[0], words);
    _exit(127);
  }
  signal(SIGTERM, pass_on);
  signal(SIGINT, pass_on);
  const int status = follow();
  FILE *out = fopen(file, "w");
  if (out == NULL) {
    return 1;
  }
  for (int number = 0; number < CALLS_MAXIMUM; number++) {
    if (seen[number]) {
      fprintf(out, "%d\n", number);
    }
  }
  for (int number = 0; number < FAMILIES_MAXIMUM; number++) {
    if (families[number]) {
      fprintf(out, "family %d\n", number);
    }
  }
  fclose(out);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int only(char *list, char **words) {
  struct sock_filter code[2 * FILTER_MAXIMUM + 8];
  unsigned short length = 0;
  code[length++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
  code[length++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OWN_ARCHITECTURE, 1, 0);
  code[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
  code[length++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
  int count = 0;
  for (char *word = strtok(list, ","); word != NULL && count < FILTER_MAXIMUM; word = strtok(NULL, ","), count++) {
    code[length++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)atoi(word), 0, 1);
    code[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  }
  code[length++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_execve, 0, 1);
  code[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  code[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
  const struct sock_fprog program = {.len = length, .filter = code};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
    perror("syscalls");
    return 1;
  }
  execvp(words[0], words);
  return 127;
}

int main(int count, char **words) {
  if (count > 3 && strcmp(words[1], "record") == 0) {
    return record(words[2], words + 3);
  }
  if (count > 3 && strcmp(words[1], "only") == 0) {
    return only(words[2], words + 3);
  }
  fputs("syscalls record FILE PROGRAM... | syscalls only NUMBERS PROGRAM...\n", stderr);
  return 2;
}
