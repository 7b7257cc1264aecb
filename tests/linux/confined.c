// SPDX-License-Identifier: MIT
/*
 * confined PROGRAM WORDS...: runs it as user 1000 with CAP_NET_RAW and nothing else, as the bridge's unit
 * does.
 *
 * Source: capabilities(7).
 */
#define _GNU_SOURCE
#include <grp.h>
#include <linux/capability.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define USER 1000

static int drop_all_but_raw(void) {
  struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
  const unsigned raw = 1u << CAP_NET_RAW;
  struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {{raw, raw, raw}};
  for (unsigned long number = 0; prctl(PR_CAPBSET_READ, number, 0, 0, 0) >= 0; number++) {
    if (number != CAP_NET_RAW && prctl(PR_CAPBSET_DROP, number, 0, 0, 0) != 0) {
      return -1;
    }
  }
  if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0 || setgroups(0, NULL) != 0 ||
      setresgid(USER, USER, USER) != 0 || setresuid(USER, USER, USER) != 0) {
    return -1;
  }
  return syscall(SYS_capset, &head, sets) != 0 ||
                 prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_RAW, 0, 0) != 0 ||
                 prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0
             ? -1
             : 0;
}

int main(int count, char **words) {
  if (count > 1 && drop_all_but_raw() == 0) {
    execvp(words[1], words + 1);
  }
  perror("confined");
  return 1;
}
