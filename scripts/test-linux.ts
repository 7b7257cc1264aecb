/**
 * `npm run test:linux`: the tests that need a real Linux around the bridge (tests/linux), with the output of
 * guest and bridge. `--kvm`: with hardware virtualisation.
 *
 * Exit status: 0 passed, or skipped with a message because no guest can be made here; 1 failed; 2 unknown
 * option.
 */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

import { helpIfAsked } from './help.ts';
import { guestParts, GuestUnavailable } from './linux-guest/packages.ts';
import { ensureTestMachine } from './setup/ensure.ts';
import { findTestFiles } from './test/stages.ts';

const FOLDER = 'tests/linux';

function readOptions(): { kvm: boolean } {
  try {
    const { values } = parseArgs({ options: { kvm: { type: 'boolean', default: false } } });
    return { kvm: values.kvm };
  } catch (error) {
    console.error(`test:linux: ${(error as Error).message}. The only option is --kvm.`);
    process.exit(2);
  }
}

/** Why there is no guest. Undefined: there is one. */
function reasonToSkip(): string | undefined {
  try {
    const { version, qemu } = guestParts();
    console.log(`Guest: Linux ${version} in ${qemu}.`);
    return undefined;
  } catch (error) {
    if (!(error instanceof GuestUnavailable)) throw error;
    return error.message;
  }
}

helpIfAsked(
  'Usage: npm run test:linux [-- --kvm]',
  'The tests of the bridge on a stock Linux kernel in QEMU.',
  '  --kvm   with hardware virtualisation',
);
const { kvm } = readOptions();
await ensureTestMachine();
const startMillis = Date.now();
const reason = reasonToSkip();
const run = spawnSync(
  process.execPath,
  [
    '--import',
    'tsx',
    '--test',
    '--test-concurrency=1',
    '--test-reporter=spec',
    ...findTestFiles(FOLDER),
  ],
  { stdio: 'inherit', env: { ...process.env, CANWARDEN_KVM: kvm ? '1' : '0' } },
);
console.log(`test:linux took ${Math.round((Date.now() - startMillis) / 1000)} s.`);
if (reason !== undefined) {
  console.log(`\nSKIPPED, so not proven: the bridge on a real Linux. ${reason}`);
}
process.exitCode = run.status === 0 ? 0 : 1;
