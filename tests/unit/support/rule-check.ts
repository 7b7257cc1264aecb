// SPDX-License-Identifier: MIT
/** The check of a rules image in pieces, to its end. */
import { RuleTable } from '../../../src/responder/rule-table';
import { Status } from '../../../src/rt/status';

/** What the check says of the image in `table.staging`. */
export function checkStaged(table: RuleTable): Status {
  table.beginCheck();
  let status = table.checkStep();
  while (status === Status.Busy) status = table.checkStep();
  return status;
}
