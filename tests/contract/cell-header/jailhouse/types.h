// SPDX-License-Identifier: MIT
/*
 * The integer types that a Jailhouse configuration in C uses.
 */
#ifndef CELL_HEADER_TYPES_H
#define CELL_HEADER_TYPES_H

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;

#endif
