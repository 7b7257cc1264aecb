// SPDX-License-Identifier: MIT
/** Steps of the cell's loop that did something, as far as there is room for them. */

/** A step without work is shorter. */
const WORK_NANOS = 1_500;
/** As many as go with the SPI instructions that a run keeps (lab/rig/observations.ts). */
const KEPT = 20_000;

export class Steps {
  readonly kept: (readonly [fromNanos: number, toNanos: number])[] = [];

  add(fromNanos: number, toNanos: number): void {
    if (toNanos - fromNanos < WORK_NANOS || this.kept.length >= KEPT) return;
    this.kept.push([fromNanos, toNanos]);
  }
}
