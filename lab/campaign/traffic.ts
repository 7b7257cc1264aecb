// SPDX-License-Identifier: MIT
/**
 * The traffic of a campaign, numbered so that every frame can be told: urgent requests, frames for AGL, frames of AGL's.
 *
 * Answers are stronger than requests, requests than other frames, these than AGL's. No two senders offer the same
 * identifier.
 */
import { type CanFrame, makeFrame } from '../../twin/bus/can-frame.ts';

/** Requests and their answers. The first rule's answer is the same for every request. */
const STATIC_REQUEST = 0x100;
const STATIC_ANSWER = 0x010;
const COMPUTED = [
  { request: 0x101, answer: 0x011 },
  { request: 0x102, answer: 0x012 },
  { request: 0x103, answer: 0x013 },
] as const;
const REQUESTS = [STATIC_REQUEST, ...COMPUTED.map(({ request }) => request)];
const OTHER = 0x300;
const OF_AGL = 0x600;

/** The table with the version byte `version`. */
export function campaignRules(version: number): string {
  const computed = COMPUTED.map(
    ({ request, answer }, index) =>
      `  - { name: computed-${index}, match: { id: ${request}, data: [~, ~] }, answer: { id: ${answer}, length: 3, ` +
      `data: [0, 0, ${version}], copy: [{ from: 0, to: 0, count: 2 }] }, rate: none${index === 1 ? ', forward: true' : ''} }\n`,
  );
  return (
    `version: 1\nrules:\n` +
    `  - { name: static, match: { id: ${STATIC_REQUEST} }, answer: { id: ${STATIC_ANSWER}, data: [0xA5, ${version}] }, rate: none }\n` +
    computed.join('') +
    `  - { name: noise, match: { id: ${0x700 + version} }, action: drop }\n`
  );
}

/** What an answer is recognised by: its identifier, and the number of its request if it carries one. */
export function answerKeyOf({ identifier, data, extended, remote }: CanFrame): string | undefined {
  if (extended || remote) return undefined;
  if (identifier === STATIC_ANSWER) return 'static';
  const isComputed = COMPUTED.some(({ answer }) => answer === identifier);
  return isComputed && data.length === 3 ? keyOf(identifier, data) : undefined;
}

/** The key of the answer that a request demands. */
export function demandedKeyOf({ identifier, data, extended }: CanFrame): string | undefined {
  if (extended || identifier === STATIC_REQUEST) return extended ? undefined : 'static';
  const rule = COMPUTED.find(({ request }) => request === identifier);
  return rule && keyOf(rule.answer, data);
}

const keyOf = (answer: number, data: ArrayLike<number>): string =>
  `${answer}:${data[0]}:${data[1]}`;

/** Frames with growing numbers. */
export class Numbered {
  #requests = 0;
  #others = 0;
  #ofAgl = 0;

  request(): CanFrame {
    const number = this.#requests++;
    const identifier = REQUESTS[number % REQUESTS.length];
    return makeFrame({ identifier, data: [(number >> 8) & 0xff, number & 0xff] });
  }

  other(): CanFrame {
    return numbered(OTHER + (this.#others % 0x80), this.#others++);
  }

  ofAgl(): CanFrame {
    return numbered(OF_AGL + (this.#ofAgl % 0x80), this.#ofAgl++);
  }
}

function numbered(identifier: number, number: number): CanFrame {
  return makeFrame({
    identifier,
    data: [number >> 16, number >> 8, number, 0x5a].map((byte) => byte & 0xff),
  });
}

/** The number of a frame for AGL, or of AGL's; undefined: it is another. */
export function numberOf(
  { identifier, data, extended, dlc }: CanFrame,
  kind: 'other' | 'agl',
): number | undefined {
  const first = kind === 'other' ? OTHER : OF_AGL;
  if (extended || dlc !== 4 || identifier < first || identifier >= first + 0x80) return undefined;
  return (data[0] << 16) | (data[1] << 8) | data[2];
}
