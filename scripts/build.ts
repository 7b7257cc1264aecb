// SPDX-License-Identifier: MIT
/**
 * `npm run build`: makes everything for the card and the twin, in build/.
 *
 * Exit status: 0 all built and within budget, 1 a step failed or a file is too large, 2 the machine lacks a
 * tool that could not be installed, or an option was given.
 */
import { buildBlockCount } from './build/block-count.ts';
import { buildBridge, hasNativeCompiler } from './build/bridge.ts';
import { buildCells, buildRules } from './build/data.ts';
import { buildImage, SELF_TEST_PARTS } from './build/image.ts';
import { reportSizes } from './build/sizes.ts';
import { buildWasm } from './build/wasm.ts';
import { run, shortCommandLine } from './command-line.ts';
import { ensureMachine } from './setup/ensure.ts';

async function step<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
  const start = process.hrtime.bigint();
  const result = await work();
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  console.log(`${what.padEnd(60)}${seconds.toFixed(1).padStart(5)} s`);
  return result;
}

async function build(alsoChecked: boolean): Promise<boolean> {
  await ensureMachine();
  await step('cell configs and rules', async () => {
    await buildCells();
    await buildRules();
  });
  const [cell, selfTest, bridge] = await step('AssemblyScript to WebAssembly', () =>
    Promise.all([buildWasm('cell'), buildWasm('selftest'), buildWasm('bridge')]),
  );
  await step('WebAssembly to C to the ARM64 image', () => buildImage(cell));
  await step('WebAssembly to C to the image of the self test', () =>
    buildImage(selfTest, SELF_TEST_PARTS),
  );
  await step('WebAssembly to C to the Linux bridge', () => buildBridge(bridge, alsoChecked));
  if (hasNativeCompiler()) await step('C to the instruction counter of the twin', buildBlockCount);
  return reportSizes();
}

const program = shortCommandLine(
  'build',
  'npm run build [-- --checked-bridge]',
  'Makes everything that goes on the card or into the twin, in build/.',
  'CROSS_COMPILE is the prefix of the cross tools (aarch64-linux-gnu-), CROSS_CC another compiler.',
)
  .option('--checked-bridge', 'adds a bridge under ASan and UBSan, as the tests run it', false)
  .action(async ({ checkedBridge }: { checkedBridge: boolean }) => {
    try {
      process.exitCode = (await build(checkedBridge)) ? 0 : 1;
    } catch (error) {
      console.error((error as Error).message);
      process.exitCode = 1;
    }
  });

await run(program);
