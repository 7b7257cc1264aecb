// SPDX-License-Identifier: MIT
/** The AGL side with modules written for the purpose: when it wakes, what it maps, how it dies. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BridgeHost } from '../../twin/agl/bridge-host.ts';
import { BridgeMemory } from '../../twin/agl/bridge-memory.ts';
import { type CanFrame, makeFrame } from '../../twin/bus/can-frame.ts';
import { makeFixture } from './machine-fixture.ts';
import { assemble } from './wat.ts';

// The stated delays of the AGL side, declared again.
const WAKE_UP_NANOS = 30_000;
const POLL_NANOS = 1_000_000;
/** The CPU time of one frame: docs/timing-budget.md, "What the bridge takes". */
const FRAME_NANOS = 21_000;
const SECTION = 0x0aa21000;
const SECTION_BYTES = 0x40000;
const OUTPUT_BYTES = 0x20000;

/** A bridge that counts its steps at section offset 0 and sends back each frame it receives. */
const ECHO_STEP = `
  (call $memory_write32 (i32.const 0)
    (i32.add (call $memory_read32 (i32.const 0)) (i32.const 1)))
  (if (result i32) (call $socket_receive (i32.const 64) (i32.const 1))
    (then (call $socket_send (i32.const 64) (i32.const 1)))
    (else (i32.const 0)))`;

function makeBridge(step: string) {
  const fixture = makeFixture();
  const section = fixture.space.find(SECTION)?.memory?.bytes;
  assert.ok(section);
  section.fill(0);
  const control = {
    status: Buffer.alloc(OUTPUT_BYTES, 0x11),
    requests: Buffer.alloc(OUTPUT_BYTES),
  };
  const frames: { frame: CanFrame; nanos: number }[] = [];
  const failures: string[] = [];
  const bridge = new BridgeHost({
    clock: fixture.clock,
    wasm: assemble(`(module
      (import "bsp" "memory_read32" (func $memory_read32 (param i32) (result i32)))
      (import "bsp" "memory_write32" (func $memory_write32 (param i32 i32)))
      (import "bsp" "mmio_write32" (func $mmio_write32 (param i32 i32)))
      (import "socket" "socket_receive" (func $socket_receive (param i32 i32) (result i32)))
      (import "socket" "socket_send" (func $socket_send (param i32 i32) (result i32)))
      (memory (export "memory") 1 1)
      (func (export "initialize") (param i32) (result i32)
        (call $mmio_write32 (i32.const 0x90000008) (i32.const 1))
        (call $mmio_write32 (i32.const 0x90000010) (i32.const 1))
        (i32.ne (local.get 0) (i32.const ${SECTION_BYTES})))
      (func (export "control_open") (param i32))
      (func (export "control_tend") (param i64))
      (func (export "step") (result i32) ${step}))`),
    endpoint: fixture.agl,
    memory: new BridgeMemory({ section, stateTable: fixture.stateTable, control }, fixture.agl),
    protocol: 0xc024,
    sectionBytes: section.length,
    onFrame: (frame, nanos) => frames.push({ frame, nanos }),
    onFailure: (reason) => failures.push(reason),
  });
  const steps = (): number => section.readUInt32LE(0);
  return { ...fixture, bridge, frames, failures, steps, control };
}

describe('the AGL side', () => {
  it('initialises with the size of the section and becomes ready', () => {
    const { bridge, link, failures } = makeBridge(ECHO_STEP);
    bridge.start();
    assert.deepEqual(failures, []);
    assert.equal(link.stateOf(0), 1);
  });

  it('steps at once, then every millisecond, and sooner after an interrupt', () => {
    const { bridge, clock, own, steps } = makeBridge(ECHO_STEP);
    bridge.start();
    clock.advanceTo(1);
    assert.equal(steps(), 1);
    clock.advanceTo(POLL_NANOS - 1);
    assert.equal(steps(), 1);
    clock.advanceTo(POLL_NANOS);
    assert.equal(steps(), 2);
    own.writeRegister(0x0c, 0);
    clock.advanceTo(POLL_NANOS + WAKE_UP_NANOS - 1);
    assert.equal(steps(), 2);
    clock.advanceTo(POLL_NANOS + WAKE_UP_NANOS);
    assert.equal(steps(), 3);
    // One-shot, as Linux' UIO driver uses it: not re-armed, so the next one is lost.
    own.writeRegister(0x0c, 0);
    clock.advanceTo(POLL_NANOS + 3 * WAKE_UP_NANOS);
    assert.equal(steps(), 3);
  });

  it('carries frames of every kind through struct can_frame unchanged', () => {
    const { bridge, clock, frames } = makeBridge(ECHO_STEP);
    bridge.start();
    const kinds = [
      makeFrame({ identifier: 0x7ff, data: [1, 2, 3] }),
      makeFrame({ identifier: 0x1fffffff, extended: true, data: [] }),
      makeFrame({ identifier: 0x123, remote: true, dlc: 5 }),
      makeFrame({ identifier: 0x123, dlc: 12, data: [1, 2, 3, 4, 5, 6, 7, 8] }),
    ];
    for (const frame of kinds) assert.equal(bridge.send(frame), true);
    assert.equal(bridge.pendingCount, 4);
    clock.advanceTo(10 * POLL_NANOS);
    assert.deepEqual(
      frames.map(({ frame }) => frame),
      kinds,
    );
    assert.ok((frames[0]?.nanos ?? 0) <= WAKE_UP_NANOS);
  });

  it('takes 21 us for each frame, either way, and no interrupt makes it faster', () => {
    const { bridge, clock, own, frames } = makeBridge(ECHO_STEP);
    bridge.start();
    clock.advanceTo(100_000);
    for (const byte of [1, 2, 3]) bridge.send(makeFrame({ identifier: 0x100, data: [byte] }));
    // The first step begins after the wake-up; each takes one frame and gives one.
    for (let step = 0; step < 30; step++) {
      clock.advanceTo(clock.now + 10_000);
      own.writeRegister(0x0c, 0);
    }
    const first = 100_000 + WAKE_UP_NANOS;
    assert.deepEqual(
      frames.map(({ nanos }) => nanos),
      [first, first + 2 * FRAME_NANOS, first + 4 * FRAME_NANOS],
    );
  });

  it('takes several frames at once, and hands over each in its own time', () => {
    const step = `(if (result i32) (call $socket_receive (i32.const 64) (i32.const 8))
      (then (call $socket_send (i32.const 64) (i32.const 3)))
      (else (i32.const 0)))`;
    const { bridge, clock, frames } = makeBridge(step);
    bridge.start();
    clock.advanceTo(100_000);
    for (const byte of [1, 2, 3]) bridge.send(makeFrame({ identifier: 0x100, data: [byte] }));
    clock.advanceTo(10 * POLL_NANOS);
    const first = 100_000 + WAKE_UP_NANOS;
    assert.deepEqual(
      frames.map(({ frame, nanos }) => [frame.data[0], nanos]),
      [1, 2, 3].map((byte, index) => [byte, first + index * FRAME_NANOS]),
    );
  });

  it('reads the status page, and writes the requests', () => {
    const { bridge, clock, control, failures } = makeBridge(
      '(call $memory_write32 (i32.const 0xb001fffc) (call $memory_read32 (i32.const 0xa001fffc)))' +
        '(i32.const 0)',
    );
    bridge.start();
    clock.advanceTo(10);
    assert.deepEqual(failures, []);
    assert.equal(control.requests.readUInt32LE(0x1fffc), 0x11111111);
    assert.ok(control.status.every((byte) => byte === 0x11));
  });

  it('leaves state 0 behind when it dies, takes no frames then, and starts anew', () => {
    const { bridge, clock, link, steps } = makeBridge(ECHO_STEP);
    bridge.start();
    clock.advanceTo(10);
    bridge.stop();
    assert.equal(link.stateOf(0), 0);
    assert.equal(bridge.send(makeFrame({ identifier: 1 })), false);
    clock.advanceTo(5 * POLL_NANOS);
    assert.equal(steps(), 1);
    bridge.start();
    assert.equal(link.stateOf(0), 1);
  });

  for (const [what, step] of [
    ['reads past the section', `(call $memory_read32 (i32.const ${SECTION_BYTES}))`],
    [
      'writes the state table',
      '(call $memory_write32 (i32.const 0x80000000) (i32.const 1)) (i32.const 0)',
    ],
    [
      'writes past the register page',
      '(call $mmio_write32 (i32.const 0x90001000) (i32.const 1)) (i32.const 0)',
    ],
    [
      'writes the status page',
      '(call $memory_write32 (i32.const 0xa0000000) (i32.const 1)) (i32.const 0)',
    ],
    ['reads past the requests', '(call $memory_read32 (i32.const 0xb001fffd))'],
    ['traps', 'unreachable'],
  ] as const) {
    it(`ends, with state 0 and a reason, when the bridge ${what}`, () => {
      const { bridge, clock, link, failures } = makeBridge(step);
      bridge.start();
      clock.advanceTo(10);
      assert.equal(failures.length, 1);
      assert.equal(bridge.isRunning, false);
      assert.equal(link.stateOf(0), 0);
    });
  }
});
