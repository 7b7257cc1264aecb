// SPDX-License-Identifier: MIT
/**
 * Tables that a Linux loads while the safe state of another one stands, begins or ends: what each says of the safe
 * state, and which status it gets. docs/rules.md, "The safe state", is the source.
 */
import { compileRules } from '../../rules/compile.ts';

/** Silence of the bridge after which AGL is gone, by the table that is loaded at the start. */
export const AFTER_MILLIS = 80;
export const SAFE = '210#0000';
/** What a live value of the table's own cyclic frame is, set before the first round. */
export const LIVE_BYTE = 0x55;
export const OTHER = '210#0101';

/** Statuses of refused tables, docs/troubleshooting.md. */
const WALLED = 75;
const NOT_THE_SAFE_STATE = 76;
const CHECKSUM = 63;

export type Wall = 'open' | 'locked';

export interface SafeTable {
  readonly what: string;
  readonly image: Uint8Array;
  /** The frame of 0x210 in its safe state; undefined: it has none. */
  readonly safe?: string;
  /** Its safe state has 0x220, too, and so its cyclic frame with live values pauses. */
  readonly holds: boolean;
  readonly status: Readonly<Record<Wall, number>>;
}

interface Words {
  readonly wall?: Wall;
  readonly own?: string;
  readonly after?: number;
  readonly data?: string;
  readonly stop?: string;
  readonly hold?: string;
  readonly more?: string;
}

function text(words: Words): string {
  const { own = 'own', stop = 'stop', after = AFTER_MILLIS, data = '[0, 0]', more = '' } = words;
  const hold = `- { name: hold, every: 20ms, frame: { id: 0x220, data: [0] } }`;
  return `version: 1
agl: { wall: ${words.wall ?? 'open'} }
receive: shared
rules:
${more}
  - { name: asked, match: { id: 0x1A0 }, answer: { id: 0x1A1, data: [1] }, rate: none }
cyclic:
  - { name: ${own}, every: 7ms, frame: { id: 0x220, length: 1, live: [{ from: 0, to: 0 }] } }
safe-state:
  after: ${after}ms
  grace: 100ms
  frames:
    - { name: ${stop}, every: 10ms, frame: { id: 0x210, data: ${data} } }
    ${words.hold ?? hold}
`;
}

/** What is loaded at the start. */
export function loadedRules(wall: Wall): string {
  return text({ wall });
}

const WITHOUT = `version: 1
rules:
  - { name: asked, match: { id: 0x1A0 }, answer: { id: 0x1A1, data: [1] }, rate: none }
cyclic:
  - { name: own, every: 7ms, frame: { id: 0x220, length: 1, live: [{ from: 0, to: 0 }] } }
`;
const KEPT = text({
  more: '  - { name: kept, match: { id: 0x190, remote: any }, answer: { id: 0x210, data: [9] } }',
})
  .replace('receive: shared\n', '')
  // With nothing of its own to wait for, the answer to 0x1A0 leaves the buffer to the other one.
  .replace(
    'answer: { id: 0x1A1, data: [1] }',
    'answer: { id: 0x1A1, length: 1, copy: [{ from: 0, to: 0 }] }',
  );
const SAYS =
  '  - { name: says, match: { id: 0x1C0, data: [~] }, answer: { id: 0x210, length: 2, copy: [{ from: 0, to: 0 }] }, rate: none }';

function table(what: string, rules: string, locked: number, safe?: string): SafeTable {
  const status = { open: 0, locked };
  const holds = rules.includes('name: hold');
  return { what, image: compileRules(rules, `${what}.yaml`).image, safe, holds, status };
}

/** The loaded table once more: the end of each round. */
export function loadedTable(wall: Wall): SafeTable {
  return table('the loaded one', loadedRules(wall), 0, SAFE);
}

/** An image of which one byte is another one, so that its checksum is wrong. */
function broken(): SafeTable {
  const image = compileRules(loadedRules('open'), 'broken.yaml').image.slice();
  image[image.length - 1] ^= 1;
  return { what: 'broken', image, holds: false, status: { open: CHECKSUM, locked: CHECKSUM } };
}

export const TABLES: readonly SafeTable[] = [
  table('the same with an answer of AGL', text({ own: 'mine', more: SAYS }), 0, SAFE),
  table('other names', text({ stop: 'halt' }), 0, SAFE),
  table('without', WITHOUT, NOT_THE_SAFE_STATE),
  table('other data', text({ data: '[1, 1]' }), NOT_THE_SAFE_STATE, OTHER),
  table('later', text({ after: AFTER_MILLIS + 10 }), NOT_THE_SAFE_STATE, SAFE),
  table('a frame fewer', text({ hold: '' }), NOT_THE_SAFE_STATE, SAFE),
  table('an answer in a buffer of its own', KEPT, WALLED, SAFE),
  broken(),
];
