// SPDX-License-Identifier: MIT
/**
 * Reads `rate:` of a rule: how many answers it may give, or frames of AGL's it may send on.
 */
import { isMap, isScalar } from 'yaml';
import type { RateLimit, Rule } from '../model.ts';
import { parseNumbers } from './parse-bits.ts';
import type { Entries, YamlReader } from './yaml-reader.ts';

const MICROS_PER_SECOND = 1e6;
const PER_SECOND_MAXIMUM = 100_000;
const BURST_MAXIMUM = 0xffff;
const FORM = /^([1-9][0-9]{0,5})\/s$/;

/**
 * The limit that a rule states, on its answers or on frames of AGL's that it sends on; null: none, so that it has the
 * default. Undefined after an error.
 */
export function parseRate(
  reader: YamlReader,
  entries: Entries,
  called: string,
  isForwardingAgl: boolean,
): Rule['rate'] | null {
  const entry = entries.byKey.get('rate');
  const isAnswering = entries.byKey.has('answer');
  if (entry === undefined) return null;
  const refuse = (reason: string): undefined => {
    reader.diagnostics.error(entry.offset, reason);
    return undefined;
  };
  if (!isAnswering && !isForwardingAgl) {
    return refuse(`${called} has a rate, but no answer that it could limit`);
  }
  if (isScalar(entry.node) && entry.node.value === 'none') return 'none';
  const [, digits] = (isScalar(entry.node) && FORM.exec(String(entry.node.value))) || [];
  if (digits === undefined && !isMap(entry.node)) {
    return refuse('rate must be none, a number such as 100/s, or { per-second: 100, burst: 10 }');
  }
  const numbers =
    digits === undefined
      ? parseNumbers(reader, entry, ['per-second'], { burst: -1 })
      : { 'per-second': Number(digits), burst: -1 };
  if (numbers === undefined) return undefined;
  const { 'per-second': perSecond } = numbers;
  const burst = numbers.burst === -1 ? Math.max(1, Math.floor(perSecond / 4)) : numbers.burst;
  if (perSecond < 1 || perSecond > PER_SECOND_MAXIMUM) {
    return refuse(`rate is ${perSecond} a second: it is from 1 to ${PER_SECOND_MAXIMUM}; or none`);
  }
  if (burst >= 1 && burst <= BURST_MAXIMUM) return limitOf(perSecond, burst);
  return refuse(`burst is ${burst}: it is from 1 to ${BURST_MAXIMUM}`);
}

function limitOf(perSecond: number, burst: number): RateLimit {
  return { intervalMicros: Math.round(MICROS_PER_SECOND / perSecond), burst };
}
