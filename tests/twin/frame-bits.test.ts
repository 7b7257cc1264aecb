// SPDX-License-Identifier: MIT
/** Frames as bits on the wire, against an independent encoder: long division and text replacement. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makeFrame, type CanFrame } from '../../twin/bus/can-frame.ts';
import { crcStep, encodeFrame } from '../../twin/bus/frame-bits.ts';

/** x15 + x14 + x10 + x8 + x7 + x4 + x3 + 1 with its top term: 1 100 0101 1001 1001. */
const GENERATOR = 0b1100010110011001n;
/** Bits after the CRC sequence: delimiter, ACK slot, delimiter, EOF. */
const TAIL = '1111111111';

function digits(value: number, width: number): string {
  return value.toString(2).padStart(width, '0');
}

/** SOF to CRC by long division of the whole bit string, as ISO 11898-1 words it. */
function unstuffed(frame: CanFrame): string {
  const remote = frame.remote ? '1' : '0';
  const identifier = digits(frame.identifier, frame.extended ? 29 : 11);
  const head = frame.extended
    ? `0${identifier.slice(0, 11)}11${identifier.slice(11)}${remote}00`
    : `0${identifier}${remote}00`;
  const data = [...frame.data].map((byte) => digits(byte, 8)).join('');
  const contents = `${head}${digits(frame.dlc, 4)}${data}`;
  let rest = BigInt(`0b${contents}`) << 15n;
  for (let top = contents.length + 14; top >= 15; top--) {
    if ((rest >> BigInt(top)) & 1n) rest ^= GENERATOR << BigInt(top - 15);
  }
  return contents + rest.toString(2).padStart(15, '0');
}

/** Stuffing by hand: one pass over the text. */
function stuff(bits: string): string {
  let text = '';
  let run = '';
  for (const bit of bits) {
    text += bit;
    run = run.endsWith(bit) ? run + bit : bit;
    if (run.length === 5) {
      run = bit === '0' ? '1' : '0';
      text += run;
    }
  }
  return text;
}

function randomFrames(count: number): CanFrame[] {
  let state = 12345;
  const next = (limit: number): number => {
    state = (state * 48271) % 2147483647;
    return state % limit;
  };
  return Array.from({ length: count }, () => {
    const extended = next(2) === 1;
    const remote = next(5) === 0;
    const dlc = next(16);
    const length = remote ? 0 : Math.min(dlc, 8);
    // Half of the bytes are 00 or ff, so that there is something to stuff.
    const data = Array.from({ length }, () => (next(2) === 0 ? next(2) * 255 : next(256)));
    const identifier = next(extended ? 0x20000000 : 0x800);
    return makeFrame({ identifier, extended, remote, dlc, data });
  });
}

describe('bits of a frame', () => {
  it('steps the CRC to the published check value 0x059e of CRC-15/CAN', () => {
    let crc = 0;
    for (const character of '123456789') {
      for (const bit of digits(character.charCodeAt(0), 8)) crc = crcStep(crc, Number(bit));
    }
    assert.equal(crc, 0x059e);
  });

  it('gives identifier 0 without data 34 dominant bits and six stuff bits, 53 bits with intermission', () => {
    const wire = encodeFrame(makeFrame({ identifier: 0 }));
    assert.equal(wire.crc, 0);
    assert.equal(wire.stuffBits, 6);
    assert.equal([...wire.bits].join(''), `${'000001'.repeat(6)}0000${TAIL}`);
    assert.equal(wire.length + 3, 53);
  });

  it('agrees with the independent encoder for 5000 frames of every kind', () => {
    for (const frame of randomFrames(5000)) {
      const wire = encodeFrame(frame);
      assert.equal([...wire.bits].join(''), stuff(unstuffed(frame)) + TAIL);
      assert.equal(wire.bits.length, wire.length);
      assert.equal(wire.acknowledgeSlot, wire.length - 9);
      assert.equal(wire.endOfFrame, wire.length - 7);
    }
  });

  it('stays within 47+8n..55+10n bits for standard and 67+8n..80+10n for extended frames', () => {
    for (const frame of randomFrames(5000)) {
      const n = frame.data.length;
      const bits = encodeFrame(frame).length + 3;
      const [least, most] = frame.extended ? [67 + 8 * n, 80 + 10 * n] : [47 + 8 * n, 55 + 10 * n];
      assert.ok(bits >= least && bits <= most, `${bits} bits outside ${least}..${most}`);
    }
  });

  it('takes 48 to 53 bits for the 2048 standard frames without data', () => {
    const lengths = Array.from(
      { length: 2048 },
      (_, identifier) => encodeFrame(makeFrame({ identifier })).length + 3,
    );
    assert.equal(Math.min(...lengths), 48);
    assert.equal(Math.max(...lengths), 53);
  });

  it('puts a stuff bit after the CRC sequence if that ends in five equal bits', () => {
    const ending = randomFrames(3000).find((frame) => {
      const text = stuff(unstuffed(frame));
      return text.length > 0 && text !== stuff(unstuffed(frame).slice(0, -1)) + text.at(-1);
    });
    assert.ok(ending !== undefined, 'no such frame among the random ones');
    const text = stuff(unstuffed(ending));
    assert.equal([...encodeFrame(ending).bits].join(''), text + TAIL);
  });

  it('ends the arbitration field with RTR', () => {
    // 0x555 has no five equal bits: SOF, 11 identifier bits, RTR.
    assert.equal(encodeFrame(makeFrame({ identifier: 0x555 })).arbitrationEnd, 12);
    // 0x15555555 alternates too: SOF, 11, SRR and IDE, 18, RTR.
    const extended = makeFrame({ identifier: 0x15555555, extended: true });
    assert.equal(encodeFrame(extended).arbitrationEnd, 32);
  });
});
