// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * The reader of the status page: what its parts do at the ends of their range. Layout and figures:
 * docs/status-page.md.
 */
import { appendRecorderEntry } from '../../../src/bridge/candump-text';
import { EntryStream } from '../../../src/bridge/entry-stream';
import { bucketOf } from '../../../src/page/histogram';
import { bucketEnd } from '../../../src/bridge/histogram-summary';
import { RequestWriter } from '../../../src/bridge/request-writer';
import { TextBuilder } from '../../../src/bridge/text-builder';
import { WallTime } from '../../../src/bridge/wall-time';
import { FakeSection } from '../virtio/pair';

const SECTION_BYTES: u32 = 0x1000;
const HEAD: u32 = 0x000;
const RING: u32 = 0x400;
const ENTRY: u32 = 16;
const CAPACITY: u32 = 64;
/** Entries so close to the writer are left alone. */
const MARGIN: u32 = 32;

function textOf(out: TextBuilder): string {
  return String.UTF8.decodeUnsafe(out.buffer, out.length);
}

describe('a bucket', () => {
  test('ends where the next one begins, at every power of two and beside it', () => {
    for (let bit: u32 = 0; bit < 21; bit++) {
      for (let offset = -2; offset <= 2; offset++) {
        const time: u32 = (1 << bit) + offset;
        if (<i32>time < 1 || bucketOf(time) === 79) continue;
        const bucket = bucketOf(time);
        expect(bucketEnd(bucket)).toBeGreaterThanOrEqual(time, `${time}`);
        expect(bucketOf(bucketEnd(bucket))).toBe(bucket, `end of ${bucket}`);
        expect(bucketOf(bucketEnd(bucket) + 1)).toBe(bucket + 1, `after ${bucket}`);
      }
    }
    expect(bucketEnd(79)).toBe(u32.MAX_VALUE, 'the last one has no end');
  });
});

describe('the time of day', () => {
  test('is reckoned from the moment noted last, both ways, over years', () => {
    const wall = new WallTime();
    const noted: u64 = 1_790_000_000_000_000;
    wall.note(54_000_000_000, 54_000_000, noted);
    expect(wall.microsAt(54_000_000_000)).toBe(noted);
    expect(wall.microsAt(54_000_000_054)).toBe(noted + 1);
    expect(wall.microsAt(53_999_999_946)).toBe(noted - 1);
    const years: u64 = 100 * 365 * 86_400;
    expect(wall.microsAt(54_000_000_000 + years * 54_000_000)).toBe(noted + years * 1_000_000);
    wall.note(5, 1, 3);
    expect(wall.microsAt(0)).toBe(0, 'never before the epoch');
  });
});

describe('a stream of entries', () => {
  test('loses what was overwritten, counts it, and wraps with the head', () => {
    const page = new FakeSection(SECTION_BYTES);
    const stream = new EntryStream<FakeSection>(page, HEAD, RING, ENTRY, CAPACITY);
    const start: u32 = 0xfffffff0;
    page.write32(HEAD, start);
    expect(stream.take(start)).toBe(false, 'nothing yet');
    for (let index: u32 = 0; index < 40; index++) {
      page.write64(RING + ((start + index) & (CAPACITY - 1)) * ENTRY, index);
    }
    page.write32(HEAD, start + 40);
    expect(stream.take(start)).toBe(true);
    // 40 behind the head is 8 more than the ring keeps for readers.
    expect(stream.lost).toBe(40 - (CAPACITY - MARGIN));
    expect(load<u64>(stream.entry)).toBe(8);
    expect(stream.cursor).toBe(start + 9);
    let taken: u32 = 1;
    while (stream.take(stream.cursor)) {
      expect(load<u64>(stream.entry)).toBe(8 + taken);
      taken++;
    }
    expect(taken).toBe(32);
    expect(stream.cursor).toBe(start + 40);
  });

  test('begins anew with a cell whose head is behind the reader', () => {
    const page = new FakeSection(SECTION_BYTES);
    const stream = new EntryStream<FakeSection>(page, HEAD, RING, ENTRY, CAPACITY);
    page.write32(HEAD, 3);
    page.write64(RING, 77);
    expect(stream.take(1000)).toBe(true);
    expect(stream.lost).toBe(0);
    expect(load<u64>(stream.entry)).toBe(77);
    expect(stream.cursor).toBe(1);
  });
});

describe('a text', () => {
  test('is cut where its buffer ends, and says so', () => {
    const out = new TextBuilder(8);
    out.text('1234567');
    expect(out.overflowed).toBe(false);
    out.decimal(89).padFrom(0, 20);
    expect(out.overflowed).toBe(true);
    expect(textOf(out)).toBe('12345678');
    expect(textOf(out.clear().fixed(1203, 2))).toBe('12.03');
    expect(textOf(out.clear().fixed(5, 3))).toBe('0.005');
    expect(textOf(out.clear().hexadecimal(0x0abc, 4))).toBe('0x0abc');
  });

  test('of a frame that no cell records stays one line', () => {
    const out = new TextBuilder(200);
    const entry = heap.alloc(24);
    memory.fill(entry, 0xff, 24);
    appendRecorderEntry(out, entry, new WallTime());
    const text = textOf(out);
    expect(text.indexOf('\n')).toBe(text.length - 1);
    expect(text.endsWith(' can0 3FFFFFFF#R8 R\n')).toBe(true);
  });
});

describe('a request', () => {
  test('gets a number that is not 0, not the last one, and not the finished one', () => {
    const section = new FakeSection(SECTION_BYTES);
    const writer = new RequestWriter<FakeSection>(section);
    const payload = heap.alloc(9);
    memory.copy(payload, changetype<usize>(String.UTF8.encode('123456789')), 9);
    section.write32(0x08, 0xffffffff);
    expect(writer.write(2, payload, 9, 5, 1)).toBe(2, 'not 0, and 1 is the finished one');
    // prettier-ignore
    const words: StaticArray<u32> = [0x51525743, 1, 2, 2, 9, 0xcbf43926, 5, 0];
    for (let index = 0; index < words.length; index++) {
      expect(section.read32(4 * index)).toBe(words[index], `word ${index}`);
    }
    expect(section.read64(0x40)).toBe(0x38_37_36_35_34_33_32_31);
    expect(section.read8(0x48)).toBe(0x39);
    expect(writer.write(2, payload, 1, 0, 2)).toBe(3);
  });
});
