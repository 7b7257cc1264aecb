/**
 * Unit tests of src/: which files they are, and the host they run on.
 *
 * Each spec file is a module of its own with a fresh host.
 * Does not: go through tsx; the compiler inside asp does not load under it. The modules that are made
 * from formats/ are written first, by another process.
 */
import { execFileSync } from 'node:child_process';
import { createFakeHost } from './tests/unit/support/fake-host.js';

execFileSync(process.execPath, ['--import', 'tsx', 'scripts/generate.ts'], { stdio: 'inherit' });

export default {
  entries: ['tests/unit/**/*.spec.ts'],
  include: ['tests/unit/**/*.include.ts'],
  disclude: [/node_modules/],
  instantiate(memory, createImports, instantiate, binary) {
    const host = createFakeHost(memory);
    return instantiate(binary, createImports({ env: { memory }, ...host.imports }));
  },
  outputBinary: false,
};
