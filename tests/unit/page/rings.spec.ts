// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * Trace ring and recorder: the layout of an entry, the wrap, and the order of the stores.
 */
import { Recorder, RECORDED_ANSWERED, RECORDED_SENT } from '../../../src/page/recorder';
import { TraceEvent } from '../../../src/page/trace-event';
import { TraceRing } from '../../../src/page/trace-ring';
import { newFrame } from '../support/frames';
import { FakeSection } from '../virtio/pair';

const BYTES: u32 = 0x20000;
const TRACE_HEAD: u32 = 0x1f00;
const RECORDER_HEAD: u32 = 0x1f08;

/** Takes down at each write barrier what a reader could see by then. */
class WatchedSection extends FakeSection {
  barriers: u32 = 0;
  traceHead: u32 = 0;
  recorderHead: u32 = 0;
  traceEnd: u64 = 0;
  recorderEnd: u64 = 0;

  override barrierWrite(): void {
    this.barriers++;
    this.traceHead = this.read32(TRACE_HEAD);
    this.recorderHead = this.read32(RECORDER_HEAD);
    this.traceEnd = this.read64(0x2000 + 8);
    this.recorderEnd = this.read64(0x8000 + 16);
  }
}

let section = new FakeSection(BYTES);

beforeEach(() => {
  section = new FakeSection(BYTES);
});

describe('a trace record', () => {
  test('has the time, the code and two values', () => {
    const trace = new TraceRing<FakeSection>(section);
    trace.note(0x0102030405060708, TraceEvent.RulesSwapped, 6, 0xcafe0001);
    const record = section.base + 0x2000;
    expect(load<u64>(record)).toBe(0x0102030405060708);
    expect(load<u16>(record, 8)).toBe(11);
    expect(load<u16>(record, 10)).toBe(6);
    expect(load<u32>(record, 12)).toBe(0xcafe0001);
    expect(load<u32>(section.base, 0x1f00)).toBe(1, 'head');
  });

  test('cuts a first value that is too long', () => {
    const trace = new TraceRing<FakeSection>(section);
    trace.note(1, TraceEvent.Answered, 0x12345, 0);
    expect(load<u16>(section.base + 0x2000, 8)).toBe(2);
    expect(load<u16>(section.base + 0x2000, 10)).toBe(0x2345);
    expect(load<u32>(section.base + 0x2000, 12)).toBe(0, 'the second value is not touched');
  });

  test('overwrites the oldest one, and the head counts on', () => {
    const trace = new TraceRing<FakeSection>(section);
    for (let time: u64 = 0; time < 512 + 3; time++) trace.note(time, TraceEvent.BusOff, 0, 0);
    expect(load<u64>(section.base + 0x2000)).toBe(512);
    expect(load<u64>(section.base + 0x2000 + 2 * 16)).toBe(514);
    expect(load<u64>(section.base + 0x2000 + 3 * 16)).toBe(3);
    expect(load<u64>(section.base + 0x2000 + 511 * 16)).toBe(511);
    expect(load<u32>(section.base, 0x1f00)).toBe(515);
    expect(load<u64>(section.base + 0x4000)).toBe(0, 'nothing behind the ring');
  });
});

describe('a recorder entry', () => {
  test('has the time, the direction and the frame as struct can_frame', () => {
    const recorder = new Recorder<FakeSection>(section);
    const frame = newFrame(0x800007e8, 3, 0x112233);
    recorder.record(5, RECORDED_ANSWERED, changetype<usize>(frame));
    const entry = section.base + 0x8000;
    expect(load<u64>(entry)).toBe(0x8000000000000005);
    expect(load<u32>(entry, 8)).toBe(0x800007e8);
    expect(load<u8>(entry, 12)).toBe(3);
    expect(load<u64>(entry, 16)).toBe(0x112233);
    expect(load<u32>(section.base, 0x1f08)).toBe(1, 'head');
    recorder.record(6, RECORDED_SENT, changetype<usize>(frame));
    expect(load<u64>(entry, 24)).toBe(0x4000000000000006);
  });

  test('overwrites the oldest one within the section', () => {
    const recorder = new Recorder<FakeSection>(section);
    const frame = changetype<usize>(newFrame(0x123, 0, 0));
    for (let time: u64 = 0; time < 4096 + 1; time++) recorder.record(time, 0, frame);
    expect(load<u64>(section.base + 0x8000)).toBe(4096);
    expect(load<u64>(section.base + 0x8000 + 24)).toBe(1);
    expect(load<u64>(section.base + 0x8000 + 4095 * 24)).toBe(4095);
    expect(load<u32>(section.base, 0x1f08)).toBe(4097);
  });

  test('goes on from a head that was found', () => {
    const recorder = new Recorder<FakeSection>(section);
    recorder.head = 0xffffffff;
    recorder.record(9, 0, changetype<usize>(newFrame(0x123, 0, 0)));
    expect(load<u64>(section.base + 0x8000 + 4095 * 24)).toBe(9);
    expect(load<u32>(section.base, 0x1f08)).toBe(0);
  });
});

describe('the head', () => {
  test('is stored behind a barrier, when the entry is complete', () => {
    const watched = new WatchedSection(BYTES);
    new TraceRing<WatchedSection>(watched).note(1, TraceEvent.BusOff, 0, 0x55);
    expect(watched.barriers).toBe(1);
    expect(watched.traceHead).toBe(0, 'not yet');
    expect((watched.traceEnd >> 32) as u32).toBe(0x55, 'complete');
    expect(watched.read32(TRACE_HEAD)).toBe(1);

    const frame = newFrame(0x123, 1, 0x66);
    new Recorder<WatchedSection>(watched).record(1, 0, changetype<usize>(frame));
    expect(watched.barriers).toBe(2);
    expect(watched.recorderHead).toBe(0, 'not yet');
    expect(watched.recorderEnd).toBe(0x66, 'complete');
    expect(watched.read32(RECORDER_HEAD)).toBe(1);
  });
});
