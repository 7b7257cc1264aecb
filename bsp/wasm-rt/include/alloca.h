// SPDX-License-Identifier: MIT
/* Freestanding stand-in for <alloca.h>, which the generated module includes. */
#ifndef CANWARDEN_ALLOCA_H
#define CANWARDEN_ALLOCA_H
#define alloca __builtin_alloca
#endif
