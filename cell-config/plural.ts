// SPDX-License-Identifier: MIT
/** A count with its noun: `1 rule`, `2 rules`. `things` is an irregular plural. */
export function counted(count: number, thing: string, things = `${thing}s`): string {
  return `${count} ${count === 1 ? thing : things}`;
}
