/**
 * Writes C initializers: nested braces, designated members, one member a line.
 *
 * Does not: know Jailhouse.
 */

/** Lines of C at some depth; depth is added by the caller of `block`. */
export type Lines = readonly string[];

/** `.name = value,`. */
export function member(name: string, value: string): string {
  return `.${name} = ${value},`;
}

/** The members whose number is not zero: C sets what is not named to zero. */
export function numbers(values: Readonly<Record<string, number>>): string[] {
  return Object.entries(values)
    .filter(([, value]) => value !== 0)
    .map(([name, value]) => member(name, cNumber(value)));
}

/** `head {`, the lines one tab deeper, `},`. */
export function block(head: string, lines: Lines): string[] {
  return [`${head}{`, ...lines.map((line) => (line === '' ? '' : `\t${line}`)), '},'];
}

/** Small numbers decimal, others hexadecimal; with the suffix that keeps 64 bits on every compiler. */
export function cNumber(value: number): string {
  if (value < 0x400) return String(value);
  const text = `0x${value.toString(16)}`;
  return value > 0xffffffff ? `${text}ULL` : text;
}

/** A string literal; question marks are escaped because two of them start a trigraph. */
export function cString(text: string): string {
  return `"${text.replace(/["\\?]/g, '\\$&')}"`;
}

/** A one-line comment; text that would end it early is taken apart. */
export function cComment(text: string): string {
  return `/* ${text.replaceAll('*/', '* /')} */`;
}

/** Flags as their C names joined with `|`, unknown bits as a number; `0` when none is set. */
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
