/** How many there are of a thing, as a person says it. */

/** `1 rule`, `2 rules`. A plural that is not made with an s is given. */
export function counted(count: number, thing: string, things = `${thing}s`): string {
  return `${count} ${count === 1 ? thing : things}`;
}
