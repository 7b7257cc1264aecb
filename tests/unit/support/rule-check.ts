// SPDX-License-Identifier: MIT
/** The check of a rules image in pieces, to its end. */
import { RuleTable } from '../../../src/responder/rule-table';
import { Status } from '../../../src/rt/status';
import { RuleImage2 } from './rule-image-2';

/** What the check says of the image in `table.staging`. */
export function checkStaged(table: RuleTable): Status {
  table.beginCheck();
  let status = table.checkStep();
  while (status === Status.Busy) status = table.checkStep();
  return status;
}

/** The same with `value` as the word at `at`. The image is afterwards what it was. */
export function checkWithWord(table: RuleTable, image: RuleImage2, at: usize, value: u32): Status {
  const before = load<u32>(at);
  store<u32>(at, value);
  image.seal();
  const status = checkStaged(table);
  store<u32>(at, before);
  image.seal();
  return status;
}

/** The same with `value` as the byte at `at`. */
export function checkWithByte(table: RuleTable, image: RuleImage2, at: usize, value: u8): Status {
  const word = at & ~3;
  const shift = ((at - word) << 3) as u32;
  const others = load<u32>(word) & ~((0xff as u32) << shift);
  return checkWithWord(table, image, word, others | ((value as u32) << shift));
}
