// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * Images at their limits: the longest that is taken, the next one that is not, and what a count leads beyond.
 *
 * Sources: formats/rule-image.ts, formats/rule-image-2.ts; formats/rule-costs.ts: a step takes 37 ns, one with a checksum
 * 173, the programs of a rule 2,000 at most.
 */
import { RuleTable } from '../../../src/responder/rule-table';
import { Status } from '../../../src/rt/status';
import { RuleImage } from '../support/rule-image';
import { RuleImage2 } from '../support/rule-image-2';

let table = new RuleTable();
let image = new RuleImage2(table.staging);

beforeEach(() => {
  table = new RuleTable();
  image = new RuleImage2(table.staging, true);
});

/** Ends the records without any list, and offers the image. */
function adoptAlone(): Status {
  image.beginIndex([]);
  image.finish();
  return table.adopt();
}

describe('a table before the first image', () => {
  test('has none to offer, whatever was in the memory', () => {
    const before = heap.alloc(0x80000);
    for (let at: u32 = 0; at < 0x80000; at += 4) store<u32>(before + at, 0x4c525743);
    heap.free(before);
    expect(new RuleTable().staged).toBe(false);
  });
});

describe('the rule that was refused', () => {
  test('is none of them when the header is at fault, also after another image', () => {
    image.addAnswer(0x100, 0x800, 0, 0);
    expect(adoptAlone()).toBe(Status.RulesIdentifierRange);
    expect(table.refusedRule).toBe(0);
    store<u32>(table.staging, 0);
    expect(table.adopt()).toBe(Status.RulesMagic);
    expect(table.refusedRule).toBe(-1);
  });
});

describe('the names', () => {
  test('have 6,144 bytes at most, and one may be as long', () => {
    for (let letters = 6143; letters < 6145; letters++) {
      image = new RuleImage2(table.staging);
      image.add(0x100);
      image.beginIndex([]);
      image.name('n'.repeat(letters));
      image.finish();
      expect(table.adopt()).toBe(letters === 6143 ? Status.Ok : Status.RulesSize);
    }
    expect(table.nameBytes).toBe(6144);
  });

  test('are told in whole words, and an image of format 1 has none', () => {
    image.add(0x100);
    image.beginIndex([]);
    image.name('ab');
    image.finish();
    expect(table.adopt()).toBe(Status.Ok);
    expect(table.nameBytes).toBe(8);
    const plain = new RuleImage(table.staging);
    plain.add(0x100);
    plain.finish();
    expect(table.adopt()).toBe(Status.Ok);
    expect(table.nameBytes).toBe(0);
  });
});

describe('an image of 33 rules', () => {
  test('is looked at in pieces of 32 records', () => {
    const plain = new RuleImage(table.staging);
    for (let rule: u32 = 0; rule < 33; rule++) plain.add(0x100 + rule);
    plain.finish();
    table.beginCheck();
    let steps = 1;
    for (; table.checkStep() === Status.Busy; steps++) continue;
    // Header; 32 + 33 * 64 bytes by 64; each rule and their end; sharing by 32; paths; filters; safe state; states by 32.
    expect(steps).toBe(1 + 34 + 34 + 2 + 1 + 1 + 1 + 2);
  });
});

describe('what leads beyond the last rule', () => {
  test('is an alarm that no rule has, be what lies there like one', () => {
    image.addAnswer(0x100, 0x101, 1, 0);
    // Behind the rules lies the CRC-8 table, whose bytes may be any.
    memory.copy(image.addTable(), image.address + 64, 64);
    image.beginIndex([]);
    for (let alarm: u16 = 1; alarm < 3; alarm++) {
      store<u16>(image.address, alarm, 46);
      image.finish();
      expect(table.adopt()).toBe(alarm === 1 ? Status.Ok : Status.RulesField);
      if (alarm === 1) memory.copy(table.staging, image.address, 0x10000);
      image.address = table.staging;
    }
  });

  test('is a list of rule 0 without an end', () => {
    image.add(0x100);
    image.beginIndex([]);
    image.addList([]);
    const end = image.address + 64 + 64 + 2 * 4096 + 2;
    expect(load<u16>(end)).toBe(0xffff);
    store<u16>(end, 0);
    image.finish();
    expect(table.adopt()).toBe(Status.RulesField);
  });
});

describe('a table of keys', () => {
  test('has a multiplier, and 1 is one', () => {
    for (let multiplier: u32 = 0; multiplier < 2; multiplier++) {
      image = new RuleImage2(table.staging);
      image.add(0x80000005);
      image.addKeys();
      store<u32>(image.address, multiplier, 56);
      image.beginIndex([]);
      // Times 0 or 1 the key is in bucket 0, at place 0.
      image.putKey(5, 1, 0, 1, image.addList([0]));
      image.finish();
      expect(table.adopt()).toBe(multiplier === 0 ? Status.RulesField : Status.Ok);
    }
  });
});

/** A rule that changes what it forwards by so many checksums, and then so many steps that take a constant. */
function adoptProgram(checksums: u32, constants: u32): Status {
  image = new RuleImage2(table.staging);
  store<u8>(image.add(0x100), 1, 55);
  image.addAction(2, 0, (checksums + constants) as u8);
  for (let step: u32 = 0; step < checksums; step++) image.addStep(27, 0, 0, 0, 0, 0);
  for (let step: u32 = 0; step < constants; step++) image.addStep(7, 0, 0, 0, 0, 0);
  // Of no rule.
  image.addStep(7, 0, 0, 0, 0, 0);
  return adoptAlone();
}

describe('the programs of a rule', () => {
  test('take 2 us at most', () => {
    expect(adoptProgram(11, 2)).toBe(Status.Ok, '1,977 ns');
    expect(adoptProgram(11, 3)).toBe(Status.RulesField, '2,014 ns');
    expect(adoptProgram(12, 0)).toBe(Status.RulesField, '2,076 ns');
  });
});

describe('what a rule says of diagnosis', () => {
  test('is in its own actions: a request of the bus, an answer of AGL', () => {
    for (let kind: u8 = 16; kind < 18; kind++) {
      image = new RuleImage2(table.staging, true);
      const agl = image.add(0x7e8);
      store<u8>(agl, 6, 25);
      store<u8>(agl, 1, 55);
      const bus = image.add(0x7e0);
      store<u8>(bus, 1, 55);
      store<u16>(bus, 1, 56);
      // The answer of AGL first: the next action is that of another rule.
      image.addAction(kind === 16 ? 2 : 17, 0, 0);
      image.addAction(16, 0, 0);
      expect(adoptAlone()).toBe(Status.Ok, `${kind}`);
    }
    image = new RuleImage2(table.staging, true);
    const agl = image.add(0x7e8);
    store<u8>(agl, 6, 25);
    store<u8>(agl, 1, 55);
    image.addAction(16, 0, 0);
    expect(adoptAlone()).toBe(Status.RulesField, 'AGL asks itself');
  });
});

describe('one answer for both filters', () => {
  test('is the same in identifier, length and data', () => {
    const offsets: StaticArray<u32> = [0, 28, 26, 32];
    for (let index = 0; index < offsets.length; index++) {
      const plain = new RuleImage(table.staging);
      for (let rule: u32 = 0; rule < 2; rule++) {
        const at = plain.addAnswer(0x100 + rule, 0x700, 1, 0x55);
        store<u32>(at, 0x800007ff, 4);
        store<u8>(at, 1, 27);
        // Offset 0 changes nothing: the first two differ there anyway.
        if (rule === 1 && index > 0) store<u8>(at + offsets[index], 2);
      }
      plain.finish();
      expect(table.adopt()).toBe(index === 0 ? Status.Ok : Status.RulesField, `${index}`);
    }
  });

  test('is told for the second filter, and not as a second answer', () => {
    const plain = new RuleImage(table.staging);
    plain.add(0x300);
    for (let rule: u32 = 0; rule < 2; rule++) {
      const at = plain.addAnswer(0x100 + rule, 0x700, 1, 0x55);
      store<u32>(at, 0x800007ff, 4);
      store<u8>(at, 1, 27);
    }
    plain.finish();
    expect(table.adopt()).toBe(Status.Ok);
    expect(table.ruleRecognised(0)).toBe(1);
    expect(table.ruleRecognised(1)).toBe(2);
    expect(table.ruleOfFilter(1)).toBe(-1);
  });
});
