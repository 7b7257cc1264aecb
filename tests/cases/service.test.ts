// SPDX-License-Identifier: MIT
/** R6 to R10: late service, missed and spurious interrupts, and what reading a frame may cost. */
import assert from 'node:assert/strict';
import { makeFrame } from '../../twin/bus/can-frame.ts';
import { encodeFrame } from '../../twin/bus/frame-bits.ts';
import type { EngineName } from '../../twin/engine/engine.ts';
import { type Rig } from '../../lab/rig/rig.ts';
import { makeRig, bringUp } from '../../lab/rig/open-rig.ts';
import { MICROSECOND, MILLISECOND, onBoth, onWasm, textOf, withRig } from './case.ts';

// DS20001801J, table 12-1 and section 7.
const INSTRUCTION_WRITE = 0x02;
const INSTRUCTION_READ = 0x03;
const INSTRUCTION_BIT_MODIFY = 0x05;
const INSTRUCTION_READ_RX_BUFFER = 0x90;
const READ_RX_BUFFER_MASK = 0xf9;
const CANCTRL = 0x0f;
const CANCTRL_REQOP_MASK = 0xe0;
const TEC = 0x1c;
const CNF3 = 0x28;
const CANINTF = 0x2c;
const CANINTF_RX_MASK = 0x03;
const EFLG = 0x2d;
const EFLG_OVERFLOW_MASK = 0xc0;
// linux/can/error.h.
const CAN_ERR_CRTL = 0x004;
const CAN_ERR_CRTL_RX_OVERFLOW = 0x01;

function isReadOut([instruction]: readonly number[]): boolean {
  return (instruction & READ_RX_BUFFER_MASK) === INSTRUCTION_READ_RX_BUFFER;
}

/**
 * The bytes on the lines but for the cell's own looks at the state of the chip, which come by the clock and
 * not because of a frame: READs from TEC, CANINTF or CNF3 on.
 */
function bytesOfReception(rig: Rig): number[][] {
  // A look at the fault state gives way to INT, and may be cut off before its address.
  const isLook = (address: number | undefined): boolean =>
    address === undefined || [TEC, CNF3, CANINTF].includes(address);
  return rig.mosi
    .filter(([first, address]) => first !== INSTRUCTION_READ || !isLook(address))
    .map((mosi) => [...mosi]);
}

/**
 * Three frames of period T back to back, and the core held from the first INT on so that RXB0 is given
 * back `marginNanos` before (or, negative, after) the third one wants it.
 */
async function serveLate(engine: EngineName, marginNanos: number): Promise<Rig> {
  const frames = [0x155, 0x156, 0x157].map((identifier) => makeFrame({ identifier }));
  const periods = frames.map((frame) => (encodeFrame(frame).length + 3) * MICROSECOND);
  const deadline = periods[1] + periods[2];
  let lag = 10 * MICROSECOND;
  for (let round = 0; round < 20; round++) {
    const rig = await makeRig({ engine, bitrate: 1_000_000, settings: 'errors=1' });
    bringUp(rig.board);
    let fall = 0;
    let release = 0;
    rig.onInterrupt = (low, nanos) => {
      if (!low || fall !== 0) return;
      fall = nanos;
      rig.stallUntil(nanos + deadline - marginNanos - lag);
    };
    rig.onTransaction = ({ mosi, deselectNanos }) => {
      if (release === 0 && isReadOut(mosi)) release = deselectNanos;
    };
    for (const frame of frames) rig.send(frame);
    // A lost frame is looked for every 10 ms.
    rig.run(15 * MILLISECOND);
    // The core takes some microseconds from the end of the stall to the release: found by trying.
    const margin = fall + deadline - release;
    if (Math.abs(margin - marginNanos) <= 500) return rig;
    rig.close();
    lag += marginNanos - margin;
  }
  throw new Error('no delay found that releases RXB0 at the wanted time');
}

onBoth('R6 first service 2 T - 1 us late: nothing is lost', async (engine) => {
  const rig = await serveLate(engine, MICROSECOND);
  const got = rig.agl.map(({ frame }) => textOf(frame));
  rig.close();
  assert.deepEqual(got, ['155#', '156#', '157#']);
  assert.equal(rig.board.chip.overflowCount, 0);
});

onBoth(
  'R6 first service 2 T + 1 us late: one overflow, told, cleared, reception goes on',
  async (engine) => {
    const rig = await serveLate(engine, -MICROSECOND);
    assert.equal(rig.board.chip.overflowCount, 1);
    assert.equal(rig.register(EFLG) & EFLG_OVERFLOW_MASK, 0, 'RXnOVR is cleared');
    const clears = rig.mosi.filter(
      ([instruction, address, mask]) =>
        instruction === INSTRUCTION_BIT_MODIFY &&
        address === EFLG &&
        (mask & EFLG_OVERFLOW_MASK) !== 0,
    );
    assert.equal(clears.length, 1, 'and was seen once');
    assert.deepEqual(
      rig.errors.map(({ classes, data }) => [classes & CAN_ERR_CRTL, data[1]]),
      [[CAN_ERR_CRTL, CAN_ERR_CRTL_RX_OVERFLOW]],
    );
    rig.send({ identifier: 0x158 });
    rig.run(5 * MILLISECOND);
    const got = rig.agl.map(({ frame }) => textOf(frame));
    rig.close();
    assert.deepEqual(got, ['155#', '156#', '158#']);
  },
);

onBoth(
  'R7 INT low before the cell first looks: the frames are taken all the same',
  async (engine) => {
    // The core stands still from the moment it asks for normal mode; two frames come in meanwhile.
    const rig = await makeRig({ engine });
    rig.onTransaction = ({ deselectNanos }) => {
      if ((rig.register(CANCTRL) & CANCTRL_REQOP_MASK) !== 0) return;
      rig.onTransaction = undefined;
      rig.send({ identifier: 0x101 }, 50 * MICROSECOND);
      rig.send({ identifier: 0x102 }, 50 * MICROSECOND);
      rig.stallUntil(deselectNanos + 600 * MICROSECOND);
    };
    bringUp(rig.board);
    rig.run(5 * MILLISECOND);
    const falls = rig.interruptEdges.filter(({ low }) => low);
    assert.equal(falls.length, 1, 'INT fell once, before anybody looked');
    // SIDH and SIDL of what was read out: 0x101 and 0x102. Nobody is at AGL's end so early.
    const read = rig.transactions.filter(({ mosi }) => isReadOut(mosi)).map(({ miso }) => miso);
    assert.deepEqual(
      read.map((bytes) => bytes.slice(1, 3)),
      [
        [0x20, 0x20],
        [0x20, 0x40],
      ],
    );
    assert.equal(rig.board.chip.interruptLow, false);
    rig.close();
  },
);

onBoth('R8 a spurious INT costs at most 2 SPI bytes and gives no frame', (engine) =>
  withRig({ engine }, (rig) => {
    rig.run(5 * MILLISECOND);
    for (let spike = 0; spike < 20; spike++) {
      rig.forget();
      const { clock, interruptWire } = rig.board;
      // The line is low for no longer than the cell needs to see it and ask the chip.
      clock.schedule(rig.now + 100 * MICROSECOND, () => interruptWire.hold('low'));
      clock.schedule(rig.now + 102 * MICROSECOND, () => interruptWire.hold(undefined));
      rig.run(500 * MICROSECOND + spike * 70);
      const sent = bytesOfReception(rig);
      assert.ok(sent.flat().length <= 2, sent.map((mosi) => mosi.join(' ')).join('; '));
    }
    rig.run(5 * MILLISECOND);
    assert.equal(rig.agl.length, 0);
    rig.send({ identifier: 0x123 });
    rig.run(5 * MILLISECOND);
    assert.equal(rig.agl.length, 1, 'reception goes on');
  }),
);

onBoth('R9 no RXnIF is ever cleared but by READ RX BUFFER', (engine) =>
  withRig({ engine, bitrate: 1_000_000 }, (rig) => {
    rig.forget();
    for (let index = 0; index < 200; index++) rig.send({ identifier: 0x100 + index });
    // Late service now and then, so that overflow and both buffers are part of it.
    for (let index = 0; index < 8; index++) {
      rig.stall(rig.now + index * MILLISECOND, (20 + 30 * index) * MICROSECOND);
    }
    rig.run(20 * MILLISECOND);
    assert.ok(rig.mosi.filter(isReadOut).length > 180);
    const bad = rig.mosi.filter(([instruction, address, mask, value]) => {
      if (instruction === INSTRUCTION_WRITE) return address <= CANINTF && CANINTF < address + 8;
      if (instruction !== INSTRUCTION_BIT_MODIFY || address !== CANINTF) return false;
      return (mask & ~value & CANINTF_RX_MASK) !== 0;
    });
    assert.deepEqual(bad, []);
  }),
);

onWasm('R10 an isolated frame of DLC n costs at most 6 + n bytes, and 2 to look', (engine) =>
  withRig({ engine }, (rig) => {
    rig.run(5 * MILLISECOND);
    for (const extended of [false, true]) {
      for (let dlc = 0; dlc <= 15; dlc++) {
        rig.forget();
        rig.send({ identifier: 0x321, extended, dlc, data: Array(Math.min(dlc, 8)).fill(dlc) });
        rig.run(2 * MILLISECOND);
        const reads = rig.mosi.filter(isReadOut);
        assert.equal(reads.length, 1);
        const length = Math.min(dlc, 8);
        assert.equal(reads[0].length, 6 + length, `READ RX BUFFER of DLC ${dlc}`);
        const bytes = bytesOfReception(rig).flat().length;
        assert.ok(bytes <= 6 + length + 2, `${bytes} bytes for DLC ${dlc}`);
      }
    }
  }),
);
