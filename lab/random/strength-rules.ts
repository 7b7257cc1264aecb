// SPDX-License-Identifier: MIT
/**
 * Random rules for the judge of strength, and their requests.
 *
 * The frames of the other nodes, the answers and AGL's frames have different base identifiers, so that no two
 * senders ever offer the same arbitration field.
 * Does not: draw traffic (strength-plan.ts).
 */
import type { Random } from './random.ts';

/** The lowest two bits of the base identifier tell the sender. */
export const OF_OTHERS = 0;
const OF_ANSWERS = 1;
export const OF_AGL = 2;
/** Requests that nobody sends. */
const OF_NOBODY = 3;

/** An identifier of `kind`, evenly strong or weak. */
function identifierOf(random: Random, kind: number, extended: boolean): number {
  const base = random.below(0x200) * 4 + kind;
  return extended ? base * 0x40000 + random.below(0x40000) : base;
}

function hex(value: number): string {
  return `0x${value.toString(16).toUpperCase()}`;
}

export interface Request {
  readonly identifier: number;
  readonly extended: boolean;
}

export interface StrengthRules {
  readonly text: string;
  /** A table that answers the same requests alike, and keeps other answers in the transmit buffers. */
  readonly otherText?: string;
  readonly requests: readonly Request[];
}

/** Some rules as text, and their requests. */
export function randomRules(random: Random, ways: Random): StrengthRules {
  const requests: Request[] = [];
  const lines: string[] = [];
  const answers = [0, 1, 2].map(() => randomHead(random, OF_ANSWERS));
  for (let index = random.between(1, 8); index > 0; index--) {
    const request = randomHead(random, OF_OTHERS);
    if (requests.some(({ identifier }) => identifier === request.identifier)) continue;
    requests.push(request);
    // Some rules share the identifier of their answers.
    const answer = random.chance(0.2) ? random.pick(answers) : randomHead(random, OF_ANSWERS);
    const length = random.between(2, 8);
    const isStatic = random.chance(0.4);
    const content = isStatic
      ? `data: [${hex(0xa0 + index)}, ${[...random.bytes(length - 1)].map(hex).join(', ')}]`
      : `length: ${length}, copy: [{ from: 0, to: ${random.below(length - 1)}, count: 2 }]`;
    // Such a rule may have INT to itself.
    const kind = isStatic && ways.chance(0.3) ? ', remote: any' : '';
    const match = `${textOf(request)}${isStatic ? kind : ', data: [~, ~]'}`;
    const forward = random.chance(0.3) ? ', forward: true' : '';
    lines.push(
      `  - { name: rule-${index}, match: { ${match} }, answer: { ${textOf(answer)}, ${content} }, rate: none${forward} }`,
    );
  }
  const action = random.chance(0.5) ? 'forward' : 'drop';
  return { text: `version: 1\ndefault: ${action}\nrules:\n${lines.join('\n')}\n`, requests };
}

export function randomHead(random: Random, kind: number): Request {
  const extended = random.chance(0.25);
  return { identifier: identifierOf(random, kind, extended), extended };
}

function textOf({ identifier, extended }: Request): string {
  return `id: ${hex(identifier)}${extended ? ', extended: true' : ''}`;
}

/**
 * How a rule of a varied table answers; what the compiler makes of each (docs/rules.md, "receive"): RTS on the word of
 * INT or of a filter, the same with an answer made ahead, bytes of the request alone, the request read.
 */
const KINDS = [
  'single',
  'static',
  'staged',
  'stagedSingle',
  'window',
  'windowSingle',
  'read',
] as const;
type Kind = (typeof KINDS)[number];
const MATCHES: Readonly<Record<Kind, string>> = {
  ...{ single: ', remote: any', stagedSingle: ', remote: any' },
  ...{ static: '', staged: '' },
  ...{ window: ', data: [~, ~]', windowSingle: ', data: [~, ~], remote: never' },
  read: ', data: [~, ~]',
};

/** What an answer of `kind` has in it. `counts`: staged ones differ from one to the next. */
function contentOf(random: Random, kind: Kind, index: number, counts: boolean): string {
  const length = random.between(3, 8);
  const own = [0xa0 + index, ...random.bytes(length - 1)].map(hex);
  switch (kind) {
    case 'single':
    case 'static':
      return `data: [${own.join(', ')}]`;
    case 'staged':
    case 'stagedSingle': {
      const program = counts
        ? 'counter: { to: 8, count: 8, max: 255 }'
        : 'live: [{ from: 0, to: 1 }]';
      const data = ['~', '~', ...own.slice(2)].join(', ');
      const checksum = `checksum: { kind: sae-j1850, from: 1, to: ${length - 1}, result: 0 }`;
      return `data: [${data}], ${program}, ${checksum}`;
    }
    case 'window':
    case 'windowSingle': {
      const to = random.below(length - 1);
      return `length: ${length}, data: [${own.slice(0, to).join(', ')}], copy: [{ from: 0, to: ${to}, count: 2 }]`;
    }
    case 'read':
      return 'length: same-as-request, copy: [{ from: 0, to: 0, count: 2 }]';
  }
}

/** J1939 identifiers (SAE J1939-21): PF has the bits that tell the sender. */
const ASKED = { pf: 0xe0, node: 0x21 };
const REPLY = 'pgn: 0xE400, source: 0x21, destination: request-source, priority: request';

/** Two requests that differ in priority and source. */
function askedOf(random: Random): Request[] {
  return [0, 1].map((source) => {
    const identifier = (random.below(8) << 26) | (ASKED.pf << 16) | (ASKED.node << 8) | source;
    return { identifier: identifier >>> 0, extended: true };
  });
}

/** Rules whose answers have different identifiers: several to a request, or one with bits of its request's. */
export function tiedRules(random: Random): StrengthRules {
  const requests: Request[] = [];
  const lines: string[] = [];
  const shared = randomHead(random, OF_ANSWERS);
  const content = 'length: same-as-request, copy: [{ from: 0, to: 0, count: 2 }]';
  if (random.chance(0.5)) {
    requests.push(...askedOf(random));
    const match = `pgn: 0xE000, destination: ${hex(ASKED.node)}, data: [~, ~]`;
    lines.push(
      `  - { name: reply, match: { ${match} }, answer: { ${REPLY}, ${content} }, rate: none }`,
    );
  }
  for (let index = random.between(1, 3); index > 0; index--) {
    const request = randomHead(random, OF_OTHERS);
    if (requests.some(({ identifier }) => identifier === request.identifier)) continue;
    requests.push(request);
    const heads = Array.from({ length: random.pick([1, 2, 2, 3]) }, () =>
      random.chance(0.2) ? shared : randomHead(random, OF_ANSWERS),
    );
    const answers = heads.map((head, number) => {
      // Two with one identifier differ in their data.
      const own = `data: [~, ~, ${hex(index)}, ${hex(number)}]`;
      return `{ ${textOf(head)}, ${own}, copy: [{ from: 0, to: 0, count: 2 }] }`;
    });
    lines.push(
      `  - { name: rule-${index}, match: { ${textOf(request)}, data: [~, ~] }, answer: [${answers.join(', ')}], rate: none }`,
    );
  }
  const action = random.chance(0.5) ? 'forward' : 'drop';
  return { text: `version: 1\ndefault: ${action}\nrules:\n${lines.join('\n')}\n`, requests };
}

/** One to four rules of all ways. */
export function variedRules(random: Random, counts: boolean): StrengthRules {
  const requests: Request[] = [];
  const lines: string[] = [];
  const shared = randomHead(random, OF_ANSWERS);
  const extended = random.chance(0.25);
  // Two rules of one form may have a filter each.
  for (let index = random.pick([1, 2, 2, 3, 4]); index > 0; index--) {
    const request = { identifier: identifierOf(random, OF_OTHERS, extended), extended };
    if (requests.some(({ identifier }) => identifier === request.identifier)) continue;
    requests.push(request);
    const kind = random.pick(KINDS);
    const match = `${textOf(request)}${MATCHES[kind]}`;
    const answer = random.chance(0.2) ? shared : randomHead(random, OF_ANSWERS);
    const content = contentOf(random, kind, index, counts);
    lines.push(
      `  - { name: rule-${index}, match: { ${match} }, answer: { ${textOf(answer)}, ${content} }, rate: none, forward: ${random.chance(0.3)} }`,
    );
  }
  const asks = textOf({ identifier: identifierOf(random, OF_NOBODY, extended), extended });
  const unasked = `  - { name: unasked, match: { ${asks} }, answer: { ${textOf(randomHead(random, OF_ANSWERS))}, data: [0x55, 0x66] } }`;
  const head = `version: 1\ndefault: ${random.pick(['forward', 'drop'])}\nrules:\n`;
  return {
    text: `${head}${lines.join('\n')}\n`,
    otherText: `${head}${[unasked, ...lines].join('\n')}\n`,
    requests,
  };
}
