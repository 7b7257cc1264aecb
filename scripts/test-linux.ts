// SPDX-License-Identifier: MIT
/**
 * `npm run test:linux`: the tests that need a real Linux around the bridge (tests/linux), with the output of
 * guest and bridge. `--kvm`: with hardware virtualisation.
 *
 * Exit status: 0 passed, or skipped with a message because no guest can be made here; 1 failed; 2 unknown
 * option.
 */
import { spawnSync } from 'node:child_process';
import { run, shortCommandLine } from './command-line.ts';
import { guestParts, GuestUnavailable } from './linux-guest/packages.ts';
import { ensureTestMachine } from './setup/ensure.ts';
import { findTestFiles } from './test/stages.ts';

const FOLDER = 'tests/linux';

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

async function testLinux({ kvm = false }: { kvm?: boolean }): Promise<void> {
  await ensureTestMachine();
  const startMillis = Date.now();
  const reason = reasonToSkip();
  const tests = spawnSync(
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
  process.exitCode = tests.status === 0 ? 0 : 1;
}

await run(
  shortCommandLine(
    'test:linux',
    'npm run test:linux [-- --kvm]',
    'The tests of the bridge on a stock Linux kernel in QEMU.',
  )
    .option('--kvm', 'with hardware virtualisation')
    .action(testLinux),
);
