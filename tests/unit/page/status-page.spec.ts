// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * The status page: where things are, that pieces are bounded, and what a reader sees meanwhile.
 */
import { StatusPage } from '../../../src/page/status-page';
import { Status } from '../../../src/rt/status';
import { FakeSection } from '../virtio/pair';

const BYTES: u32 = 0x20000;
const SOURCE_BYTES: u32 = 512;

let section = new FakeSection(BYTES);
let page = new StatusPage<FakeSection>(section);
let source = heap.alloc(SOURCE_BYTES);

beforeEach(() => {
  section = new FakeSection(BYTES);
  page = new StatusPage<FakeSection>(section);
  source = heap.alloc(SOURCE_BYTES);
  for (let index: u32 = 0; index < SOURCE_BYTES; index++) store<u8>(source + index, index as u8);
});

function word(offset: u32): u32 {
  return load<u32>(section.base + offset);
}

describe('at start', () => {
  test('the page is complete when the magic appears', () => {
    page.setHead(0x0030, 6);
    page.setHead64(0x0010, 0x1122334455667788);
    page.setHead8(0x0044, 96);
    page.setHead8(0x0045, 127);
    page.addPart(source, 0x0400, 344);
    page.open();
    expect(word(0)).toBe(0x54535743, 'magic "CWST"');
    expect(word(4)).toBe(2, 'version, and zero');
    expect(word(8)).toBe(2, 'sequence');
    expect(word(12)).toBe(1, 'heartbeat');
    expect(load<u64>(section.base + 0x10)).toBe(0x1122334455667788);
    expect(word(0x30)).toBe(6);
    expect(word(0x44)).toBe(127 * 256 + 96);
    expect(word(0x84)).toBe(64, 'bytes of a task');
    expect(word(0x88)).toBe(128, 'counters');
    expect(word(0x8c)).toBe(3, 'histograms');
    expect(word(0x400)).toBe(0x03020100);
    expect(load<u8>(section.base + 0x400 + 343)).toBe(0x57);
    expect(load<u8>(section.base + 0x400 + 344)).toBe(0, 'no byte more');
    expect(word(0x1f00)).toBe(0);
    expect(word(0x1f04)).toBe(512);
    expect(word(0x1f08)).toBe(0);
    expect(word(0x1f0c)).toBe(4096);
  });

  test('what an earlier run has left behind is cleared, except the rings', () => {
    page.open();
    store<u32>(section.base, 77, 0x1f00);
    store<u32>(section.base, 88, 0x1f08);
    store<u32>(section.base, 0xdead, 0x1000);
    store<u32>(section.base, 0xbeef, 0x2000);
    const again = new StatusPage<FakeSection>(section);
    again.open();
    expect(again.traceHead).toBe(77);
    expect(again.recorderHead).toBe(88);
    expect(word(0x1f00)).toBe(77);
    expect(word(0x1f08)).toBe(88);
    expect(word(0x1000)).toBe(0);
    expect(word(0x2000)).toBe(0xbeef);
    expect(word(8)).toBe(4, 'the sequence goes on');
  });

  test('rubbish is not taken for an earlier run', () => {
    memory.fill(section.base, 0xa5, 0x3000);
    page.open();
    expect(page.traceHead).toBe(0);
    expect(word(0x1f00)).toBe(0);
    expect(word(8)).toBe(2);
    expect(word(0x1ef8)).toBe(0);
  });
});

describe('a refresh', () => {
  test('has an odd sequence number from its begin to its last piece', () => {
    page.addPart(source, 0x0100, 512);
    page.open();
    store<u32>(source, 0xabcd);
    page.begin();
    expect(word(8)).toBe(3);
    expect(word(12)).toBe(2);
    expect(page.refreshing).toBe(true);
    let pieces = 1;
    while (page.step()) {
      expect(word(8)).toBe(3);
      pieces++;
    }
    // The head of 240 bytes is two pieces, 512 bytes are four.
    expect(pieces).toBe(6);
    expect(word(8)).toBe(4);
    expect(page.refreshing).toBe(false);
    expect(word(0x100)).toBe(0xabcd);
  });

  test('copies at most 32 words in a piece', () => {
    page.addPart(source, 0x0100, 512);
    page.open();
    page.begin();
    for (let going = true; going;) {
      section.accesses = 0;
      going = page.step();
      // 16 stores of 64 bits, and the sequence number at the end.
      expect(section.accesses).toBeLessThan(18);
    }
  });

  test('shows what was set before it, and not what is set after', () => {
    page.open();
    page.setHead(0x003c, 51);
    expect(word(0x3c)).toBe(0);
    page.begin();
    while (page.step()) continue;
    expect(word(0x3c)).toBe(51);
    expect(page.headOf(0x003c)).toBe(51);
  });
});

describe('the list of parts', () => {
  test('says when it is full', () => {
    for (let part = 1; part < 16; part++) {
      expect(page.addPart(source, 0x100, 8)).toBe(Status.Ok);
    }
    expect(page.addPart(source, 0x100, 8)).toBe(Status.Full);
  });
});
