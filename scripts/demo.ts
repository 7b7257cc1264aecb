/**
 * `npm start`: builds everything, plays the demo log through the emulated board, shows what happened.
 * `--engine wasm` uses the fast engine. Results go to build/demo/.
 *
 * Exit status: 0 every expected answer and forward happened, 1 not, 2 the build failed.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { InputError } from '../cell-config/files.ts';
import type { EngineName } from '../twin/engine/engine.ts';
import { PROJECT_ROOT } from '../twin/run/artifacts.ts';
import { runCommand } from '../twin/run/command.ts';

const program = new Command('demo')
  .description('Builds the project and plays the demo log through the emulated board.')
  .addOption(
    new Option('--engine <engine>', 'image: the ARM64 image; wasm: the module alone, faster')
      .choices(['image', 'wasm'])
      .default('image'),
  )
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .parse();
const { engine } = program.opts<{ engine: EngineName }>();

const build = spawnSync(process.execPath, ['--import', 'tsx', 'scripts/build.ts'], {
  cwd: PROJECT_ROOT,
  stdio: 'inherit',
});
if (build.status !== 0) process.exit(2);

try {
  process.exitCode = await runCommand({
    rulesFile: join(PROJECT_ROOT, 'rules.yaml'),
    busFile: join(PROJECT_ROOT, 'twin/demo/demo.log'),
    agl: true,
    engine,
    bitrate: 500_000,
    oscillatorHertz: 12_000_000,
    spiHertz: 10_000_000,
    outputDirectory: join(PROJECT_ROOT, 'build/demo'),
  });
} catch (error) {
  if (!(error instanceof InputError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
