// SPDX-License-Identifier: MIT
/**
 * `npm start`: builds everything, plays the demo log through the emulated board, shows what happened.
 * `--engine wasm` uses the fast engine. Results go to build/demo/.
 *
 * Exit status: 0 every expected answer and forward happened, 1 one did not, 2 the build failed or the machine
 * lacks a tool.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { Option } from 'commander';
import { InputError } from '../cell-config/files.ts';
import type { EngineName } from '../twin/engine/engine.ts';
import { runCommand } from '../lab/play/command.ts';
import { PROJECT } from './build/command.ts';
import { endWithReader, commandLine, run } from './command-line.ts';
import { ensureMachine } from './setup/ensure.ts';

async function demo({ engine }: { engine: EngineName }): Promise<void> {
  await ensureMachine();
  const build = spawnSync(process.execPath, ['--import', 'tsx', 'scripts/build.ts'], {
    cwd: PROJECT,
    stdio: 'inherit',
  });
  endWithReader(build.status);
  if (build.status !== 0) throw new InputError('the build failed, so there is no demo');
  process.exitCode = await runCommand({
    rulesFile: join(PROJECT, 'rules.yaml'),
    busFile: join(PROJECT, 'lab/demo/demo.log'),
    namesAreSenders: true,
    agl: true,
    engine,
    bitrate: 500_000,
    oscillatorHertz: 12_000_000,
    spiHertz: 10_000_000,
    outputDirectory: join(PROJECT, 'build/demo'),
  });
}

const program = commandLine('start')
  .description('Builds the project and plays the demo log through the emulated board.')
  .addOption(
    new Option('--engine <engine>', 'image: the ARM64 image; wasm: the module alone, faster')
      .choices(['image', 'wasm'])
      .default('image'),
  )
  .action(demo);

await run(program);
