// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/** The record of reported statuses: docs/status-page.md, an entry of 8 bytes for each status. */
import { StatusRecord } from '../../../src/cell/page/status-record';
import { Sentence } from '../../../src/page/sentences';
import { Status } from '../../../src/rt/status';

const TIMES: u32 = 0xffffff;

function entry(record: StatusRecord, status: Status): u32 {
  return load<u32>(record.address + 8 * (status as u32));
}

function value(record: StatusRecord, status: Status): u32 {
  return load<u32>(record.address + 8 * (status as u32), 4);
}

describe('the status record', () => {
  test('counts each status, and keeps the sentence and value it was said with last', () => {
    const record = new StatusRecord();
    record.add(Status.IdleDisturbed, Sentence.First, 0x10);
    record.add(Status.IdleDisturbed, Sentence.EventTakenOut, 25);
    expect(entry(record, Status.IdleDisturbed)).toBe((3 << 24) | 2);
    expect(value(record, Status.IdleDisturbed)).toBe(25);
    expect(entry(record, Status.IdleNotGranted)).toBe(0);
    expect(entry(record, Status.CommRegionMagic)).toBe(0);
  });

  test('stops counting where the count would run into the sentence', () => {
    const record = new StatusRecord();
    store<u32>(record.address + 8 * (Status.BusOff as u32), TIMES - 1);
    for (let round = 0; round < 3; round++) record.add(Status.BusOff, Sentence.First, 100);
    expect(entry(record, Status.BusOff)).toBe(TIMES);
  });

  test('has no place for a number from 128 on', () => {
    const record = new StatusRecord();
    const behind = heap.alloc(8);
    store<u64>(behind, 0x1122334455667788);
    record.add(127 as Status, Sentence.First, 1);
    record.add(128 as Status, Sentence.First, 2);
    record.add(0xffffffff as Status, Sentence.First, 3);
    expect(entry(record, 127 as Status)).toBe(1);
    expect(value(record, 127 as Status)).toBe(1);
    expect(load<u64>(behind)).toBe(0x1122334455667788);
  });

  test('forgets the link (40 to 49) when a session begins, and nothing beside it', () => {
    const record = new StatusRecord();
    for (let status: u32 = 38; status < 52; status++) record.add(status, Sentence.First, status);
    record.forgetLink();
    for (let status: u32 = 38; status < 52; status++) {
      const isOfLink = status >= 40 && status <= 49;
      expect(entry(record, status)).toBe(isOfLink ? 0 : 1, `${status}`);
      expect(value(record, status)).toBe(isOfLink ? 0 : status, `${status}`);
    }
  });
});
