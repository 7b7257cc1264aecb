// SPDX-License-Identifier: MIT
/**
 * What `canwarden doctor` finds on a faked board, as one line for each fault.
 */
import assert from 'node:assert/strict';
import { FakeBoard } from './fake-board.ts';

/** Rows of the report by the name of their check; what stands before `Fix:` and after it. */
export function examine(board: FakeBoard): {
  status: number | null;
  faults: string[];
  report: string;
} {
  const { status, stdout, stderr } = board.run('doctor');
  assert.equal(stderr, '');
  const faults: string[] = [];
  let name = '';
  for (const line of stdout.split('\n')) {
    const [head, kind, text] = [
      line.slice(0, 14).trim(),
      line.slice(15, 21).trim(),
      line.slice(22),
    ];
    if (head !== '') name = head;
    if (kind === 'FAULT') faults.push(`${name}: ${text}`);
    if (kind === 'Fix:') faults.push(`${faults.pop()} => ${text}`);
  }
  return { status, faults, report: stdout };
}

/** Exactly one fault, in the named check, and its line (with the cure) matches each pattern. */
export function assertOne(board: FakeBoard, check: string, patterns: readonly RegExp[]): void {
  const { status, faults, report } = examine(board);
  assert.equal(faults.length, 1, report);
  assert.ok(faults[0].startsWith(`${check}: `), report);
  for (const pattern of patterns) assert.match(faults[0], pattern);
  assert.match(faults[0], / => \S/);
  assert.equal(status, 1);
}

/** A board that is up, with its bridge. */
export const up = (): FakeBoard => new FakeBoard().bringUp().openSocket();
