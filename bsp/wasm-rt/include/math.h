// SPDX-License-Identifier: MIT
/* Freestanding stand-in for <math.h>, declarations only. The firmware has no floating point: a use fails
 * to link. */
#ifndef CANWARDEN_MATH_H
#define CANWARDEN_MATH_H
int isnan(double value);
double floor(double value), ceil(double value), trunc(double value), nearbyint(double value);
double fabs(double value), sqrt(double value);
float floorf(float value), ceilf(float value), truncf(float value), nearbyintf(float value);
float fabsf(float value), sqrtf(float value);
#endif
