// SPDX-License-Identifier: MIT
/**
 * The rig of the cases with Linux's own drivers (lab/peers/linux): the cell is the virtio-can device.
 */
import assert from 'node:assert/strict';
import { LinuxPeer } from '../../lab/peers/linux/linux-peer.ts';
import { type RigOptions, openRig } from '../../lab/rig/open-rig.ts';
import type { Rig } from '../../lab/rig/rig.ts';
import type { VirtioCan } from '../../lab/peers/linux/virtio-can.ts';
import type { EngineName } from '../../twin/engine/engine.ts';
import { EXCHANGED_ROLES } from '../../lab/rig/roles.ts';
import { MILLISECOND } from './case.ts';
import { ALTERNATING, failNextSends } from './disturbance.ts';

/** A board whose AGL side is Linux's own drivers, `can0` up. At the end they must not have minded anything. */
export async function withLinux(
  engine: EngineName,
  use: (rig: Rig, linux: LinuxPeer, can: VirtioCan) => void,
  options: Partial<RigOptions> = {},
  wakeNanos?: number,
): Promise<void> {
  let linux: LinuxPeer | undefined;
  const rig = await openRig({
    engine,
    ...EXCHANGED_ROLES,
    makePeer: (surroundings) => (linux = new LinuxPeer({ ...surroundings, wakeNanos })),
    ...options,
  });
  try {
    assert.ok(linux);
    const peer = linux;
    assert.ok(
      rig.runUntil(() => peer.can?.isOpen === true, 100 * MILLISECOND),
      'can0 is up',
    );
    rig.run(10 * MILLISECOND);
    assert.ok(peer.can);
    use(rig, peer, peer.can);
    assert.deepEqual(peer.problems, []);
  } finally {
    rig.close();
  }
}

/** Runs Linux's threads, one after the other, each to its end. */
export function complete(
  rig: Rig,
  linux: LinuxPeer,
  ...threads: readonly Generator<number, unknown>[]
): void {
  for (const thread of threads) {
    let isDone = false;
    linux.run(thread, () => (isDone = true));
    const hasEnded = rig.runUntil(() => isDone, 200 * MILLISECOND);
    assert.ok(hasEnded, `unfinished: ${linux.problems[0]}`);
  }
}

/** Fails the sends of the cell until the interface of Linux is told of a bus-off. */
export function driveOff(rig: Rig, can: VirtioCan): void {
  failNextSends(rig, 32);
  rig.sendFromAgl(ALTERNATING);
  assert.ok(rig.runUntil(() => can.state === 'bus-off', 30 * MILLISECOND));
}

/** Identifiers of what the cell has sent. */
export const fromCell = (rig: Rig): number[] =>
  rig.sentBy(rig.board.chip.name).map(({ identifier }) => identifier);

/** One frame each way. */
export function exchange(rig: Rig, identifier: number): void {
  rig.forget();
  rig.send({ identifier, data: [1, 2, 3] });
  rig.sendFromAgl({ identifier: identifier + 1, data: [4] });
  rig.run(10 * MILLISECOND);
  assert.deepEqual(
    rig.agl.map(({ frame }) => frame.identifier),
    [identifier],
  );
  assert.deepEqual(fromCell(rig), [identifier + 1]);
}
