// SPDX-License-Identifier: MIT
/**
 * A bridge that serves a fake cell, and the bridge's own client.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from '../../scripts/build/command.ts';
import { skipForSetup } from '../../scripts/test/result.ts';
import { BridgeProcess } from './bridge-process.ts';
import type { FakeCell } from './fake-cell.ts';

/** The bridge for this machine: as `npm test` builds it under ASan and UBSan, else as shipped. */
export const NATIVE =
  [join(PROJECT, 'build/canwarden-bridge-checked')].find(existsSync) ??
  join(PROJECT, 'build/canwarden-bridge');
export const SKIP = existsSync(NATIVE)
  ? false
  : skipForSetup('no bridge for this machine: no C compiler here');

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly remarks: string;
}

/** Runs `canwarden-bridge --ask WORDS` to its end. */
export async function ask(socket: string, ...words: readonly string[]): Promise<Answer> {
  const child = spawn(NATIVE, ['--socket', socket, '--ask', ...words]);
  let text = '';
  let remarks = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
  child.stderr.setEncoding('utf8').on('data', (part: string) => (remarks += part));
  const status = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? -1));
  });
  return { status, text, remarks };
}

/** For `describe` and `it`: what these tests may take on a machine that does other things too. */
export const LIMITS = { skip: SKIP, timeout: 1_200_000 } as const;

const PATIENCE_SECONDS = 120;
/** Without a beat for so long a cell shows no life: docs/bridge.md. */
const DEAD_MILLIS = 2000;

/** Waits until `isDone`; fails after PATIENCE_SECONDS, which is far more than anything here takes. */
export async function until(what: string, isDone: () => boolean): Promise<void> {
  const endMillis = performance.now() + PATIENCE_SECONDS * 1000;
  while (!isDone()) {
    assert.ok(performance.now() < endMillis, `${what}: not within ${PATIENCE_SECONDS} s`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/**
 * Does what a busy machine can spoil, again and again until it was not spoilt: until `disturbance`, asked
 * right behind an attempt, has nothing to say. Fails after PATIENCE_SECONDS with its last words.
 */
async function undisturbed<T>(
  what: string,
  disturbance: (millis: number) => string | undefined,
  attempt: () => Promise<T>,
): Promise<T> {
  const startMillis = performance.now();
  for (;;) {
    const attemptMillis = performance.now();
    const result = await attempt();
    const endMillis = performance.now();
    const words = disturbance(Math.round(endMillis - attemptMillis));
    if (words === undefined) return result;
    assert.ok(
      endMillis - startMillis < PATIENCE_SECONDS * 1000,
      `${what}: no undisturbed attempt within ${PATIENCE_SECONDS} s; the last one ${words}`,
    );
  }
}

/** Does what must be done in less time than the bridge waits; longer attempts say nothing. */
export function within<T>(
  what: string,
  limitMillis: number,
  attempt: () => Promise<T>,
): Promise<T> {
  const isLong = (millis: number): string | undefined =>
    millis < limitMillis ? undefined : `took ${millis} ms, and must not take ${limitMillis} ms`;
  return undisturbed(what, isLong, attempt);
}

/** Asks while the cell beats: an attempt in which this machine let it pause says nothing. */
export function askLiving(cell: FakeCell, ...words: readonly string[]): Promise<Answer> {
  const isPaused = (): string | undefined => {
    const millis = Math.round(cell.takeLongestPause());
    return millis < DEAD_MILLIS ? undefined : `had no beat of the cell for ${millis} ms`;
  };
  cell.takeLongestPause();
  return undisturbed(words.join(' '), isPaused, () => ask(cell.socket, ...words));
}

/** What a bridge carries: frames, or (role device) only questions about the cell. */
export const MODES = [
  ['with frames', []],
  ['with the control device alone', ['--control-only']],
] as const;

/** Starts a bridge on the cell's file and waits until it is ready. */
export async function startBridge(
  cell: FakeCell,
  more: readonly string[] = [],
): Promise<BridgeProcess> {
  const options = ['--interface', '-', '--shm', cell.sharedFile, '--socket', cell.socket];
  const bridge = new BridgeProcess([NATIVE, ...options, ...more]);
  await until('the bridge', () => bridge.hasSaid('ready: '));
  return bridge;
}
