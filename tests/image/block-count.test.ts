// SPDX-License-Identifier: MIT
/** The instructions that the image engine charges: the same count by C and by JavaScript. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, it } from 'node:test';
import { skipForSetup } from '../../scripts/test/result.ts';
import { countBlocks } from '../../twin/engine/block-count.ts';
import { Unicorn } from '../../twin/engine/unicorn.ts';

// Arm ARM DDI 0487, C6.2.
const MOVZ_X0_1000 = 0xd2807d00;
const SUBS_X0_X0_1 = 0xf1000400;
const B_NE_BACK_ONE = 0x54ffffe1;
const B_ITSELF = 0x14000000;
/** MOVZ, and a thousand rounds of two instructions. */
const EXECUTED = 1 + 1_000 * 2;

const native = existsSync('build/block-count.so')
  ? false
  : skipForSetup('no C compiler for this machine');

/** Runs the program in slices of `slice` instructions. Gives what was counted in each. */
function countsOf(slice: number, isPlain: boolean): number[] {
  const page = Buffer.alloc(0x1000);
  const program = [MOVZ_X0_1000, SUBS_X0_X0_1, B_NE_BACK_ONE, B_ITSELF];
  program.forEach((word, index) => page.writeUInt32LE(word, 4 * index));
  const unicorn = new Unicorn();
  unicorn.mapMemory(0, page, { write: false, execute: true });
  const blocks = countBlocks(unicorn, isPlain);
  const counts: number[] = [];
  for (let done = 0; done < EXECUTED; done += slice) {
    blocks.resume(done > 0);
    assert.equal(unicorn.start(unicorn.programCounter, Math.min(slice, EXECUTED - done)), 0);
    counts.push(blocks.take());
  }
  unicorn.close();
  return counts;
}

describe('counting instructions', () => {
  for (const slice of [1, 7, 100, EXECUTED]) {
    it(`in slices of ${slice} counts each once, whether a slice ends inside a block or not`, () => {
      const total = countsOf(slice, true).reduce((sum, count) => sum + count, 0);
      // The block after the last one may have been entered: one instruction.
      assert.ok(total === EXECUTED || total === EXECUTED + 1, `${total}`);
    });

    it(`in slices of ${slice} is the same by the function in C`, { skip: native }, () => {
      assert.deepEqual(countsOf(slice, false), countsOf(slice, true));
    });
  }
});
