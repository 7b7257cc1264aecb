// SPDX-License-Identifier: MIT
/**
 * AnswerWindow: what an answer with bytes of its request needs, so that its header and constants can wait in a
 * transmit buffer: which bytes of the request are read, and which of the answer are written.
 *
 * Made when a table comes into force.
 * Does not: use SPI.
 */
import { DATA_BYTES_MAXIMUM, dataMaskOf } from '../can/frame';
import { mixWindow } from './compose';
import { Rule, SOURCE_LIVE, SOURCE_OWN } from './rule';

@final
export class AnswerWindow {
  /** Bytes of the answer that change, from byte `first` on; 0: there is no window, the answer is static. */
  count: u32 = 0;
  first: u32 = 0;
  /** Data bytes of the request that are read, from byte 0 on. */
  readBytes: u32 = 0;
  /** A request has at least so many data bytes; a shorter frame is none. */
  minimumLength: u32 = 0;
  /** The data of the answer, with zeros for what is copied. */
  private own: u64 = 0;
  /** The sources of the bytes from `first` on. */
  private sources: u64 = 0;
  /** What a window does not change, as bits of the data. */
  private constants: u64 = u64.MAX_VALUE;

  /** Takes the window of `rule`, or none if its answer is static. */
  use(rule: Rule): void {
    this.clear();
    if (!hasWindow(rule)) return;
    const sources = rule.answerSources;
    const length: u32 = rule.answerLength;
    let own = rule.answerData & dataMaskOf(length);
    let last: u32 = 0;
    // loop: at most DATA_BYTES_MAXIMUM
    for (let index: u32 = 0; index < length; index++) {
      const source = ((sources >> ((index as u64) << 3)) as u32) & 0xff;
      if (source === SOURCE_OWN) continue;
      if (this.count === 0) this.first = index;
      last = index;
      this.count = last - this.first + 1;
      this.readBytes = max<u32>(this.readBytes, source + 1);
      own &= ~((0xff as u64) << ((index as u64) << 3));
    }
    this.own = own;
    this.sources = sources >> ((this.first as u64) << 3);
    this.constants = ~(dataMaskOf(this.count) << ((this.first as u64) << 3));
    this.minimumLength = rule.minimumLength;
  }

  /** No window. */
  clear(): void {
    this.count = 0;
    this.first = 0;
    this.readBytes = 0;
    this.minimumLength = 0;
    this.own = 0;
    this.constants = u64.MAX_VALUE;
  }

  /** The data of the answer to a request with `requestData`. */
  answer(requestData: u64): u64 {
    const shift = (this.first as u64) << 3;
    const window = mixWindow(this.own >> shift, this.sources, requestData, this.count);
    return (this.own & (((1 as u64) << shift) - 1)) | (window << shift);
  }

  /** True if data `one` and `other` differ in nothing but what the window changes. */
  covers(one: u64, other: u64): bool {
    return ((one ^ other) & this.constants) === 0;
  }
}

/**
 * True if the answer of `rule` has a length of its own, and its bytes are constant or bytes of the request that each
 * request has, and some are the latter.
 */
export function hasWindow(rule: Rule): bool {
  const length: u32 = rule.answerLength;
  if (length > DATA_BYTES_MAXIMUM || rule.hasSteps) return false;
  let copied: u32 = 0;
  for (let index: u32 = 0; index < DATA_BYTES_MAXIMUM; index++) {
    const source = ((rule.answerSources >> ((index as u64) << 3)) as u32) & 0xff;
    if (source === SOURCE_OWN) continue;
    if (source >= SOURCE_LIVE || source >= (rule.minimumLength as u32)) return false;
    if (index < length) copied++;
  }
  return copied !== 0;
}

/** True if the answer of the rule at `rule` (0: none) is in its buffer before the first request, or the rest of it is. */
export function isPreloadedRule(rule: usize): bool {
  if (rule === 0) return false;
  return changetype<Rule>(rule).isStatic || hasWindow(changetype<Rule>(rule));
}
