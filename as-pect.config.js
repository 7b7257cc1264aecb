// SPDX-License-Identifier: MIT
/**
 * Unit tests of src/: which files they are, and the host they run on.
 *
 * Each spec file is a module of its own with a fresh host.
 * After the last one says how much of src/cell has run; what has not is listed in build/unit/not-run.txt.
 * Does not: go through tsx; the compiler inside asp does not load under it. The modules that are made
 * from formats/ are written first, by another process.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { coverageImports, coverageReport } from './as-pect.coverage.js';
import { createFakeHost } from './tests/unit/support/fake-host.js';

execFileSync(process.execPath, ['--import', 'tsx', 'scripts/generate.ts'], { stdio: 'inherit' });

process.on('exit', () => {
  const { summary, missed } = coverageReport();
  console.log(`\n${summary}`);
  mkdirSync('build/unit', { recursive: true });
  writeFileSync('build/unit/not-run.txt', missed.map((line) => `${line}\n`).join(''));
});

export default {
  entries: ['tests/unit/**/*.spec.ts'],
  include: ['tests/unit/**/*.include.ts'],
  disclude: [/node_modules/],
  instantiate(memory, createImports, instantiate, binary) {
    const host = createFakeHost(memory);
    return instantiate(
      binary,
      createImports({ env: { memory }, coverage: coverageImports, ...host.imports }),
    );
  },
  outputBinary: false,
};
