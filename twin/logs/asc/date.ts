// SPDX-License-Identifier: MIT
/**
 * Dates of Vector ASC: `Sam Sep 30 15:06:13.191 2017`, `Thu Apr 28 10:44:52.480 am 2022`.
 *
 * They have no zone and are read as UTC, because only differences count here.
 */

const MONTHS = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');
const GERMAN_MONTHS: Readonly<Record<string, string>> = {
  mär: 'mar',
  mrz: 'mar',
  mai: 'may',
  okt: 'oct',
  dez: 'dec',
};
const DAYS = 'Sun Mon Tue Wed Thu Fri Sat'.split(' ');
const DATE =
  /^(?:\S+ +)?(\p{L}{3})\p{L}*\.? +(\d{1,2}) +(\d{1,2}):(\d\d):(\d\d)(?:\.(\d{1,6}))?(?: +([ap])m)? +(\d{4})$/iu;

/** Milliseconds since the Unix epoch. Undefined: not such a date. */
export function parseDate(text: string): bigint | undefined {
  const match = DATE.exec(text.trim());
  if (match === null) return undefined;
  const [, name, day, hourText, minute, second, fraction = '', half, year] = match as unknown as (
    string | undefined
  )[];
  const short = (name ?? '').toLowerCase();
  const month = MONTHS.indexOf(GERMAN_MONTHS[short] ?? short);
  if (month < 0) return undefined;
  let hour = Number(hourText);
  if (half !== undefined) hour = (hour % 12) + (half.toLowerCase() === 'p' ? 12 : 0);
  const millis = Number(fraction.slice(0, 3).padEnd(3, '0'));
  const parts = [Number(year), month, Number(day), hour, Number(minute), Number(second), millis];
  return BigInt(Date.UTC(...(parts as Parameters<typeof Date.UTC>)));
}

/** `Thu Apr 28 10:44:52.480 am 2022`, the form that CANoe and python-can write. */
export function formatDate(millis: bigint): string {
  const date = new Date(Number(millis));
  const two = (value: number): string => String(value).padStart(2, '0');
  const hour = date.getUTCHours();
  const month = MONTHS[date.getUTCMonth()] ?? '';
  const time = `${two(hour % 12 || 12)}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
  return [
    DAYS[date.getUTCDay()],
    month.charAt(0).toUpperCase() + month.slice(1),
    two(date.getUTCDate()),
    `${time}.${String(date.getUTCMilliseconds()).padStart(3, '0')}`,
    hour < 12 ? 'am' : 'pm',
    date.getUTCFullYear(),
  ].join(' ');
}
