// SPDX-License-Identifier: MIT
/**
 * Random jobs for Linux's broadcast manager, each with an identifier of its own, as the lines of a script
 * (tests/linux/bcm.c) and as a rules file that does the same.
 *
 * A job is taken only if it comes out the same when each frame comes some milliseconds earlier or later, so that the
 * moments of a real kernel do not matter. Frames have a byte or more: Linux does not compare the data of one that has
 * none.
 * Does not: compare.
 */
import { compileRules } from '../../rules/compile.ts';
import type { RuleTable } from '../../rules/model.ts';
import { readFrameText, writeFrameText } from '../../rules/oracle/frame-text.ts';
import { RuleOracle } from '../../rules/oracle/oracle.ts';
import type { Random } from './random.ts';

/** What a job does: `changed 01AB`, `timeout`, `expired`, `sent 01AB`. */
export interface BcmEvent {
  readonly atMillis: number;
  readonly text: string;
}

export interface BcmJob {
  /** can_id form, in hexadecimal, as the script has it. */
  readonly id: string;
  readonly setup: string;
  readonly frames: readonly BcmFrame[];
  readonly rules: string;
}

/** A frame of another node. */
export interface BcmFrame {
  readonly atMillis: number;
  readonly isRemote: boolean;
  readonly data: string;
}

export const END_MILLIS = 3_000;
/** What a notice to AGL has as its identifier; no job has it. */
export const NOTICE_ID = 0x7ff;
const SHIFT_MILLIS = 25;
const VARIANTS = 8;
const CAN_EFF_FLAG = 0x80000000;
const CAN_RTR_FLAG = 0x40000000;

/** The next job, number `index`. */
export function randomBcmJob(random: Random, index: number): BcmJob {
  for (;;) {
    const job = draw(random, index);
    if (isSteady(random, job)) return job;
  }
}

/** The lines of a script that carries out the jobs, all at the same time. */
export function bcmScript(jobs: readonly BcmJob[]): string {
  const sends = jobs
    .flatMap(({ id, frames }) => frames.map((frame) => ({ id, frame })))
    .toSorted((one, other) => one.frame.atMillis - other.frame.atMillis)
    .map(({ id, frame: { atMillis, isRemote, data } }) => {
      const canId = Number.parseInt(id, 16) + (isRemote ? CAN_RTR_FLAG : 0);
      return `send ${atMillis * 1000} ${canId.toString(16)} ${data.length / 2} ${wide(data)}`;
    });
  return [...jobs.map(({ setup }) => setup), ...sends, `end ${END_MILLIS * 1000}`, ''].join('\n');
}

/** One rules file that does all jobs. */
export function bcmRules(jobs: readonly BcmJob[]): string {
  const items = jobs.map(({ rules }, index) => {
    const [, list, item] = /^(cyclic|rules): \[(.*)\]$/m.exec(rules) ?? [];
    return { list, item: `  - ${item.replace('name: a', `name: j${index}`)}` };
  });
  const listOf = (name: string): string[] =>
    items.filter(({ list }) => list === name).map(({ item }) => item);
  return ['version: 1', 'rules:', ...listOf('rules'), 'cyclic:', ...listOf('cyclic'), ''].join(
    '\n',
  );
}

/** What the rules make of a job. `stepMillis`: how exactly the times are wanted. */
export function ruledBcm(
  { rules, id }: BcmJob,
  frames: readonly BcmFrame[],
  stepMillis: number,
): BcmEvent[] {
  const oracle = new RuleOracle(tableOf(rules));
  const events: BcmEvent[] = [];
  const look = (atMillis: number): void => {
    for (const { side, frame } of oracle.timed(atMillis * 1000)) {
      const [, data] = writeFrameText(frame).split('#');
      const told = data.startsWith('00') ? 'timeout' : 'expired';
      const isNotice = side === 'agl' && frame.identifier === NOTICE_ID;
      const word = side === 'bus' ? 'sent ' : 'changed ';
      events.push({ atMillis, text: isNotice ? told : word + data });
    }
  };
  let now = 0;
  const advance = (to: number): void => {
    for (; now < to; now = Math.min(to, now + stepMillis)) look(now);
    look(to);
  };
  for (const frame of frames) {
    advance(frame.atMillis);
    const digits = textId(id);
    const sent = readFrameText(frame.isRemote ? `${digits}#R` : `${digits}#${frame.data}`);
    if (sent === undefined) throw new Error(digits);
    const { toAgl, toBus } = oracle.feed(sent, 'bus', frame.atMillis * 1000);
    const { atMillis } = frame;
    for (const one of toBus) events.push({ atMillis, text: `sent ${dataOf(one)}` });
    if (!rules.includes('remote: true')) {
      for (const one of toAgl) events.push({ atMillis, text: `changed ${dataOf(one)}` });
    }
  }
  advance(END_MILLIS);
  return events;
}

const tables = new Map<string, RuleTable>();

function tableOf(rules: string): RuleTable {
  const table = tables.get(rules) ?? compileRules(rules, 'job.yaml').table;
  tables.set(rules, table);
  return table;
}

function dataOf(frame: Parameters<typeof writeFrameText>[0]): string {
  return writeFrameText(frame).split('#')[1];
}

/** Whether the job comes out the same at other moments. */
function isSteady(random: Random, job: BcmJob): boolean {
  const outcome = (frames: readonly BcmFrame[]): string =>
    ruledBcm(job, frames, END_MILLIS)
      .map(({ text }) => text)
      .join();
  const usual = outcome(job.frames);
  for (let variant = 0; variant < VARIANTS; variant += 1) {
    const frames = job.frames.map((frame) => {
      const shift = random.between(-SHIFT_MILLIS, SHIFT_MILLIS);
      return { ...frame, atMillis: frame.atMillis + shift };
    });
    if (outcome(frames) !== usual) return false;
  }
  return true;
}

function draw(random: Random, index: number): BcmJob {
  const isExtended = random.chance(0.3);
  const number = 0x100 + index;
  const id = (isExtended ? CAN_EFF_FLAG + 0x18daf000 + number : number).toString(16);
  const match = `id: 0x${(isExtended ? 0x18daf000 + number : number).toString(16)}${isExtended ? ', extended: true' : ''}`;
  const kind = random.below(8);
  if (kind === 0) return cyclicJob(random, id, match);
  return kind === 1 ? remoteJob(random, id, match) : receiveJob(random, id, match);
}

/** Byte 1 is the lowest of the identifier, so that one job's can be told from another's. */
function noticeOf(kind: number, id: string): string {
  return `{ to: agl, frame: { id: ${NOTICE_ID}, data: [${kind}, 0x${id.slice(-2)}] } }`;
}

function cyclicJob(random: Random, id: string, match: string): BcmJob {
  const count = random.between(2, 6);
  // The last frame before the end is not near to it.
  const first = random.between(3, 12) * 10;
  const then = random.chance(0.3) ? 0 : (END_MILLIS - 50 - (count - 1) * first) / 4;
  const data = dataText(random, random.between(0, 8));
  const frame = `{ ${match}, length: ${data.length / 2}, data: [${listed(data)}] }`;
  const ended = noticeOf(1, id);
  const second = then === 0 ? '' : `, then: ${then}ms`;
  return {
    ...{ id, frames: [] },
    setup: `tx ${id} ${data.length / 2} ${wide(data)} ${count} ${first * 1000} ${Math.round(then * 1000)}`,
    rules: `version: 1\ncyclic: [{ name: a, every: ${first}ms, count: ${count}${second}, frame: ${frame}, ended: ${ended} }]\n`,
  };
}

function remoteJob(random: Random, id: string, match: string): BcmJob {
  const data = dataText(random, random.between(1, 8));
  return {
    ...{ id, frames: randomFrames(random, 0.6) },
    setup: `rtr ${id} ${data.length / 2} ${wide(data)}`,
    rules: `version: 1\nrules: [{ name: a, match: { ${match}, remote: true }, answer: { ${match}, data: [${listed(data)}] } }]\n`,
  };
}

function receiveJob(random: Random, id: string, match: string): BcmJob {
  const isFilter = random.chance(0.3);
  const mask = Array.from({ length: 8 }, () => random.pick(['00', 'FF', 'F0', '01'])).join('');
  const isLength = !isFilter && random.chance(0.3);
  const timeout = random.chance(0.5) ? random.between(10, 60) * 10 : 0;
  const throttle = random.chance(0.5) ? random.between(10, 70) * 10 : 0;
  const words = [
    ...(isFilter ? [] : [`changes: { data: [${listed(mask)}], length: ${isLength} }`]),
    ...(throttle === 0 ? [] : [`throttle: ${throttle}ms`]),
    ...(timeout === 0 ? [] : [`timeout: { after: ${timeout}ms, missing: ${noticeOf(0, id)} }`]),
  ];
  return {
    ...{ id, frames: randomFrames(random, 0) },
    setup: `rx ${id} ${mask} ${isFilter ? 'i' : isLength ? 'l' : '-'} ${timeout * 1000} ${throttle * 1000}`,
    rules: `version: 1\nrules: [{ name: a, match: { ${match} }, forward: true, ${words.join(', ')} }]\n`,
  };
}

/** Frames of which many have a byte or two of the one before. `remote`: the share of remote frames. */
function randomFrames(random: Random, remote: number): BcmFrame[] {
  let atMillis = random.between(100, 250);
  let data = dataText(random, random.between(1, 8));
  const frames: BcmFrame[] = [];
  for (let count = random.between(3, 10); count > 0 && atMillis < END_MILLIS - 100; count -= 1) {
    const isRemote = random.chance(remote);
    frames.push({ atMillis, isRemote, data: isRemote ? '' : data });
    atMillis += random.between(60, 500);
    if (random.chance(0.3)) continue;
    const at = 2 * random.below(data.length / 2);
    data = data.slice(0, at) + dataText(random, 1) + data.slice(at + 2);
    if (random.chance(0.2)) data = data.slice(0, 2 * random.between(1, data.length / 2));
  }
  return frames;
}

/** Bytes of few values, so that frames resemble each other. */
function dataText(random: Random, bytes: number): string {
  return Array.from({ length: bytes }, () => random.pick(['00', '01', 'F1', 'FF'])).join('');
}

function listed(data: string): string {
  return (data.match(/../g) ?? []).map((byte) => `0x${byte}`).join(', ');
}

/** Sixteen digits. */
function wide(data: string): string {
  return data.padEnd(16, '0');
}

/** As candump writes it. */
export function textId(id: string): string {
  const canId = Number.parseInt(id, 16);
  return canId >= CAN_EFF_FLAG
    ? (canId - CAN_EFF_FLAG).toString(16).padStart(8, '0')
    : id.padStart(3, '0');
}
