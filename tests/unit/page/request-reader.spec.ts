// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * Requests: what is taken, in which pieces, and what a peer that changes its mind achieves.
 */
import { RequestReader } from '../../../src/page/request-reader';
import { Status } from '../../../src/rt/status';
import { FakeSection } from '../virtio/pair';

const BYTES: u32 = 0x20000;
const ROOM: u32 = 4384;
/** CRC-32 of "123456789". */
const CHECK: u32 = 0xcbf43926;

let section = new FakeSection(BYTES);
let reader = new RequestReader<FakeSection>(section);
let room = heap.alloc(ROOM);

beforeEach(() => {
  section = new FakeSection(BYTES);
  reader = new RequestReader<FakeSection>(section);
  room = heap.alloc(ROOM);
  memory.fill(room, 0, ROOM);
});

/** Writes a request as docs/status-page.md has it. */
function ask(sequence: u32, kind: u32, bytes: u32, crc32: u32, argument: u32): void {
  const base = section.base;
  store<u32>(base, 0x51525743); // "CWRQ"
  store<u32>(base, 1, 4);
  store<u32>(base, kind, 12);
  store<u32>(base, bytes, 16);
  store<u32>(base, crc32, 20);
  store<u32>(base, argument, 24);
  store<u32>(base, sequence, 8);
}

/** The payload "123456789". */
function payload(): void {
  for (let index: u32 = 0; index < 9; index++) {
    store<u8>(section.base + 0x40 + index, (0x31 + index) as u8);
  }
}

describe('a request', () => {
  test('is new once, when its sequence number has changed', () => {
    expect(reader.poll()).toBe(false, 'nothing is there');
    ask(1, 2, 9, CHECK, 5);
    expect(reader.poll()).toBe(true);
    expect(reader.sequence).toBe(1);
    expect(reader.kind).toBe(2);
    expect(reader.bytes).toBe(9);
    expect(reader.argument).toBe(5);
    expect(reader.poll()).toBe(false, 'the same one');
    ask(2, 1, 9, CHECK, 0);
    expect(reader.poll()).toBe(true);
    expect(reader.kind).toBe(1);
    ask(0, 1, 9, CHECK, 0);
    expect(reader.poll()).toBe(false, '0 is none');
  });

  test('costs one load while there is none', () => {
    section.accesses = 0;
    reader.poll();
    expect(section.accesses).toBe(1);
  });

  test('is none without the magic, or of another version', () => {
    ask(1, 1, 9, CHECK, 0);
    store<u32>(section.base, 0x54535743);
    expect(reader.poll()).toBe(false);
    store<u32>(section.base, 0x51525743);
    store<u32>(section.base, 2, 4);
    expect(reader.poll()).toBe(false);
    store<u32>(section.base, 1, 4);
    expect(reader.poll()).toBe(true);
  });

  test('is not new when it was there at the start', () => {
    expect(reader.skip()).toBe(false);
    ask(7, 1, 9, CHECK, 0);
    expect(reader.skip()).toBe(true);
    expect(reader.sequence).toBe(7);
    expect(reader.poll()).toBe(false);
  });
});

describe('a payload', () => {
  test('is copied, and its checksum held against what was said', () => {
    payload();
    ask(1, 1, 9, CHECK, 0);
    reader.poll();
    expect(reader.begin(room, ROOM)).toBe(Status.Ok);
    expect(reader.step()).toBe(Status.Ok);
    expect(load<u64>(room)).toBe(0x3837363534333231);
    expect(load<u8>(room, 8)).toBe(0x39);
  });

  test('comes in pieces of 64 bytes', () => {
    for (let index: u32 = 0; index < 200; index++) {
      store<u8>(section.base + 0x40 + index, index as u8);
    }
    // CRC-32 of the bytes 0 to 199.
    ask(1, 1, 200, 0xed086180, 0);
    reader.poll();
    reader.begin(room, ROOM);
    for (let piece = 0; piece < 3; piece++) {
      section.accesses = 0;
      expect(reader.step()).toBe(Status.Busy);
      expect(section.accesses).toBe(8);
    }
    section.accesses = 0;
    expect(reader.step()).toBe(Status.Ok);
    expect(section.accesses).toBe(1, 'the last 8 bytes');
    expect(load<u8>(room, 199)).toBe(199);
    expect(load<u8>(room, 200)).toBe(0);
  });

  test('that changes while it is copied is refused', () => {
    for (let index: u32 = 0; index < 200; index++) {
      store<u8>(section.base + 0x40 + index, index as u8);
    }
    ask(1, 1, 200, 0xed086180, 0);
    reader.poll();
    reader.begin(room, ROOM);
    reader.step();
    store<u8>(section.base + 0x40 + 150, 0);
    reader.step();
    reader.step();
    expect(reader.step()).toBe(Status.RequestCrc);
  });

  test('may change its size as it likes: the one that was read counts', () => {
    payload();
    ask(1, 1, 9, CHECK, 0);
    reader.poll();
    reader.begin(room, ROOM);
    store<u32>(section.base, 0xffffffff, 16);
    store<u32>(section.base, 0, 20);
    expect(reader.step()).toBe(Status.Ok);
  });

  test('that is empty, or has no room, is refused', () => {
    const sizes: StaticArray<u32> = [0, ROOM + 1, 0x20000, 0xffffffff];
    for (let index = 0; index < sizes.length; index++) {
      ask(index + 1, 1, sizes[index], CHECK, 0);
      reader.poll();
      expect(reader.begin(room, ROOM)).toBe(Status.RequestSize);
    }
    ask(9, 1, ROOM, CHECK, 0);
    reader.poll();
    expect(reader.begin(room, ROOM)).toBe(Status.Ok);
  });

  test('never ends outside the section', () => {
    ask(1, 1, BYTES - 0x40 + 1, CHECK, 0);
    reader.poll();
    expect(reader.begin(room, 0xfffffff8)).toBe(Status.RequestSize);
  });
});
