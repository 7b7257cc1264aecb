// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * The check of a rules image in pieces, and the swap: what is in force meanwhile, and afterwards.
 */
import { RuleTable } from '../../../src/responder/rule-table';
import { Status } from '../../../src/rt/status';
import { RuleImage } from '../support/rule-image';

let table = new RuleTable();
let image = new RuleImage(table.staging);

beforeEach(() => {
  table = new RuleTable();
  image = new RuleImage(table.staging);
});

/** Seals the image and offers it. */
function adopt(): Status {
  image.finish();
  const status = table.adopt();
  if (status === Status.Ok) image.moveTo(table.staging);
  return status;
}

describe('the check of a large table', () => {
  test('comes in bounded pieces, and the table in force answers meanwhile', () => {
    image.addAnswer(0x7ff, 0x7fe, 1, 0x11);
    adopt();
    table.hit(0);
    image = new RuleImage(table.staging);
    for (let rule: u32 = 0; rule < 64; rule++) image.add(0x100 + rule);
    for (let filter: u32 = 0; filter < 32; filter++) image.addFilter(0x200 + filter, 0x7ff);
    image.finish();
    table.beginCheck();
    let steps = 1;
    for (; table.checkStep() === Status.Busy; steps++) {
      expect(table.count).toBe(1);
      expect(table.rule(0).matchIdentifier).toBe(0x7ff);
    }
    // The header, 4384 bytes by 64, 64 rules and the end of them, who shares
    // identifiers by 32, the paths, the filters, the safe state, states by 32.
    expect(steps).toBe(1 + 69 + 65 + 2 + 1 + 1 + 1 + 2);
    expect(table.hitsOf(0)).toBe(1);
    expect(table.forwardsUnmatched(0x300)).toBe(true);
    table.swap();
    expect(table.count).toBe(64);
    expect(table.rule(63).matchIdentifier).toBe(0x13f);
    expect(table.hitsOf(0)).toBe(0);
    expect(table.forwardsUnmatched(0x300)).toBe(false);
  });

  test('has another place for the image after that one, and leaves the one in force alone', () => {
    image.add(0x123);
    image.finish();
    const before = table.staging;
    expect(table.adopt()).toBe(Status.Ok);
    expect(table.staging).not.toBe(before);
    memory.fill(table.staging, 0xff, 32 + 64 * 64 + 8 * 32);
    expect(table.rule(0).matchIdentifier).toBe(0x123);
    expect(table.adopt()).toBe(Status.RulesMagic);
    expect(table.count).toBe(1);
    expect(table.checksum).toBe(load<u32>(before, 12));
  });

  test('sees one wrong byte anywhere in it', () => {
    image.add(0x123);
    image.add(0x124);
    image.finish();
    for (let byte: u32 = 12; byte < 32 + 128; byte++) {
      const address = image.address + byte;
      store<u8>(address, load<u8>(address) ^ 0x80);
      expect(table.adopt()).not.toBe(Status.Ok, `byte ${byte}`);
      store<u8>(address, load<u8>(address) ^ 0x80);
    }
    expect(table.adopt()).toBe(Status.Ok);
  });
});
