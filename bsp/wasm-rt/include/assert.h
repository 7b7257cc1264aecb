// SPDX-License-Identifier: MIT
/* Freestanding stand-in for <assert.h>. The generated module asserts only wabt's own checks. */
#ifndef CANWARDEN_ASSERT_H
#define CANWARDEN_ASSERT_H
#define assert(condition) ((void)0)
#endif
