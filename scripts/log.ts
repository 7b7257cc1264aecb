// SPDX-License-Identifier: MIT
/**
 * `npm run log -- convert IN OUT`: converts CAN logs between the formats of docs/logs.md.
 *
 * Exit status: 0 converted (what could not be kept is said), 2 bad input (nothing written).
 */
import { convertLog } from '../lab/logs/convert.ts';
import { ProgressPrinter } from '../lab/play/progress.ts';
import { SUFFIXES } from '../twin/logs/formats.ts';
import { commandLine, run, userPath } from './command-line.ts';

/** A smaller file is converted before anybody asks how far it is. */
const PROGRESS_BYTES = 16 << 20;

interface Options {
  readonly interface?: string;
  readonly version?: string;
}

async function convert(input: string, output: string, options: Options): Promise<void> {
  const progress = new ProgressPrinter(process.stderr);
  const mebibytes = (bytes: number): string => (bytes / (1 << 20)).toFixed(0);
  const lines = await convertLog({
    input,
    output,
    interfaceName: options.interface,
    version: options.version,
    onProgress: (done, total, records) => {
      if (total < PROGRESS_BYTES) return;
      progress.update(
        done,
        total,
        (percent) =>
          `${mebibytes(done)} of ${mebibytes(total)} MiB (${percent}), ${records} records`,
      );
    },
  }).finally(() => progress.finish());
  const [first, ...notes] = lines;
  console.log(first);
  for (const note of notes) console.error(note);
}

const program = commandLine('log').description(
  'Convert CAN logs: candump, Vector ASC, PEAK TRC, pcap, pcapng (docs/logs.md).',
);
program
  .command('convert')
  .description(`write a log in another format; the suffixes name the formats: ${SUFFIXES}`)
  .argument('<in>', 'log to read; an unknown suffix means candump', userPath)
  .argument('<out>', 'log to write', userPath)
  .option('--interface <name>', 'take the frames of this interface alone')
  .option('--version <number>', 'version of the output: 2.1 (as usual) or 1.1, for .trc')
  .action(convert);

await run(program);
