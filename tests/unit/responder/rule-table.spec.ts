// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * The gate for rule tables: what is taken, and each reason for which a table is refused.
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

describe('a good table', () => {
  test('is put in force', () => {
    image.add(0x100);
    image.addAnswer(0x200, 0x201, 2, 0xbbaa);
    store<u32>(image.address, 1, 20);
    expect(adopt()).toBe(Status.Ok);
    expect(table.count).toBe(2);
    expect(table.dropUnmatched).toBe(true);
    expect(table.rule(1).answerIdentifier).toBe(0x201);
    expect(table.checksum).toBe(load<u32>(image.address, 12));
    expect(table.refusedRule).toBe(-1);
  });

  test('may be empty, or have 64 rules', () => {
    expect(adopt()).toBe(Status.Ok);
    expect(table.count).toBe(0);
    for (let rule: u32 = 0; rule < 64; rule++) image.add(0x100 + rule);
    expect(adopt()).toBe(Status.Ok);
    expect(table.count).toBe(64);
  });

  test('says beforehand how much of it there is, within what fits', () => {
    expect(table.staged).toBe(true);
    image.add(0x100);
    image.finish();
    expect(table.stagedBytes).toBe(96);
    store<u32>(image.address, 0xffffffff, 8);
    expect(table.stagedBytes).toBe(0x10000);
    store<u32>(image.address, 0);
    expect(table.staged).toBe(false);
  });

  test('says which rule a filter is for, before and after it is in force', () => {
    image.add(0x300);
    addFiltered(0x100, 1, 0, 0, 0);
    image.finish();
    table.beginCheck();
    while (table.checkStep() === Status.Busy) continue;
    expect(table.stagedRuleOfFilter(0)).toBe(image.address + 32 + 64);
    expect(table.stagedRuleOfFilter(1)).toBe(0);
    expect(table.ruleOfFilter(0)).toBe(-1);
    adopt();
    expect(table.ruleOfFilter(0)).toBe(1);
  });

  test('starts its hit counts afresh', () => {
    image.add(0x100);
    adopt();
    table.hit(0);
    table.hit(0);
    expect(table.hitsOf(0)).toBe(2);
    adopt();
    expect(table.hitsOf(0)).toBe(0);
  });

  test('may tell rules apart by form, by identifier bits or by data', () => {
    image.add(0x100);
    image.add(0x80000100);
    image.add(0x40000100);
    image.add(0x101);
    const one = image.add(0x300);
    store<u64>(one, 0x10, 8);
    store<u64>(one, 0xff, 16);
    const other = image.add(0x300);
    store<u64>(other, 0x11, 8);
    store<u64>(other, 0xff, 16);
    expect(adopt()).toBe(Status.Ok);
  });
});

describe('filters', () => {
  test('decide on frames that no rule matches, whatever the default says', () => {
    image.add(0x100);
    image.addFilter(0x200, 0x700);
    image.addFilter(0x2000_07e0, 0x7f8); // 7E0~7F8
    store<u32>(image.address, 1, 20);
    expect(adopt()).toBe(Status.Ok);
    expect(table.filters.count).toBe(2);
    expect(table.forwardsUnmatched(0x7e3)).toBe(false);
    expect(table.forwardsUnmatched(0x2ff)).toBe(true);
    expect(table.forwardsUnmatched(0x300)).toBe(true);
  });

  test('without any the default decides', () => {
    expect(adopt()).toBe(Status.Ok);
    expect(table.forwardsUnmatched(0x300)).toBe(true);
    store<u32>(image.address, 1, 20);
    expect(adopt()).toBe(Status.Ok);
    expect(table.forwardsUnmatched(0x300)).toBe(false);
  });

  test('32 of them fit beside 64 rules; the next table has its own', () => {
    for (let index: u32 = 0; index < 64; index++) image.add(0x100 + index);
    for (let index: u32 = 0; index < 32; index++) image.addFilter(0x200 + index, 0x7ff);
    expect(adopt()).toBe(Status.Ok);
    expect(table.forwardsUnmatched(0x21f)).toBe(true);
    expect(table.forwardsUnmatched(0x220)).toBe(false);
    image = new RuleImage(table.staging);
    expect(adopt()).toBe(Status.Ok);
    expect(table.filters.count).toBe(0);
  });

  test('with bits outside their mask, or bit 29 in it, are refused', () => {
    image.addFilter(0x201, 0x700);
    expect(adopt()).toBe(Status.RulesField);
    image = new RuleImage(table.staging);
    image.addFilter(0, 0x2000_0000);
    expect(adopt()).toBe(Status.RulesField);
  });
});

describe('a bad header', () => {
  test('without the magic', () => {
    image.finish();
    store<u32>(image.address, 0x4c525744);
    image.seal();
    expect(table.adopt()).toBe(Status.RulesMagic);
  });

  test('of another version or with other sizes of its parts', () => {
    const offsets: StaticArray<u32> = [4, 6, 18];
    for (let index = 0; index < offsets.length; index++) {
      image = new RuleImage(table.staging);
      image.finish();
      store<u16>(image.address + offsets[index], 3);
      image.seal();
      expect(table.adopt()).toBe(Status.RulesVersion);
    }
  });

  test('with a size that its count does not give', () => {
    image.add(0x100);
    image.finish();
    store<u32>(image.address, 95, 8);
    image.seal();
    expect(table.adopt()).toBe(Status.RulesSize);
    store<u32>(image.address, 0xfffffff0, 8);
    expect(table.adopt()).toBe(Status.RulesSize);
  });

  test('with more rules than fit', () => {
    image.finish();
    store<u16>(image.address, 65, 16);
    store<u32>(image.address, 32 + 65 * 64, 8);
    expect(table.adopt()).toBe(Status.RulesCount);
  });

  test('with more filters than fit, or a size without them', () => {
    image.finish();
    store<u16>(image.address, 33, 24);
    expect(table.adopt()).toBe(Status.RulesCount);
    store<u16>(image.address, 32, 24);
    expect(table.adopt()).toBe(Status.RulesSize);
  });

  test('with a wrong checksum, whichever byte is damaged', () => {
    image.add(0x100);
    for (let byte = 20; byte < 96; byte += 7) {
      image.finish();
      store<u8>(image.address + byte, load<u8>(image.address + byte) ^ 0x40);
      expect(table.adopt()).toBe(Status.RulesCrc);
      store<u8>(image.address + byte, load<u8>(image.address + byte) ^ 0x40);
    }
  });

  test('with unknown flags or something in the reserved bytes', () => {
    store<u32>(image.address, 8, 20);
    expect(adopt()).toBe(Status.RulesField);
    store<u32>(image.address, 0, 20);
    store<u8>(image.address, 1, 31);
    expect(adopt()).toBe(Status.RulesField);
  });
});

describe('the use of the receive buffers', () => {
  test('is taken over from bits 2..1 of the flags', () => {
    expect(adopt()).toBe(Status.Ok);
    expect(table.receive).toBe(0);
    store<u32>(image.address, 2, 20);
    expect(adopt()).toBe(Status.Ok);
    expect(table.receive).toBe(1);
    store<u8>(image.addAnswer(0x100, 0x101, 1, 0), 1, 27);
    store<u32>(image.address, 5, 20);
    expect(adopt()).toBe(Status.Ok);
    expect(table.receive).toBe(2);
    expect(table.dropUnmatched).toBe(true);
  });

  test('is refused where the rules contradict it, or it is a fourth one', () => {
    store<u32>(image.address, 4, 20);
    expect(adopt()).toBe(Status.RulesField);
    store<u8>(image.addAnswer(0x100, 0x101, 1, 0), 1, 27);
    store<u32>(image.address, 2, 20);
    expect(adopt()).toBe(Status.RulesField);
    store<u32>(image.address, 6, 20);
    expect(adopt()).toBe(Status.RulesField);
    expect(table.receive).toBe(0);
  });
});

describe('a bad rule', () => {
  test('with an identifier out of range', () => {
    const bad: StaticArray<u32> = [0x800, 0x20000100, 0xa0000100, 0x10000000];
    for (let index = 0; index < bad.length; index++) {
      image = new RuleImage(table.staging);
      image.add(0x100);
      image.add(bad[index]);
      expect(adopt()).toBe(Status.RulesIdentifierRange);
      expect(table.refusedRule).toBe(1);
    }
  });

  test('with a mask that leaves the form open, is too wide, or misses bits of the identifier', () => {
    const bad: StaticArray<u32> = [0x000007ff, 0x400007ff, 0xc00007fe, 0xc0000fff, 0xe00007ff];
    for (let index = 0; index < bad.length; index++) {
      image = new RuleImage(table.staging);
      store<u32>(image.add(0x101), bad[index], 4);
      expect(adopt()).toBe(Status.RulesIdentifierRange);
      expect(table.refusedRule).toBe(0);
    }
  });

  test('with an answer identifier out of range or remote', () => {
    const bad: StaticArray<u32> = [0x800, 0x40000100, 0x20000100, 0xc0000001];
    for (let index = 0; index < bad.length; index++) {
      image = new RuleImage(table.staging);
      image.addAnswer(0x100, bad[index], 0, 0);
      expect(adopt()).toBe(Status.RulesIdentifierRange);
    }
  });

  test('with a field out of range', () => {
    const offsets: StaticArray<u32> = [24, 25, 26, 27, 40, 41, 42, 47, 48, 63, 8];
    const values: StaticArray<u8> = [9, 4, 9, 1, 8, 0x7f, 0xc0, 0xfe, 1, 1, 1];
    for (let index = 0; index < offsets.length; index++) {
      image = new RuleImage(table.staging);
      store<u8>(image.add(0x100) + offsets[index], values[index]);
      expect(adopt()).toBe(Status.RulesField, `offset ${offsets[index]}`);
    }
  });

  test('that is remote and looks at data or length', () => {
    store<u8>(image.add(0x40000100), 1, 24);
    expect(adopt()).toBe(Status.RulesField);
    image = new RuleImage(table.staging);
    store<u64>(image.add(0x40000100), 1, 16);
    expect(adopt()).toBe(Status.RulesField);
  });

  test('that matches a frame another one matches', () => {
    image.add(0x7f3);
    image.add(0x100);
    const range = image.add(0x7f0);
    store<u32>(range, 0xc00007f0, 4);
    expect(adopt()).toBe(Status.RulesOverlap);
    expect(table.refusedRule).toBe(2);

    image = new RuleImage(table.staging);
    const one = image.add(0x300);
    store<u64>(one, 0x10, 8);
    store<u64>(one, 0xff, 16);
    const other = image.add(0x300);
    store<u64>(other, 0x2000, 8);
    store<u64>(other, 0xff00, 16);
    expect(adopt()).toBe(Status.RulesOverlap);
  });

  test('leaves the table in force alone', () => {
    image.add(0x100);
    adopt();
    table.hit(0);
    image.add(0x100);
    expect(adopt()).toBe(Status.RulesOverlap);
    expect(table.count).toBe(1);
    expect(table.rule(0).matchIdentifier).toBe(0x100);
    expect(table.hitsOf(0)).toBe(1);
  });
});

/** A rule with an answer that a filter is to recognise, looking at `mask` of the data. */
function addFiltered(identifier: u32, path: u8, value: u64, mask: u64, length: u8): usize {
  const rule = image.addAnswer(identifier, 0x700, 1, 0x55);
  store<u64>(rule, value, 8);
  store<u64>(rule, mask, 16);
  store<u8>(rule, length, 24);
  store<u8>(rule, path, 27);
  return rule;
}

describe('the path by a hardware filter', () => {
  test('is for identifiers, lengths, and data bytes 0 and 1', () => {
    addFiltered(0x100, 1, 0, 0, 0);
    expect(adopt()).toBe(Status.Ok);
    image = new RuleImage(table.staging);
    addFiltered(0x100, 1, 0, 0, 8);
    expect(adopt()).toBe(Status.Ok);
    image = new RuleImage(table.staging);
    addFiltered(0x80000100, 1, 0, 0, 3);
    expect(adopt()).toBe(Status.Ok);
    image = new RuleImage(table.staging);
    addFiltered(0x100, 1, 0x1002, 0xffff, 2);
    addFiltered(0x101, 2, 0x2002, 0xffff, 3);
    expect(adopt()).toBe(Status.Ok);
  });

  test('of the second filter leaves no transmit buffer for another answer', () => {
    addFiltered(0x100, 1, 0, 0, 0);
    addFiltered(0x101, 2, 0, 0, 0);
    image.add(0x300);
    expect(adopt()).toBe(Status.Ok, 'a rule that only forwards needs none');
    image.addAnswer(0x301, 0x302, 1, 0x77);
    expect(adopt()).toBe(Status.RulesField);
    expect(table.refusedRule).toBe(1);
  });

  test('twice of the first filter leaves no second one', () => {
    for (let rule: u32 = 0; rule < 2; rule++) {
      // Both take data and remote frames.
      store<u32>(addFiltered(0x100 + rule, 1, 0, 0, 0), 0x800007ff, 4);
    }
    expect(adopt()).toBe(Status.Ok);
    image = new RuleImage(table.staging);
    for (let rule: u32 = 0; rule < 3; rule++) {
      store<u32>(addFiltered(0x100 + rule, rule === 2 ? 2 : 1, 0, 0, 0), 0x800007ff, 4);
    }
    expect(adopt()).toBe(Status.RulesField);
  });

  test('is not for what a filter cannot see', () => {
    addFiltered(0x100, 1, 0, 0x10000, 3);
    expect(adopt()).toBe(Status.RulesField);
    image = new RuleImage(table.staging);
    addFiltered(0x80000100, 1, 0x02, 0xff, 1);
    expect(adopt()).toBe(Status.RulesField, 'data of an extended frame');
  });

  test('wants the length to cover the data bytes it looks at', () => {
    addFiltered(0x100, 1, 0x02, 0xff, 0);
    expect(adopt()).toBe(Status.RulesField);
    image = new RuleImage(table.staging);
    addFiltered(0x100, 1, 0x0200, 0xff00, 1);
    expect(adopt()).toBe(Status.RulesField);
    expect(table.refusedRule).toBe(0);
  });

  test('has one mask for both filters, of identifier and data', () => {
    addFiltered(0x100, 1, 0x02, 0xff, 1);
    addFiltered(0x101, 2, 0x02, 0x0f, 1);
    expect(adopt()).toBe(Status.RulesField);
  });
});
