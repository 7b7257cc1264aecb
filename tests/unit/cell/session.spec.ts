// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * AGL comes, goes, stays away, or falls silent: reports and counters (statuses 40 and 49 of
 * docs/troubleshooting.md, the heartbeat of docs/status-page.md).
 */
import { Counter } from '../../../src/rt/counters';
import { Status } from '../../../src/rt/status';
import { DEVICE } from '../virtio/pair';
import { FakeBoard } from './fake-board';

const FRAME_101 = '20 20 00 00 01 aa 00 00 00 00 00 00 00'; // 101#AA

/** The bridge beats. Its limit is 150 ms. */
function beat(board: FakeBoard): void {
  const requests = board.requests.base;
  store<u32>(requests, 150, 0x24);
  store<u32>(requests, load<u32>(requests, 0x20) + 1, 0x20);
}

describe('AGL', () => {
  test('that comes is said, with the frames lost before', () => {
    const board = new FakeBoard('console=on');
    board.start();
    board.said();
    board.chip.fill(0, FRAME_101);
    for (let count = 0; count < 10; count++) board.cell.step();
    board.connect();
    board.pass(2_000);
    const said = board.said();
    expect(said.includes('AGL connected, frames for it lost since it last was: ')).toBe(true, said);
    expect(board.counted(Counter.PeerConnected)).toBe(1);
    expect(board.counted(Counter.ForwardDroppedNoPeer)).toBe(1);
  });

  test('that goes is said, and frames are dropped and counted', () => {
    const board = new FakeBoard('console=on').connected();
    board.pass(2_000);
    board.said();
    board.agl.leave();
    board.aglRuns = false;
    board.pass(5_000);
    expect(board.said().startsWith('canwarden: AGL gone')).toBe(true);
    expect(board.counted(Counter.PeerLost)).toBe(1);
    board.chip.fill(0, FRAME_101);
    board.pass(1_000);
    expect(board.counted(Counter.ForwardDroppedNoPeer)).toBe(1);
  });

  test('that stays away for two seconds is said once', () => {
    const board = new FakeBoard('console=on');
    board.aglRuns = false;
    board.clock.perLook = 1;
    board.start();
    board.said();
    board.wait(1_900_000);
    expect(board.said()).toBe('');
    board.wait(300_000);
    const said = board.said();
    expect(said.includes('no session with AGL for 2 s')).toBe(true, said);
    expect(said.includes('Is canwarden-bridge running? (status 40)')).toBe(true, said);
    board.wait(3_000_000);
    expect(board.said()).toBe('');
  });

  test('whose heartbeat stands still is dead: the session ends, and begins with the next beat', () => {
    const board = new FakeBoard('console=on').connected();
    for (let count = 0; count < 10; count++) {
      beat(board);
      board.pass(5_000);
    }
    board.said();
    board.pass(140_000);
    expect(board.said()).toBe('');
    board.pass(20_000);
    const said = board.said();
    expect(said.includes('heartbeat stands still: Linux hangs, or has panicked (status 49)')).toBe(
      true,
    );
    expect(board.parts.agl.running).toBe(false);
    board.pass(300_000);
    expect(board.parts.agl.running).toBe(false);
    for (let count = 0; count < 60; count++) {
      beat(board);
      board.pass(5_000);
    }
    expect(board.parts.agl.running).toBe(true);
  });

  test('that has the role device keeps its session through a silence', () => {
    const board = new FakeBoard('console=on');
    board.host.isBackEnd = true;
    board.connected();
    for (let count = 0; count < 10; count++) {
      beat(board);
      board.pass(5_000);
    }
    board.said();
    board.pass(200_000);
    expect(board.said().includes('(status 49)')).toBe(true);
    expect(board.parts.agl.running).toBe(true);
  });

  test('whose rings are impossible loses the session with the frame', () => {
    const board = new FakeBoard('console=on').connected();
    board.chip.fill(0, FRAME_101);
    // The used index of the transmit queue jumps.
    for (let offset: u32 = 0x1000; offset < 0x8000; offset += 2) {
      if (load<u16>(board.section.base + offset) === 0) {
        store<u16>(board.section.base + offset, 0x7777);
      }
    }
    board.aglRuns = false;
    board.pass(20_000);
    expect(board.parts.agl.running).toBe(false);
  });

  test('without a link is never looked for', () => {
    const board = new FakeBoard('console=on');
    board.host.linkStatus = Status.IvshmemAbsent;
    board.clock.perLook = 1;
    board.start();
    board.said();
    board.wait(3_000_000);
    expect(board.said()).toBe('');
    expect(board.wire.bells[DEVICE]).toBe(0);
  });
});
