// SPDX-License-Identifier: MIT
/**
 * Jobs of can-gw as the text of a rules file. What has no equivalent is named in comments.
 *
 * A filter of can-gw may take frames of both forms, data and remote: one rule for each kind that is
 * treated alike.
 */
import { crcTable } from '../crc-table.ts';
import { formatByte } from '../model.ts';
import type { CangwJob, Crc8Job, Instruction } from './cangw-command.ts';
import { CommandError } from './shell-words.ts';

/** Names of the interfaces that the two sides had. */
export interface Interfaces {
  readonly bus: string;
  readonly agl: string;
}

// linux/can.h
const CAN_EFF_FLAG = 1n << 31n;
const CAN_RTR_FLAG = 1n << 30n;
/** In a filter's mask: error frames. In its identifier: the filter is inverted. */
const CAN_ERR_FLAG = 1n << 29n;
const CAN_SFF_MASK = 0x7ffn;
const CAN_EFF_MASK = 0x1fffffffn;

const INSTRUCTIONS: readonly Instruction[] = ['and', 'or', 'xor', 'set'];
const TABLE_LINE = 16;
/** Inverted filters with more open bits are two rules: a rule has a limited number of ranges. */
const OPEN_BITS_MOST = 7;
const EVERYTHING = 'id: 0x0, mask: 0x0';

/** The text of a rules file for the jobs, and how many of them are in it. */
export function cangwRules(
  jobs: readonly (CangwJob | string)[],
  interfaces: Interfaces,
): { text: string; translated: number } {
  const parts = jobs.map((job, index) =>
    typeof job === 'string' ? [`  # ${job}`] : rulesOf(job, index + 1, interfaces),
  );
  const real = jobs.filter(
    (job) => typeof job !== 'string' && job.refusal === undefined,
  ) as CangwJob[];
  const fromAgl = real.filter((job) => job.source === interfaces.agl);
  const several = [fromAgl.length, real.length - fromAgl.length].some((count) => count > 1);
  const lines = [
    '# From jobs of can-gw.',
    ...(several
      ? [
          '# can-gw sends a frame once for each job that takes it; here the first rule that takes it decides.',
        ]
      : []),
    'version: 1',
    'default: drop # a frame that no job takes goes nowhere',
    'rules:',
    ...parts.flat(),
    ...restOf(real, interfaces),
  ];
  return { text: `${lines.join('\n')}\n`, translated: real.length };
}

/** Rules against frames of AGL that no job takes. They would go to the bus. */
function restOf(jobs: readonly CangwJob[], { agl }: Interfaces): string[] {
  const rest = [false, true].flatMap((extended) => {
    const everything = `${EVERYTHING}${extended ? ', extended: true' : ''}, remote: any`;
    const isTaken = jobs.some(
      (job) => job.source === agl && kindsOf(job).some(({ words }) => words === everything),
    );
    if (isTaken) return [];
    return [
      `  - name: cangw-rest-${extended ? 'extended' : 'standard'}`,
      '    from: agl',
      `    match: { ${everything} }`,
      '    action: drop',
    ];
  });
  if (rest.length === 0) return [];
  return [
    '  # Frames of AGL that no job takes. Without these rules they would go to the bus.',
    ...rest,
  ];
}

function rulesOf(job: CangwJob, number: number, interfaces: Interfaces): string[] {
  const { source, destination, notes, refusal, uid } = job;
  const notesOf = notes.map((note) => `  # ${note}`);
  if (refusal !== undefined) return [`  # job ${number} is not translated: ${refusal}`, ...notesOf];
  const isFromBus = source === interfaces.bus && destination === interfaces.agl;
  const isFromAgl = source === interfaces.agl && destination === interfaces.bus;
  if (!isFromBus && !isFromAgl) {
    throw new CommandError(
      `job ${number} goes from ${source} to ${destination}, but the cell lies between ` +
        `${interfaces.bus} and ${interfaces.agl} (--bus, --agl)`,
    );
  }
  const kinds = kindsOf(job);
  const name = uid === undefined ? `cangw-${number}` : `cangw-uid-${uid.toLowerCase()}`;
  const rules = kinds.flatMap(({ suffix, words, except }) => {
    const called = kinds.length === 1 ? name : `${name}-${suffix}`;
    const from = isFromAgl ? ['    from: agl'] : [];
    const excepted = [
      '  # What the filter excludes. No later rule sees it.',
      `  - name: ${called}-not`,
      ...from,
      `    match: { ${except ?? ''} }`,
      '    action: drop',
    ];
    return [
      ...(except === undefined ? [] : excepted),
      `  - name: ${called}`,
      ...from,
      `    match: { ${words} }`,
      '    forward: true',
      ...modifyOf(job),
    ];
  });
  if (rules.length === 0) notesOf.push(`  # job ${number}: its filter takes no frame of a bus`);
  return [...notesOf, ...rules];
}

/** The identifiers of one kind of frames that a filter takes: those that it equals, or all others. */
interface Taken {
  readonly identifier: bigint;
  /** 0: all. */
  readonly mask: bigint;
  readonly inverted: boolean;
}

const ALL: Taken = { identifier: 0n, mask: 0n, inverted: false };

/** What a filter takes of one kind of frames; undefined if nothing. */
function takenOf({ filter }: CangwJob, extended: boolean, remote: boolean): Taken | undefined {
  if (filter === undefined) return ALL;
  // As can_rx_register cleans its numbers.
  const given = BigInt(filter.identifier);
  let mask = BigInt(filter.mask);
  const inverted = filter.inverted || (given & CAN_ERR_FLAG) !== 0n;
  if ((mask & CAN_ERR_FLAG) !== 0n) return undefined;
  const isStandard = (mask & CAN_EFF_FLAG) !== 0n && (given & CAN_EFF_FLAG) === 0n;
  if (isStandard) mask &= CAN_SFF_MASK | CAN_EFF_FLAG | CAN_RTR_FLAG;
  const wanted = given & mask;
  const numbers = extended ? CAN_EFF_MASK : CAN_SFF_MASK;
  const flags = (extended ? CAN_EFF_FLAG : 0n) | (remote ? CAN_RTR_FLAG : 0n);
  // Flags, and bits of the number that a frame of this kind does not have.
  const isOtherKind = ((wanted ^ flags) & mask & ~numbers) !== 0n;
  if (isOtherKind) return inverted ? ALL : undefined;
  if ((mask & numbers) === 0n) return inverted ? undefined : ALL;
  return { identifier: wanted & numbers, mask: mask & numbers, inverted };
}

/** A kind of frames with the words of its match, and of the match of what goes before it. */
interface Kind {
  readonly suffix: string;
  readonly words: string;
  readonly except?: string;
}

function kindsOf(job: CangwJob): Kind[] {
  return [false, true].flatMap((extended) => {
    const form = extended ? 'extended' : 'standard';
    const [data, remote] = [false, true].map((isRemote) => takenOf(job, extended, isRemote));
    const isSame = data?.inverted === remote?.inverted && data?.mask === remote?.mask;
    if (data !== undefined && isSame) return [kindOf(data, form, `remote: any`)];
    return [
      ...(data === undefined ? [] : [kindOf(data, form, '')]),
      ...(remote === undefined ? [] : [kindOf(remote, form, 'remote: true', '-remote')]),
    ];
  });
}

function kindOf(taken: Taken, form: string, remote: string, more = ''): Kind {
  const { identifier, mask, inverted } = taken;
  const suffix = `${form}${more}`;
  const end = [...(form === 'extended' ? ['extended: true'] : []), ...(remote ? [remote] : [])];
  const one = `id: ${hex(identifier)}, mask: ${hex(mask)}`;
  const wordsOf = (id: string): string => [id, ...end].join(', ');
  if (!inverted) return { suffix, words: wordsOf(one) };
  // The others are as many ranges as there are numbers in the bits above the lowest that is compared.
  const above = form === 'extended' ? CAN_EFF_MASK : CAN_SFF_MASK;
  const open = (above & ~mask & ~(lowestBit(mask) - 1n)).toString(2).replaceAll('0', '').length;
  if (open <= OPEN_BITS_MOST) return { suffix, words: wordsOf(`id: { not: { ${one} } }`) };
  return { suffix, words: wordsOf(EVERYTHING), except: wordsOf(one) };
}

function lowestBit(mask: bigint): bigint {
  return mask & -mask;
}

function modifyOf({ modifications, crc8, xor }: CangwJob): string[] {
  const lines = INSTRUCTIONS.flatMap((instruction) => {
    const modification = modifications[instruction];
    if (modification === undefined) return [];
    const { identifier, length, data } = modification;
    const words = [
      ...(identifier === undefined ? [] : [`id: ${hex(identifier)}`]),
      ...(length === undefined ? [] : [`length: ${length}`]),
      ...(data === undefined ? [] : [`data: ${listOf(data)}`]),
    ];
    return [`      ${instruction}: { ${words.join(', ')} }`];
  });
  const checksums = [
    ...(crc8 === undefined ? [] : crc8Words(crc8)),
    ...(xor === undefined
      ? []
      : [`        - { kind: xor, ${positionsOf(xor)}, init: ${formatByte(xor.initial)} }`]),
  ];
  if (lines.length === 0) return [];
  return [
    '    modify:',
    ...lines,
    ...(checksums.length === 0 ? [] : ['      checksum:', ...checksums]),
  ];
}

function crc8Words(crc8: Crc8Job): string[] {
  const { initial, finalXor, table, profile, profileData } = crc8;
  const [, polynomial] = table;
  const isOfPolynomial = crcTable(polynomial).every((byte, index) => byte === table[index]);
  const words = [
    `kind: crc8, ${positionsOf(crc8)}, init: ${formatByte(initial)}, xor: ${formatByte(finalXor)}`,
    ...(isOfPolynomial ? [`polynomial: ${formatByte(polynomial)}`] : []),
    ...(profile === undefined ? [] : [`profile: ${profile}`]),
    ...(profileData.length === 0 ? [] : [`profile-data: ${listOf(profileData)}`]),
  ].join(', ');
  if (isOfPolynomial) return [`        - { ${words} }`];
  const rows = Array.from({ length: table.length / TABLE_LINE }, (_, row) => {
    const bytes = table.slice(row * TABLE_LINE, (row + 1) * TABLE_LINE);
    return `              ${bytes.map(formatByte).join(', ')},`;
  });
  return [`        - { ${words}, table: [`, ...rows, '            ] }'];
}

function listOf(bytes: readonly number[]): string {
  return `[${bytes.map(formatByte).join(', ')}]`;
}

function positionsOf({ from, to, result }: { from: number; to: number; result: number }): string {
  return `from: ${from}, to: ${to}, result: ${result}`;
}

function hex(value: number | bigint): string {
  return `0x${value.toString(16).toUpperCase()}`;
}
