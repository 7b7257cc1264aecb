// SPDX-License-Identifier: MIT
/**
 * What AGL does wrong, and the status that says so: a device that breaks the rules of the ring in one place, and
 * requests and rule tables that are refused.
 *
 * Does not: attack at random; lab/attack does.
 */
import { compileRules } from '../../../rules/compile.ts';
import { openRig } from '../../../lab/rig/open-rig.ts';
import type { Rig } from '../../../lab/rig/rig.ts';
import { MinimalPeer } from '../../../lab/peers/minimal/minimal-peer.ts';
import { HEADER, HEADER_BYTES, MESSAGE } from '../../../lab/peers/minimal/section.ts';
import {
  liveValuesRequest,
  type Request,
  RequestWriter,
  ruleTableRequest,
} from '../../../lab/page/requests.ts';
import { BridgeHost } from '../../../twin/agl/bridge-host.ts';
import { inFormat1, sealed } from '../../format-1.ts';
import { type StatusCase, statusesSeen, type StatusName } from './seen.ts';

const MILLISECOND = 1_000_000;
/** Longer than the cell waits for an answer of the device (virtio over ivshmem has no limit of its own). */
const PATIENCE_NANOS = 2_200 * MILLISECOND;

/** What the device writes instead of `value`; undefined: nothing. */
type Lie = (value: number, at: number, width: 1 | 2 | 4) => number | undefined;

/** The section as a device writes it that lies in one place. */
function lying(section: Buffer, lie: Lie): Buffer {
  const view = Buffer.from(section.buffer, section.byteOffset, section.length);
  const put = (width: 1 | 2 | 4, value: number, at = 0): number => {
    const written = lie(value, at, width);
    if (written !== undefined) section.writeUIntLE(written, at, width);
    return at + width;
  };
  view.writeUInt8 = (value, at) => put(1, value, at);
  view.writeUInt16LE = (value, at) => put(2, value, at);
  view.writeUInt32LE = (value, at) => put(4, value, at);
  return view;
}

function lyingDevice(what: string, name: StatusName, lie: Lie): StatusCase {
  const play: StatusCase['play'] = async () => {
    const rig = await openRig({
      engine: 'wasm',
      makePeer: (surroundings) =>
        new MinimalPeer({ ...surroundings, section: lying(surroundings.section, lie) }),
    });
    rig.sendFromAgl({ identifier: 0x100 });
    rig.run(PATIENCE_NANOS);
    const seen = statusesSeen(rig);
    rig.close();
    return seen;
  };
  return { what, provokes: [name], play };
}

const at =
  (place: number, written: number | undefined): Lie =>
  (value, offset) =>
    offset === place ? written : value;

/** The used ring's index is the only half word that the device writes behind the header, but for messages. */
const usedIndex: Lie = (value, offset, width) =>
  width === 2 && offset >= HEADER_BYTES && value < MESSAGE.receive ? value + 1_000 : value;

/** A used element is its head and, in the next word, its bytes: 16 for a frame without data. */
function longMessage(): Lie {
  let last = 0;
  return (value, offset, width) => {
    if (width !== 4 || offset < HEADER_BYTES) return value;
    const isBytes = offset === last + 4 && value === 16;
    last = offset;
    return isBytes ? 0x10000 : value;
  };
}

const LYING: readonly StatusCase[] = [
  lyingDevice('a header of revision 0', 'TransportRevision', at(HEADER.revision, 0)),
  lyingDevice('a device without a feature', 'FeaturesRefused', at(HEADER.deviceFeatures, 0)),
  lyingDevice('queues of size 0', 'QueueTooSmall', at(HEADER.queueSize, 0)),
  lyingDevice('a used index that is 1,000 too far', 'RingIndexBad', usedIndex),
  lyingDevice('a START that is refused', 'ControlRefused', (value, offset, width) =>
    width === 1 && offset >= HEADER_BYTES ? 1 : value,
  ),
  lyingDevice(
    'a register write that is never acknowledged',
    'TransactionTimeout',
    (value, offset) => (offset === HEADER.writeTransaction && value === 0 ? undefined : value),
  ),
  lyingDevice('a message of 64 KiB', 'RingLengthBad', longMessage()),
];

const imageOf = (rules: string): Buffer => Buffer.from(compileRules(rules, 'rules.yaml').image);
/** What a live table has to have as well, and a rule that answers nothing. */
const SAFE = `  - { name: noise, match: { id: 0x7F0 }, action: drop }
safe-state: { grace: 20s, frames: [{ name: stop, every: 10ms, frame: { id: 0x210 } }] }
`;
const LOCKED = `version: 1
agl: { default: deny, wall: locked }
rules:
  - { name: mine, match: { id: 0x1A0, remote: any }, answer: { id: 0x1A1, data: [1] }, rate: none }
${SAFE}`;
/** A table that AGL may load beside the locked one. */
const KEEPING = imageOf(`version: 1
rules:
${SAFE}`);
/** Tables are damaged that answer nothing, so that nothing else is wrong with them. */
const GOOD = imageOf(`version: 1
rules:
  - { name: noise, match: { id: 0x7F0 }, action: drop }
  - { name: more, match: { id: 0x7F1 }, action: drop }
`);

/** The table with one thing wrong and the checksum right again. Offsets: docs/rules.md, format 2. */
function damaged(damage: (image: Buffer) => void): Buffer {
  const image = Buffer.from(GOOD);
  damage(image);
  return sealed(image);
}

const RULE_0 = 64;

/** Two rules for one frame, which format 1 does not allow. */
function overlapping(): Buffer {
  const image = inFormat1(GOOD);
  image.copy(image, 32 + 64, 32, 32 + 64);
  return sealed(image);
}

function flipped(): Buffer {
  const image = Buffer.from(GOOD);
  image[RULE_0 + 33] ^= 1;
  return image;
}

const WALL_BREAKER = `version: 1
rules:
  - { name: theirs, match: { id: 0x1A0, remote: any }, answer: { id: 0x666, data: [9] } }
`;

const REQUESTS: readonly (readonly [StatusName, () => Request])[] = [
  ['RulesMagic', () => ruleTableRequest(Buffer.alloc(200, 0xa5))],
  ['RulesVersion', () => ruleTableRequest(damaged((image) => image.writeUInt16LE(3, 4)))],
  ['RulesSize', () => ruleTableRequest(Buffer.concat([KEEPING, KEEPING]))],
  ['RulesCrc', () => ruleTableRequest(flipped())],
  ['RulesCount', () => ruleTableRequest(damaged((image) => image.writeUInt16LE(600, 16)))],
  [
    'RulesIdentifierRange',
    () =>
      ruleTableRequest(
        damaged((image) => {
          image.writeUInt32LE(0x800, RULE_0);
          image.writeUInt32LE(0xc0000fff, RULE_0 + 4);
        }),
      ),
  ],
  ['RulesOverlap', () => ruleTableRequest(overlapping())],
  ['RulesField', () => ruleTableRequest(damaged((image) => image.writeUInt8(1, 46)))],
  ['RequestUnknown', () => ({ ...ruleTableRequest(GOOD), kind: 9 })],
  ['RequestSize', () => liveValuesRequest(64, [1])],
  ['RequestCrc', () => ({ ...ruleTableRequest(GOOD), crc32: 1 })],
  ['RulesWalled', () => ruleTableRequest(imageOf(WALL_BREAKER))],
  ['RulesSafeState', () => ruleTableRequest(GOOD)],
  ['Ok', () => liveValuesRequest(0, [1])],
];

async function playRequests(): Promise<ReadonlySet<number>> {
  const rig = await openRig({ engine: 'wasm', rules: LOCKED });
  const seen = new Set<number>();
  const writer = new RequestWriter(controlOf(rig).requests);
  for (const [, request] of REQUESTS) {
    writer.write(request());
    rig.run(60 * MILLISECOND);
    for (const status of statusesSeen(rig)) seen.add(status);
  }
  rig.close();
  return seen;
}

export function controlOf({ board }: Rig): NonNullable<Rig['board']['control']> {
  if (board.control === undefined) throw new Error('the board has no control device');
  return board.control;
}

export const OF_AGL: readonly StatusCase[] = [
  ...LYING,
  { what: 'requests', provokes: REQUESTS.map(([name]) => name), play: playRequests },
  {
    what: 'a request from before the start',
    provokes: ['RequestOld'],
    play: async () => {
      const rig = await openRig({
        engine: 'wasm',
        beforeBoot: ({ control }) =>
          void (control && new RequestWriter(control.requests).write(ruleTableRequest(GOOD))),
      });
      rig.run(20 * MILLISECOND);
      const seen = statusesSeen(rig);
      rig.close();
      return seen;
    },
  },
  {
    what: 'a Linux that has panicked',
    provokes: ['PeerSilent'],
    play: async () => {
      const rig = await openRig({ engine: 'wasm' });
      rig.run(50 * MILLISECOND);
      const { bridge } = rig.board;
      if (bridge instanceof BridgeHost) bridge.hang();
      rig.run(300 * MILLISECOND);
      const seen = statusesSeen(rig);
      rig.close();
      return seen;
    },
  },
];
