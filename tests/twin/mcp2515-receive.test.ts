// SPDX-License-Identifier: MIT
/** Reception: fields, filters, rollover, overflow, interrupt. DS20001801J section 4. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodeFrame } from '../../twin/bus/frame-bits.ts';
import { makeFrame } from '../../twin/bus/can-frame.ts';
import { UnimplementedFeature } from '../../twin/unimplemented.ts';
import { CANCTRL, CANINTE, CANINTF, CANSTAT, EFLG, makeRig, type Rig } from './chip-rig.ts';

/** Sets the receive side up in configuration mode. Filters and masks are [SIDH, SIDL, EID8, EID0]. */
function filtered(
  setting: {
    masks?: [number[], number[]];
    filters?: number[][];
    rxb0?: number;
    rxb1?: number;
    missingDataMatches?: boolean;
  } = {},
): Rig {
  const rig = makeRig({ missingDataMatches: setting.missingDataMatches });
  rig.startNormal();
  rig.write(CANCTRL, 0x80);
  const addresses = [0x00, 0x04, 0x08, 0x10, 0x14, 0x18];
  setting.filters?.forEach((filter, index) => rig.write(addresses[index], ...filter));
  setting.masks?.forEach((mask, index) => rig.write(0x20 + 4 * index, ...mask));
  rig.write(0x60, setting.rxb0 ?? 0x04);
  rig.write(0x70, setting.rxb1 ?? 0x00);
  rig.write(CANCTRL, 0x00);
  rig.pass(12 * rig.bit);
  return rig;
}

const EXACT = [0xff, 0xe3, 0x00, 0x00];
/** Filter for an 11-bit identifier. */
const standard = (identifier: number) => [identifier >> 3, (identifier & 7) << 5, 0, 0];

describe('MCP2515 reception', () => {
  it('R1: standard frames of every length lie in the buffer as registers 4-4 to 4-9 say', () => {
    const rig = filtered();
    for (let length = 0; length <= 8; length++) {
      const data = Array.from({ length }, (_, index) => 0x10 * length + index);
      rig.deliver({ identifier: 0x5a3, data });
      const [, sidh, sidl, , , dlc, ...bytes] = rig.spi(
        0x90,
        ...Array.from({ length: 13 }, () => 0),
      );
      assert.equal(sidh, 0xb4);
      assert.equal(sidl & 0xf8, 0x60);
      assert.equal(dlc, length);
      assert.deepEqual(bytes.slice(0, length), data);
    }
  });

  it('R1: extended frames carry IDE and 29 bits', () => {
    const rig = filtered();
    rig.deliver({ identifier: 0x1abcdef5, extended: true, data: [7] });
    // 0x1abcdef5 = 11010101111 00 11011110 11110101: SID 0x6af, EID17..16 = 0, EID 0xde 0xf5.
    const [, sidh, sidl, eid8, eid0, dlc, d0] = rig.spi(0x90, 0, 0, 0, 0, 0, 0);
    assert.equal(sidh, 0xd5);
    assert.equal(sidl & 0xeb, 0xe8);
    assert.deepEqual([eid8, eid0, dlc, d0], [0xde, 0xf5, 1, 7]);
  });

  it('R1: a remote frame shows in SRR if standard, in RTR of the DLC if extended, and in RXRTR', () => {
    const rig = filtered();
    rig.deliver({ identifier: 0x5a3, remote: true, dlc: 4 });
    assert.equal(rig.read(0x60) & 0x08, 0x08);
    let [, , sidl, , , dlc] = rig.spi(0x90, 0, 0, 0, 0, 0);
    assert.equal(sidl & 0x18, 0x10);
    assert.equal(dlc, 0x04);
    rig.deliver({ identifier: 0x5a3, extended: true, remote: true, dlc: 4 });
    [, , sidl, , , dlc] = rig.spi(0x90, 0, 0, 0, 0, 0);
    assert.equal(sidl & 0x08, 0x08);
    assert.equal(dlc, 0x44);
    rig.deliver({ identifier: 0x5a3 });
    assert.equal(rig.read(0x60) & 0x08, 0);
  });

  it('R2: a length code of 9 to 15 is kept and means eight bytes', () => {
    const rig = filtered();
    for (let dlc = 9; dlc <= 15; dlc++) {
      rig.deliver({ identifier: 0x100, dlc, data: [1, 2, 3, 4, 5, 6, 7, 8] });
      const answer = rig.spi(0x90, ...Array.from({ length: 13 }, () => 0)).slice(5);
      assert.deepEqual(answer, [dlc, 1, 2, 3, 4, 5, 6, 7, 8]);
    }
  });

  it('raises RX0IF and INT at the end of EOF, or one bit earlier if so built', () => {
    for (const receiveFlagAt of ['end-of-frame', 'frame-valid'] as const) {
      const rig = makeRig({ receiveFlagAt });
      rig.startNormal();
      const edges: [boolean, number][] = [];
      rig.chip.onInterruptChange = (low, nanos) => void edges.push([low, nanos]);
      rig.deliver({ identifier: 0x321, data: [1] });
      const early = receiveFlagAt === 'frame-valid' ? rig.bit : 0;
      assert.deepEqual(edges, [[true, rig.records[0].endNanos - early]]);
    }
  });

  it('R7, R8: INT is a level: low while an enabled flag is set, whatever set it', () => {
    const rig = filtered();
    rig.write(CANINTE, 0x00);
    rig.deliver({ identifier: 0x1 });
    assert.equal(rig.chip.interruptLow, false);
    rig.write(CANINTE, 0x01);
    assert.equal(rig.chip.interruptLow, true, 'enabled after the flag was set');
    assert.equal(rig.read(CANSTAT) & 0x0e, 6 << 1);
    rig.write(CANINTE, 0x02);
    assert.equal(rig.chip.interruptLow, false);
    rig.modify(CANINTF, 0x02, 0x02);
    assert.equal(rig.chip.interruptLow, true, 'the MCU can set flags itself');
    assert.equal(rig.read(CANSTAT) & 0x0e, 7 << 1);
  });

  it('codes the pending interrupts by priority: error, wake, TX0 to TX2, RX0, RX1', () => {
    const rig = filtered();
    rig.write(CANINTE, 0xff);
    for (const [flags, code] of [
      [0xff, 1],
      [0xdf, 2],
      [0x9f, 3],
      [0x9b, 4],
      [0x93, 5],
      [0x83, 6],
      [0x82, 7],
      [0x80, 0],
    ]) {
      // In normal mode WAKIF has no effect but its interrupt.
      rig.write(CANINTF, flags);
      assert.equal((rig.read(CANSTAT) >> 1) & 7, code, `CANINTF 0x${flags.toString(16)}`);
    }
  });

  it('tells the filter that hit, the lowest if several do', () => {
    const filters = [0x100, 0x101, 0x102, 0x103, 0x103, 0x104].map(standard);
    const rig = filtered({ masks: [EXACT, EXACT], filters });
    for (const [identifier, status] of [
      [0x100, 0x40 | 0],
      [0x101, 0x40 | 1],
      [0x102, 0x80 | 2],
      [0x103, 0x80 | 3],
      [0x104, 0x80 | 5],
    ]) {
      rig.deliver({ identifier });
      assert.equal(rig.spi(0xb0, 0)[1], status, `identifier 0x${identifier.toString(16)}`);
      const buffer = (status & 0x40) !== 0 ? 0x90 : 0x94;
      assert.equal(rig.read(buffer === 0x90 ? 0x60 : 0x70) & 7 & ~0x06 & 1, status & 1);
      rig.spi(buffer, 0);
    }
    rig.deliver({ identifier: 0x105 });
    assert.equal(rig.read(CANINTF) & 3, 0, 'no filter, no message');
  });

  it('matches standard and extended frames apart by EXIDE, whatever the masks', () => {
    const extended = [0, 0x08, 0, 0];
    const filters = [extended, extended, ...Array.from({ length: 4 }, () => standard(0))];
    const rig = filtered({ masks: [[0, 0, 0, 0], EXACT], filters });
    rig.deliver({ identifier: 0x7ff });
    assert.equal(rig.read(CANINTF) & 3, 0);
    rig.deliver({ identifier: 0x1fffffff, extended: true });
    assert.equal(rig.read(CANINTF) & 3, 1);
  });

  it('matches the first two data bytes of standard frames by EID8 and EID0', () => {
    const withData = [0x100 >> 3, 0, 0x02, 0x10];
    const mask = [0xff, 0xe3, 0xff, 0xff];
    const never = standard(0x7ff);
    const rig = filtered({
      masks: [mask, mask],
      filters: [withData, never, never, never, never, never],
    });
    for (const [data, accepted] of [
      [[0x02, 0x10], true],
      [[0x02, 0x10, 0x99], true],
      [[0x02, 0x11], false],
      [[0x03, 0x10], false],
      [[0x02], false],
      [[], false],
    ] as [number[], boolean][]) {
      rig.deliver({ identifier: 0x100, data });
      assert.equal((rig.read(CANINTF) & 1) === 1, accepted, `data ${data.join(' ')}`);
      rig.spi(0x90, 0);
    }
  });

  it('takes frames without those bytes, too, if so built', () => {
    const mask = [0xff, 0xe3, 0xff, 0xff];
    const rig = filtered({
      masks: [mask, mask],
      filters: Array.from({ length: 6 }, () => [0x100 >> 3, 0, 0x02, 0x10]),
      missingDataMatches: true,
    });
    for (const [data, accepted] of [
      [[0x02], true],
      [[], true],
      [[0x03], false],
      [[0x02, 0x11], false],
    ] as [number[], boolean][]) {
      rig.deliver({ identifier: 0x100, data });
      assert.equal((rig.read(CANINTF) & 1) === 1, accepted, `data ${data.join(' ')}`);
      rig.spi(0x90, 0);
    }
  });

  it('R4: with BUKT a second frame rolls over to RXB1, and RXB0 is first again once it is free', () => {
    const never = standard(0x7ff);
    const rig = filtered({
      masks: [[0, 0, 0, 0], EXACT],
      filters: [standard(0), standard(0), never, never, never, never],
    });
    rig.deliver({ identifier: 0x1 });
    rig.deliver({ identifier: 0x2 });
    assert.equal(rig.read(0x70) & 7, 0, 'FILHIT 000: RXF0 through rollover');
    assert.deepEqual(rig.spi(0x90, 0, 0).slice(1), [0x00, 0x20]);
    rig.deliver({ identifier: 0x3 });
    assert.deepEqual(rig.spi(0x94, 0, 0).slice(1), [0x00, 0x40]);
    assert.deepEqual(rig.spi(0x90, 0, 0).slice(1), [0x00, 0x60]);
    assert.equal(rig.read(EFLG), 0);
  });

  it('R6: a frame that finds both buffers full is lost, with RX1OVR and ERRIF', () => {
    const rig = filtered();
    for (const identifier of [1, 2, 3]) rig.deliver({ identifier });
    assert.equal(rig.read(EFLG), 0x80);
    assert.equal(rig.read(CANINTF), 0x23);
    rig.modify(EFLG, 0x80, 0);
    rig.modify(CANINTF, 0x20, 0);
    assert.deepEqual(rig.spi(0x90, 0, 0).slice(1), [0x00, 0x20]);
    assert.deepEqual(rig.spi(0x94, 0, 0).slice(1), [0x00, 0x40]);
    rig.deliver({ identifier: 4 });
    assert.deepEqual(rig.spi(0x90, 0, 0).slice(1), [0x00, 0x80]);
    assert.equal(rig.read(EFLG), 0);
  });

  it('without BUKT a frame for a full RXB0 is lost with RX0OVR, though RXB1 would take it', () => {
    const rig = filtered({ rxb0: 0x00 });
    rig.deliver({ identifier: 1 });
    rig.deliver({ identifier: 2 });
    assert.equal(rig.read(EFLG), 0x40);
    assert.equal(rig.read(CANINTF), 0x21);
  });

  it('R6: first service two frame times after the first INT is in time, one bit later is not', () => {
    for (const [late, overflow] of [
      [-1, 0x00],
      [1, 0x80],
    ]) {
      const rig = filtered();
      const frame = makeFrame({ identifier: 0x2aa });
      for (let index = 0; index < 3; index++) rig.other.enqueue(frame, rig.clock.now, 'other');
      while (!rig.chip.interruptLow) rig.clock.advanceTo(rig.clock.nextEventNanos);
      const period = (encodeFrame(frame).length + 3) * rig.bit;
      // Six bytes are clocked before chip select rises and frees the buffer.
      rig.pass(2 * period + late * rig.bit - 6 * 900);
      rig.spi(0x90, 0, 0, 0, 0, 0);
      rig.pass(10 * rig.bit);
      assert.equal(rig.read(EFLG), overflow);
    }
  });

  it('takes any frame with RXM = 11 and refuses the reserved modes', () => {
    const never = standard(0x7ff);
    const filters = [never, never, never, never, never, never];
    const rig = filtered({ masks: [EXACT, EXACT], filters, rxb0: 0x60 });
    rig.deliver({ identifier: 0x12345, extended: true });
    assert.equal(rig.read(CANINTF) & 3, 1);
    assert.throws(() => filtered({ rxb0: 0x20 }).deliver({ identifier: 1 }), UnimplementedFeature);
  });

  it('sets MERRF on a damaged frame, and takes the repeated one', () => {
    const rig = filtered();
    rig.bus.injectFault({ kind: 'flip', bit: 25 });
    rig.other.enqueue(makeFrame({ identifier: 0x123, data: [1] }), rig.clock.now, 'other');
    rig.pass(300 * rig.bit);
    assert.deepEqual(
      rig.records.map((record) => record.outcome),
      ['error', 'complete'],
    );
    assert.equal(rig.read(CANINTF), 0x81);
    assert.equal(rig.read(0x1d), 0, 'REC: one up, one down');
  });

  it('loses nothing and reorders nothing in 50,000 frames back to back at full load', () => {
    const rig = filtered();
    const frames = 50_000;
    for (let index = 0; index < frames; index++) {
      const data = [index & 0xff, (index >> 8) & 0xff];
      rig.other.enqueue(makeFrame({ identifier: 0x155, data }), rig.clock.now, 'other');
    }
    let expected = 0;
    const take = (opcode: number) => {
      const answer = rig.spi(opcode, 0, 0, 0, 0, 0, 0, 0);
      assert.equal(answer[6] | (answer[7] << 8), expected & 0xffff);
      expected++;
    };
    while (expected < frames) {
      while (!rig.chip.interruptLow) rig.clock.advanceTo(rig.clock.nextEventNanos);
      take((rig.spi(0xa0, 0)[1] & 1) !== 0 ? 0x90 : 0x94);
    }
    assert.equal(rig.read(EFLG), 0);
  });
});
