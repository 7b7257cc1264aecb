// SPDX-License-Identifier: MIT
/** Writes C initializers: nested braces, designated members, one member a line. */

/** Lines of C. `block` indents the lines it is given. */
export type Lines = readonly string[];

export function member(name: string, value: string): string {
  return `.${name} = ${value},`;
}

/** The non-zero members. C sets omitted members to zero. */
export function numbers(values: Readonly<Record<string, number>>): string[] {
  return Object.entries(values)
    .filter(([, value]) => value !== 0)
    .map(([name, value]) => member(name, cNumber(value)));
}

/** `head {`, the lines indented by a tab, `},`. */
export function block(head: string, lines: Lines): string[] {
  return [`${head}{`, ...lines.map((line) => (line === '' ? '' : `\t${line}`)), '},'];
}

/** Small numbers decimal, others hexadecimal; above 32 bits with the suffix ULL. */
export function cNumber(value: number): string {
  if (value < 0x400) return String(value);
  const text = `0x${value.toString(16)}`;
  return value > 0xffffffff ? `${text}ULL` : text;
}

/** A string literal. Question marks are escaped, because two of them start a trigraph. */
export function cString(text: string): string {
  return `"${text.replace(/["\\?]/g, '\\$&')}"`;
}

/** A one-line comment. A comment end inside the text is broken up. */
export function cComment(text: string): string {
  return `/* ${text.replaceAll('*/', '* /')} */`;
}

/** Flags as their C names joined with `|`. Unknown bits appear as a number; `0` if none is set. */
export function cFlags(
  value: number,
  names: readonly (readonly [number, string])[],
  prefix: string,
): string {
  let rest = value;
  const parts: string[] = [];
  for (const [bit, name] of names) {
    if (Math.floor(value / bit) % 2 === 0) continue;
    parts.push(`${prefix}${name}`);
    rest -= bit;
  }
  if (rest !== 0) parts.push(cNumber(rest));
  return parts.length === 0 ? '0' : parts.join(' | ');
}
