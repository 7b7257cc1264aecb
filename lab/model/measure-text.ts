// SPDX-License-Identifier: MIT
/**
 * The lines of the image of the self test that say what it has measured, and what `canwarden measure` prints of them:
 * constants beside the model, the clock of the core, and which promises hold. The helper's agl/lib/measure.sh prints
 * the same; `tests/agl/measure.test.ts` compares the two.
 *
 * Does not: run anything.
 */
import { boundsOf, type Constants, countingConstants, expectedNanos } from './bound.ts';
import { MODEL_CONSTANTS } from './model-file.ts';

const LINE = /^canwarden: measure (\w+) (\d+)$/;
/** A constant this much above the model's is named. */
const SLOWER = 1.03;
/** The core's clock has changed if its looks differ by more. */
const SAME_CLOCK = 1.02;

/** Nanoseconds by name, in the order of the lines. */
export function parseMeasured(lines: readonly string[]): Constants {
  const measured: Record<string, number> = {};
  for (const line of lines) {
    const [, name, picos] = LINE.exec(line) ?? [];
    if (name !== undefined) measured[name] = Number(picos) / 1_000;
  }
  return measured;
}

/** Everything that is said, line by line. */
export function measuredText(measured: Constants): string[] {
  return [...constantLines(measured), clockLine(measured), ...promiseLines(measured)];
}

function constantLines(measured: Constants): string[] {
  return [
    `${'constant, ns'.padEnd(26)}${'model'.padStart(12)}${'measured'.padStart(12)}`,
    ...Object.entries(measured).map(([name, nanos = 0]) => {
      const model = expectedNanos(name);
      const isSlow = model !== undefined && nanos > SLOWER * model;
      const columns = [String(model ?? '-'), nanos.toFixed(2)].map((cell) => cell.padStart(12));
      return `${name.padEnd(26)}${columns.join('')}${isSlow ? '  slower than the model' : ''}`;
    }),
  ];
}

function clockLine(measured: Constants): string {
  const most = measured['nanosPerInstruction'] ?? NaN;
  const least = measured['nanosPerInstructionLeast'] ?? most;
  const perNano = (nanos: number): string => (1 / nanos).toFixed(2);
  return most > SAME_CLOCK * least
    ? `core: ${perNano(most)} to ${perNano(least)} instructions a nanosecond: its clock changed meanwhile`
    : `core: ${perNano(most)} instructions a nanosecond, the same all the time`;
}

const row = (what: string, ...columns: string[]): string =>
  what.padEnd(60) + columns.map((column) => column.padStart(9)).join('');

function promiseLines(measured: Constants): string[] {
  const bounds = boundsOf(measured);
  const micros = (nanos: number): string => (nanos / 1_000).toFixed(2);
  const known = bounds.filter(({ nanos }) => nanos !== undefined);
  const kept = known.filter(({ promise, nanos = Infinity }) => nanos <= promise.most);
  return [
    row('promise, us', 'bound', 'promised', 'holds', 'margin'),
    ...bounds.map(({ promise: { what, most }, nanos }) =>
      nanos === undefined
        ? row(what, '-', micros(most), '-', '-')
        : row(
            what,
            micros(nanos),
            micros(most),
            nanos <= most ? 'yes' : 'NO',
            micros(most - nanos),
          ),
    ),
    'bytes and chip selects on SPI, instructions of a forwarded frame: of no constant, so on every board',
    `${kept.length} of ${known.length} promised times hold with these constants` +
      (known.length < bounds.length ? '; -: needs idle=wfi in the settings' : ''),
  ];
}

/** A model file of what was measured. `reason` stands beside each number. */
export function modelText(measured: Constants, name: string, reason: string): string {
  const counting = countingConstants(measured);
  const constants = MODEL_CONSTANTS.flatMap((constant) => {
    const nanos = counting[constant];
    return nanos === undefined
      ? []
      : [[constant, { value: Number(nanos.toFixed(3)), reason }] as const];
  });
  return `${JSON.stringify({ name, constants: Object.fromEntries(constants) }, null, 2)}\n`;
}
