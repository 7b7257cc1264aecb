/**
 * `npm run soak [-- NAME ...]`: the long runs, which `npm test` does in small. Without names, all of them.
 *
 * Needs `npm run build`.
 * Exit status: 0 every run was right, 1 one was not, 2 bad input or nothing built.
 */
import { MissingArtifactError } from '../lab/rig/artifacts.ts';
import { helpIfAsked } from './help.ts';
import { ProgressLine } from './soak/progress-line.ts';
import { SOAK_RUNS } from './soak/runs.ts';

const wanted = process.argv.slice(2);
const names = SOAK_RUNS.map(({ name, what }) => `  ${name.padEnd(23)} ${what}`).join('\n');
helpIfAsked('Usage: npm run soak [-- NAME ...]; without names, all but the fresh ones:', names);
const unknown = wanted.filter((name) => !SOAK_RUNS.some((run) => run.name === name));
if (unknown.length > 0) {
  process.stderr.write(`no run is called ${unknown.join(', ')}; there are:\n${names}\n`);
  process.exit(2);
}

try {
  for (const { name, what, onlyByName, run } of SOAK_RUNS) {
    if (wanted.length > 0 ? !wanted.includes(name) : onlyByName) continue;
    process.stdout.write(`${name}: ${what}\n`);
    const startMillis = Date.now();
    const progress = new ProgressLine(process.stderr, startMillis);
    const { lines, isRight } = await run((done, total) => progress.update(done, total));
    progress.finish();
    const seconds = ((Date.now() - startMillis) / 1000).toFixed(1);
    for (const line of lines) process.stdout.write(`  ${line}\n`);
    process.stdout.write(`  ${isRight ? 'right' : 'WRONG'}, ${seconds} s\n`);
    if (!isRight) process.exitCode = 1;
  }
} catch (error) {
  if (!(error instanceof MissingArtifactError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
