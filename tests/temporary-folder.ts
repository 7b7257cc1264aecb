// SPDX-License-Identifier: MIT
/** Folders for the files of tests. They are removed when the process of the test file ends. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folders: string[] = [];
process.on('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A hook would belong to whatever test calls this. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'canwarden-test-'));
  folders.push(folder);
  return folder;
}
