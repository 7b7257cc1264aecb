// SPDX-License-Identifier: MIT
/**
 * What steps, checksums and the check of an E2E profile cost, in ns on the image at 1 ns an instruction: no more than
 * formats/rule-costs.ts says. The time is that from READ to LOAD TX BUFFER, which is longer by what a rule has more.
 *
 * The table is in docs/timing-budget.md.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RULE_COSTS } from '../../formats/rule-costs.ts';
import { openRig } from '../../lab/rig/open-rig.ts';
import type { E2eCheck } from '../../rules/e2e/check.ts';
import { encodeRules } from '../../rules/image/encode.ts';
import type { DataField, Rule, Step } from '../../rules/model.ts';
import { makeFrame } from '../../twin/bus/can-frame.ts';

const MILLISECOND = 1_000_000;
const FIRST_REQUEST = 0x100;
const FIRST_ANSWER = 0x400;
/** DS20001801J, table 12-1: READ RX BUFFER of RXB0 and RXB1, LOAD TX BUFFER from SIDH and from D0. */
const READ = [0x90, 0x94];
const LOAD = [0x40, 0x41, 0x42, 0x43, 0x44, 0x45];

// The longest way of each step: big-endian, signed, all bits.
const FIELD: DataField = { shift: 0, width: 64, bigEndian: true, signed: true };
const CRC_TABLE = Array.from({ length: 256 }, (_, index) => (index * 29) & 0xff);
const STEPS: readonly Step[] = [
  { kind: 'load-request', field: FIELD },
  { kind: 'load-target', field: FIELD },
  { kind: 'load-live', field: FIELD, first: 56 },
  { kind: 'load-identifier', shift: 3, width: 8 },
  { kind: 'load-length' },
  { kind: 'load-counter', increment: 1, maximum: 255 },
  { kind: 'load-constant', value: -1n },
  { kind: 'add', value: 3n },
  { kind: 'multiply', value: -7n },
  { kind: 'divide', value: 3n },
  { kind: 'at-least', value: 5n },
  { kind: 'at-most', value: -5n },
  { kind: 'store', field: { ...FIELD, signed: false } },
  // Sets the bits that the answer's identifier has: a rule's number is in the others.
  { kind: 'store-identifier', shift: 10, width: 1 },
  { kind: 'and-data', value: 1n },
  { kind: 'or-data', value: 1n },
  { kind: 'xor-data', value: 1n },
  { kind: 'set-data', value: 1n },
  { kind: 'and-length', value: 8 },
  { kind: 'or-length', value: 8 },
  { kind: 'set-length', value: 8 },
  { kind: 'and-identifier', value: 0x7ff },
  { kind: 'or-identifier', value: FIRST_ANSWER },
];
const E2E8: Step = {
  ...({ kind: 'checksum-e2e8', result: 0, counterBit: 8, initial: [1, 2], finalXor: 3 } as const),
  ...{ table: CRC_TABLE, dataIds: CRC_TABLE.slice(0, 16) },
};
const E2E16 = { kind: 'checksum-e2e16', result: 0, dataId: 0x1234 } as const;
/** Over all that 8 bytes can have. */
const CHECKSUMS: readonly Step[] = [
  { kind: 'checksum-xor', from: 0, to: -2, result: -1, initial: 1 },
  ...(['none', '1u8', '16u8', 'sffid-xor'] as const).map((profile) => {
    const profileData = { none: 0, '1u8': 1, '16u8': 16, 'sffid-xor': 0 }[profile];
    return {
      ...({ kind: 'checksum-crc8', from: 0, to: -2, result: -1, initial: 255 } as const),
      ...{ finalXor: 1, table: CRC_TABLE, profile, profileData: CRC_TABLE.slice(0, profileData) },
    };
  }),
  E2E8,
  E2E16,
];

const COUNTED: readonly Step[] = [
  { kind: 'load-counter', increment: 1, maximum: 255 },
  { kind: 'store', field: { shift: 0, width: 8, bigEndian: false, signed: false } },
];

/** A rule that answers with 8 bytes of its own, made by `steps`. */
function rule(number: number, steps: readonly Step[], more: Partial<Rule> = {}): Rule {
  const data = Array.from({ length: 8 }, () => ({ value: 0, mask: 0 }));
  const identifier = FIRST_REQUEST + number;
  return {
    name: `rule-${number}`,
    match: {
      ...{ identifier, mask: 0x7ff, extended: false, remote: false, data, minimumLength: 0 },
    },
    answer: {
      ...{ identifier: FIRST_ANSWER + number, extended: false, length: 8, steps },
      data: [1, 2, 3, 4, 5, 6, 7, 8],
      source: data.map(() => null),
    },
    forward: false,
    ...more,
  };
}

/** For each rule, in ns: from READ of its request to LOAD of its answer. `frames`: the data of requests to a rule. */
async function timesOf(
  rules: readonly Rule[],
  frames: (number: number) => readonly Uint8Array[] = () => [new Uint8Array(8).fill(0xa5)],
): Promise<number[]> {
  const table = { defaultAction: 'forward', receive: 'shared', rules } as const;
  const rig = await openRig({ engine: 'image', rules: encodeRules(table) });
  try {
    return rules.map((_, number) => {
      const each = frames(number).map((data) => {
        rig.run(MILLISECOND);
        rig.forget();
        rig.send(makeFrame({ identifier: FIRST_REQUEST + number, data }));
        rig.run(2 * MILLISECOND);
        const read = rig.transactions.find(({ mosi: [first] }) => READ.includes(first));
        const load = rig.transactions.find(({ mosi: [first] }) => LOAD.includes(first));
        assert.ok(read && load, `rule ${number} has not answered`);
        return load.selectNanos - read.lastByteNanos;
      });
      return Math.max(...each);
    });
  } finally {
    rig.close();
  }
}

/** What one step of each kind costs: `most` of them, and one. */
async function costsOf(kinds: readonly Step[], most: number): Promise<Map<string, number>> {
  const programs = kinds.flatMap((step) => [[step], Array.from({ length: most }, () => step)]);
  const times = await timesOf(programs.map((steps, number) => rule(number, steps)));
  const profileOf = (step: Step): string => ('profile' in step ? ` ${step.profile}` : '');
  return new Map(
    kinds.map((step, index) => [
      `${step.kind}${profileOf(step)}`,
      (times[2 * index + 1] - times[2 * index]) / (most - 1),
    ]),
  );
}

describe('what the programs of a rule cost on the image', () => {
  it('a step of any kind takes no more than a step is taken to', async () => {
    for (const [kind, nanos] of await costsOf(STEPS, 25)) {
      assert.ok(nanos > 0 && nanos <= RULE_COSTS.PROGRAM_STEP_NANOS, `${kind}: ${nanos} ns`);
    }
  });

  it('nor a checksum, over all bytes', async () => {
    for (const [kind, nanos] of await costsOf(CHECKSUMS, 9)) {
      assert.ok(nanos > 0 && nanos <= RULE_COSTS.CHECKSUM_STEP_NANOS, `${kind}: ${nanos} ns`);
    }
  });

  it('nor the check of an E2E profile beside its checksum, whatever it finds', async () => {
    const check: E2eCheck = {
      ...{ step: E2E16, length: 8, counterMaximum: 255, maximumDelta: 2, widens: true },
      nibble: { first: 60, value: 0 },
      on: ['pass', 'pass', 'pass', 'pass', 'pass', 'pass'],
    };
    // Profile 5: CRC in bytes 0 and 1, the counter in byte 2. The CRC is AUTOSAR's, over bytes 2 to 7 and the data
    // identifier, the lower half first.
    const frame = (counter: number): Uint8Array => {
      const data = Uint8Array.of(0, 0, counter, 1, 2, 3, 4, 0);
      new DataView(data.buffer).setUint16(0, crc16([...data.subarray(2), 0x34, 0x12]), true);
      return data;
    };
    const wrong = new Uint8Array(8).fill(0x5a);
    const frames = [frame(0), frame(1), frame(1), frame(3), frame(100), wrong, frame(101)];
    // Another answer each time, so that it is loaded.
    const rules = [rule(0, COUNTED), rule(1, COUNTED, { check })];
    const [without, checked] = await timesOf(rules, () => frames);
    const most = RULE_COSTS.CHECK_NANOS + RULE_COSTS.CHECKSUM_STEP_NANOS;
    assert.ok(checked > without && checked - without <= most, `${checked - without} ns`);
  });
});

/** CRC-16/CCITT-FALSE, bit by bit (AUTOSAR CP SWS CRCLibrary, 7.2.2.1). */
function crc16(bytes: readonly number[]): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++)
      crc = (crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff;
  }
  return crc;
}
