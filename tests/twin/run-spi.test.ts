// SPDX-License-Identifier: MIT
/** Reading the MCP2515's instructions off the SPI lines. Bytes by hand from DS20001801J, table 12-1. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makeFrame } from '../../twin/bus/can-frame.ts';
import { SpiOperations } from '../../lab/rig/spi-operations.ts';
import { SpiRecorder, type SpiTransaction } from '../../lab/rig/spi-transactions.ts';

const BYTE_NANOS = 900;

function transaction(mosi: number[], startNanos = 0): SpiTransaction {
  const end = startNanos + mosi.length * BYTE_NANOS;
  const miso = mosi.map(() => 0);
  return { selectNanos: startNanos, deselectNanos: end, lastByteNanos: end, mosi, miso };
}

it('the SPI recorder counts the bytes that end within a span of time', () => {
  const recorder = new SpiRecorder();
  const seen: SpiTransaction[] = [];
  recorder.onTransaction = (item) => seen.push(item);
  recorder.selected(0);
  recorder.byte(0xb0, 0xff, 900);
  recorder.byte(0x00, 0x40, 1800);
  recorder.deselected(1850);
  recorder.selected(2000);
  recorder.byte(0x81, 0xff, 2900);
  recorder.deselected(2950);
  assert.equal(recorder.bytesBetween(0, 2900), 3);
  assert.equal(recorder.bytesBetween(900, 2899), 1);
  assert.deepEqual(seen[0], {
    selectNanos: 0,
    deselectNanos: 1850,
    lastByteNanos: 1800,
    mosi: [0xb0, 0x00],
    miso: [0xff, 0x40],
  });
});

describe('operations on the SPI lines', () => {
  it('knows the frame behind a request to send, and what it took', () => {
    const operations = new SpiOperations();
    // LOAD TX BUFFER 0 from SIDH: standard 0x1A1, two bytes.
    operations.add(transaction([0x40, 0x34, 0x20, 0x00, 0x00, 0x02, 0x01, 0xa5]), false);
    operations.add(transaction([0x81], 10_000), false);
    const [send] = operations.sends;
    assert.deepEqual(send?.frame, makeFrame({ identifier: 0x1a1, data: [0x01, 0xa5] }));
    assert.deepEqual([send?.nanos, send?.bytes], [10_900, 9]);
  });

  it('keeps the rest of a buffer when only its data are loaded', () => {
    const operations = new SpiOperations();
    // Extended 0x18DAF110 into buffer 2 by WRITE at TXB2SIDH (0x51), then data by LOAD.
    operations.add(transaction([0x02, 0x51, 0xc6, 0xca, 0xf1, 0x10, 0x03, 0, 0, 0]), false);
    operations.add(transaction([0x45, 0x03, 0x7f, 0x22]), true);
    operations.add(transaction([0x84]), true);
    const expected = { identifier: 0x18daf110, extended: true, data: [0x03, 0x7f, 0x22] };
    assert.deepEqual(operations.sends[0]?.frame, makeFrame(expected));
    operations.add(transaction([0x84]), true);
    assert.equal(operations.sends[1]?.bytes, 1, 'the preloaded buffer again: one byte');
  });

  it('splits an instruction that requests several buffers', () => {
    const operations = new SpiOperations();
    operations.add(transaction([0x86]), false);
    assert.equal(operations.sends.length, 2);
  });

  it('counts a reception with the status bytes before it, and each buffer given back', () => {
    const operations = new SpiOperations();
    operations.add(transaction([0xb0, 0]), true);
    operations.add(transaction([0x90, ...new Array<number>(13).fill(0)]), true);
    operations.add(transaction([0x94, ...new Array<number>(5).fill(0)]), true);
    operations.add(transaction([0x05, 0x2c, 0x03, 0x00]), true);
    assert.deepEqual(operations.receiveBytes, [16, 6]);
    assert.equal(operations.releasedFrames, 4);
  });

  it('does not count polling while INT is high', () => {
    const operations = new SpiOperations();
    operations.add(transaction([0xa0, 0]), false);
    operations.add(transaction([0x90, 0, 0, 0, 0, 0]), true);
    assert.deepEqual(operations.receiveBytes, [6]);
  });
});
