/**
 * The bench of the cases with Linux's own drivers (lab/peers/linux): the cell is the virtio-can device.
 */
import assert from 'node:assert/strict';
import { LinuxPeer } from '../../lab/peers/linux/linux-peer.ts';
import { type Bench, type BenchOptions, startBench } from '../../lab/rig/rig.ts';
import type { EngineName } from '../../twin/engine/engine.ts';
import { asBackEnd, withFrontEndRoot } from '../system/roles.ts';
import { MILLISECOND } from './case.ts';

/** A board whose AGL side is Linux's own drivers, `can0` up. At the end they must not have minded anything. */
export async function withLinux(
  engine: EngineName,
  use: (bench: Bench, linux: LinuxPeer) => void,
  options: Partial<BenchOptions> = {},
  wakeNanos?: number,
): Promise<void> {
  let linux: LinuxPeer | undefined;
  const bench = await startBench({
    engine,
    changeCell: asBackEnd,
    changeSystem: withFrontEndRoot,
    makePeer: (surroundings) => (linux = new LinuxPeer({ ...surroundings, wakeNanos })),
    ...options,
  });
  try {
    assert.ok(linux);
    const peer = linux;
    assert.ok(
      bench.runUntil(() => peer.can?.isOpen === true, 100 * MILLISECOND),
      'can0 is up',
    );
    bench.run(10 * MILLISECOND);
    use(bench, peer);
    assert.deepEqual(peer.problems, []);
  } finally {
    bench.close();
  }
}

/** Runs one of Linux's threads to its end. */
export function complete(bench: Bench, linux: LinuxPeer, thread: Generator<number, unknown>): void {
  let isDone = false;
  linux.run(thread, () => (isDone = true));
  assert.ok(
    bench.runUntil(() => isDone, 200 * MILLISECOND),
    `unfinished: ${linux.problems[0]}`,
  );
}

/** Identifiers of what the cell has sent. */
export const fromCell = (bench: Bench): number[] =>
  bench.sentBy(bench.board.chip.name).map(({ identifier }) => identifier);

/** One frame each way. */
export function exchange(bench: Bench, identifier: number): void {
  bench.forget();
  bench.send({ identifier, data: [1, 2, 3] });
  bench.sendFromAgl({ identifier: identifier + 1, data: [4] });
  bench.run(10 * MILLISECOND);
  assert.deepEqual(
    bench.agl.map(({ frame }) => frame.identifier),
    [identifier],
  );
  assert.deepEqual(fromCell(bench), [identifier + 1]);
}
