// SPDX-License-Identifier: MIT
/** The same input gives the same output to the byte, and both engines do the same to the frames. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { EngineName } from '../../twin/engine/engine.ts';
import { framesOf, play } from './play.ts';

/** Mixed traffic of 300 frames, about half the bus, from a fixed sequence of numbers. */
function mixedTraffic(): string {
  let state = 12345;
  const next = (limit: number): number => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return Math.floor((state / 2147483648) * limit);
  };
  const identifiers = ['111', '1A0', '2B0', '3C0', '555', '7F1', '18DA10F1', '12345678'];
  let micros = 0;
  const lines = Array.from({ length: 300 }, () => {
    micros += 100 + next(700);
    const identifier = identifiers[next(identifiers.length)] ?? '111';
    const bytes = Array.from({ length: next(9) }, () => next(256).toString(16).padStart(2, '0'));
    const body = identifier === '3C0' ? 'R' : bytes.join('').toUpperCase();
    return `(0.${String(micros).padStart(6, '0')}) ecu ${identifier}#${body}\n`;
  });
  return lines.join('');
}

const AGL = '(0.010) can0 301#0102\n(0.050) can0 302#03\n(0.050) can0 303#04\n';

/** Frames of a log by sender and identifier, in order. */
function byIdentifier(log: string): Record<string, string[]> {
  const groups: Record<string, string[]> = {};
  for (const line of framesOf(log)) (groups[line.split('#')[0] ?? ''] ??= []).push(line);
  return groups;
}

describe('a run of the twin', () => {
  const bus = mixedTraffic();

  for (const engine of ['image', 'wasm'] as const satisfies readonly EngineName[]) {
    it(`gives the same bytes twice (engine ${engine})`, async () => {
      const first = await play(engine, { bus, agl: AGL });
      const second = await play(engine, { bus, agl: AGL });
      assert.deepEqual(first.problems, []);
      assert.equal(second.busLog, first.busLog);
      assert.equal(second.aglLog, first.aglLog);
      assert.deepEqual(second.summary, first.summary);
      assert.deepEqual(second.console, first.console);
    });
  }

  it('has the same frames on both engines, in the same order for each identifier', async () => {
    const image = await play('image', { bus, agl: AGL });
    const wasm = await play('wasm', { bus, agl: AGL });
    assert.deepEqual(byIdentifier(wasm.busLog), byIdentifier(image.busLog));
    assert.deepEqual(byIdentifier(wasm.aglLog), byIdentifier(image.aglLog));
    const { engine: _image, ...imageRest } = image.summary;
    assert.deepEqual({ ...wasm.summary.frames }, imageRest.frames);
  });
});
