// SPDX-License-Identifier: MIT
/** The wasm engine with modules written for the purpose: ABI, slices, walls, traps. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { WasmEngine } from '../../twin/engine/wasm.ts';
import { makeFixture } from './machine-fixture.ts';
import { assemble } from './wat.ts';

const PUTC = 8;
const CELL_FAILED = 3;

interface Bodies {
  readonly initialize?: string;
  readonly step?: string;
  readonly rest?: string;
  readonly end?: string;
}

/** A module whose exports have the given bodies; `fault` prints its kind as a digit. */
function moduleOf(parts: Bodies) {
  return assemble(`(module
    (import "bsp" "mmio_read32" (func $mmio_read32 (param i32) (result i32)))
    (import "bsp" "mmio_write32" (func $mmio_write32 (param i32 i32)))
    (import "bsp" "memory_read32" (func $memory_read32 (param i32) (result i32)))
    (import "bsp" "memory_read64" (func $memory_read64 (param i32) (result i64)))
    (import "bsp" "memory_write16" (func $memory_write16 (param i32 i32)))
    (import "bsp" "memory_write64" (func $memory_write64 (param i32 i64)))
    (import "bsp" "counter_read" (func $counter_read (result i64)))
    (import "bsp" "hypercall" (func $hypercall (param i32 i32 i32) (result i32)))
    (import "bsp" "fault_write32" (func $fault_write32 (param i32 i32)))
    (import "bsp" "fault_write_late" (func $fault_write_late (param i32)))
    (import "bsp" "sleep_until" (func $sleep_until (param i64)))
    (memory 1 1)
    (func (export "initialize") (param i32) (result i32) ${parts.initialize ?? '(i32.const 0)'})
    (func (export "step") (result i32) ${parts.step ?? '(i32.const 0)'})
    (func (export "rest") ${parts.rest ?? ''})
    (func (export "end") ${parts.end ?? ''})
    (func (export "fault") (param i32 i32 i32 i32)
      (drop (call $hypercall (i32.const ${PUTC}) (i32.add (local.get 0) (i32.const 48)) (i32.const 0)))
      (drop (call $hypercall (i32.const ${PUTC}) (i32.const 10) (i32.const 0)))))`);
}

function boot(parts: Bodies) {
  const fixture = makeFixture();
  const engine = new WasmEngine(fixture.machine, moduleOf(parts));
  engine.boot();
  return { ...fixture, engine };
}

describe('the wasm engine', () => {
  it('runs steps until the slice is over, and goes on in the next', () => {
    const { engine, clock } = boot({ step: '(drop (call $counter_read)) (i32.const 0)' });
    assert.equal(engine.run(1_000), 'running');
    assert.equal(clock.now, 1_000);
    assert.equal(engine.run(5_000), 'running');
    assert.equal(clock.now, 5_000);
  });

  it('stops when initialize fails or step ends, and stays stopped without using time', () => {
    const failed = boot({ initialize: '(i32.const 20)', step: 'unreachable' });
    assert.equal(failed.engine.run(1_000), 'stopped');
    assert.equal(failed.engine.run(2_000), 'stopped');
    assert.equal(failed.clock.now, 0);
    assert.equal(boot({ step: '(i32.const 80)' }).engine.run(1_000), 'stopped');
  });

  it('gives the module the memories of the cell, little-endian', () => {
    const { engine, space } = boot({
      step: `
        (call $memory_write64 (i32.const 0x2000) (i64.const 0x8877665544332211))
        (call $memory_write16 (i32.const 0x2000) (i32.const 0xfffff0f1))
        (drop (call $memory_read64 (i32.const 0x2000)))
        (i32.ne (call $memory_read32 (i32.const 0x80000000)) (i32.const 0x4f43484a))
        (i32.sub (i32.const 80))`,
    });
    // "JHCO" was read: the comparison gives 0, less 80 is neither 0 nor 1, so the module ends.
    assert.equal(engine.run(1_000), 'stopped');
    const ram = space.find(0x2000)?.memory?.bytes;
    assert.equal(ram?.toString('hex', 0x2000, 0x2008), 'f1f0334455667788');
  });

  it('parks the cell outside its memories and where it may only read', () => {
    const outside = boot({ step: '(call $memory_read32 (i32.const 0x200000))' });
    assert.equal(outside.engine.run(1_000), 'parked');
    assert.equal(outside.communication.cellState, CELL_FAILED);
    const readOnly = boot({
      step: '(call $memory_write16 (i32.const 0x0aa20004) (i32.const 1)) (i32.const 0)',
    });
    assert.equal(readOnly.engine.run(1_000), 'parked');
    const across = boot({
      step: '(drop (call $memory_read64 (i32.const 0x1ffffc))) (i32.const 0)',
    });
    assert.equal(across.engine.run(1_000), 'parked');
    const device = boot({ step: '(call $mmio_read32 (i32.const 0xfe201000))' });
    assert.equal(device.engine.run(1_000), 'parked');
  });

  for (const [what, body, kind] of [
    ['out of bounds', '(i32.load (i32.const 65536))', '1'],
    ['overflow', '(i32.div_s (i32.const 0x80000000) (i32.const -1))', '2'],
    ['division by zero', '(i32.rem_u (i32.const 1) (i32.const 0))', '3'],
    ['unreachable', 'unreachable', '5'],
  ] as const) {
    it(`after a trap (${what}) does the registered write, then tells the module`, () => {
      const { engine, spi0, console } = boot({
        initialize: '(call $fault_write32 (i32.const 0xfe204004) (i32.const 0x77)) (i32.const 0)',
        step: body,
      });
      assert.equal(engine.run(100_000), 'stopped');
      // Made anew twice; the third trap in ten seconds is the last.
      assert.deepEqual(spi0.accesses, Array(3).fill('write32 0x4 = 0x77'));
      assert.deepEqual(console.cellText, [kind, kind, kind]);
    });
  }

  const NAMED = '(call $fault_write32 (i32.const 0xfe204004) (i32.const 0x77))';
  const PUT_OFF = '(call $fault_write_late (i32.const 1))';

  it('puts the registered write off to the last trap while the module says so', () => {
    const { engine, spi0, console } = boot({
      initialize: `${NAMED} ${PUT_OFF} (i32.const 0)`,
      step: 'unreachable',
    });
    assert.equal(engine.run(100_000), 'stopped');
    assert.deepEqual(spi0.accesses, ['write32 0x4 = 0x77']);
    assert.equal(console.cellText.length, 3, 'three traps');
  });

  it('does it when the module that was made anew traps or fails before it has said so again', () => {
    const isFirst = '(i32.eqz (local.get 0))';
    for (const [again, writes] of [
      ['unreachable', 2],
      ['(return (i32.const 1))', 1],
    ] as const) {
      const { engine, spi0 } = boot({
        initialize: `(if ${isFirst} (then ${NAMED} ${PUT_OFF}) (else ${again})) (i32.const 0)`,
        step: 'unreachable',
      });
      assert.equal(engine.run(100_000), 'stopped');
      assert.deepEqual(spi0.accesses, Array(writes).fill('write32 0x4 = 0x77'));
    }
  });

  it('lets the module rest after a step that returns 1, and tells it of its end after any other', () => {
    const say = (code: number) =>
      `(drop (call $hypercall (i32.const ${PUTC}) (i32.const ${code}) (i32.const 0)))`;
    const { engine, console } = boot({
      step: `(i32.load (i32.const 0)) (i32.store (i32.const 0) (i32.const 80))
        (i32.eqz) (if (result i32) (then (i32.const 1)) (else (i32.const 80)))`,
      rest: say(0x52),
      end: `${say(0x45)} ${say(0x0a)}`,
    });
    assert.equal(engine.run(10_000), 'stopped');
    assert.deepEqual(console.cellText, ['RE']);
  });

  it('sleeps until the deadline when the timer is enabled, and for good when nothing is', () => {
    const sleep = '(call $sleep_until (i64.const 5400))'; // 54 MHz: 100 us
    const enableTimer = `
      (call $mmio_write32 (i32.const 0xff841100) (i32.const 0x8000000))
      (call $mmio_write32 (i32.const 0xff842004) (i32.const 0xf0))
      (call $mmio_write32 (i32.const 0xff842000) (i32.const 1))`;
    const awake = boot({
      initialize: `${enableTimer} (i32.const 0)`,
      step: '(i32.const 1)',
      rest: sleep,
    });
    assert.equal(awake.engine.run(50_000), 'running');
    // The wake-up and the hypervisor's exit; what the ABI call costs passes before.
    assert.equal(awake.clock.now, 100_000 + 200 + 1_300);
    const never = boot({ step: '(i32.const 1)', rest: sleep });
    assert.equal(never.engine.run(50_000), 'stopped');
  });

  it('charges the stated time for each call of the ABI', () => {
    const { engine, clock } = boot({
      initialize: '(drop (call $memory_read32 (i32.const 0))) (i32.const 1)',
    });
    engine.run(1_000);
    assert.equal(clock.now, 10);
  });
});
