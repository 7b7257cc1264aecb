// SPDX-License-Identifier: MIT
/**
 * `npm run twin`: plays CAN logs through the emulated board. Options: `--help`.
 *
 * `--selftest` runs the cell's self test instead, `--measure` its measurement of the board (docs/self-test.md).
 *
 * Exit status: 0 every expected answer and forward happened, 1 not, 2 bad input (nothing written).
 */
import { InvalidArgumentError, Option } from 'commander';
import { InputError } from '../cell-config/files.ts';
import type { EngineName } from '../twin/engine/engine.ts';
import { runCommand } from '../lab/play/command.ts';
import { runAsBoard } from '../lab/as-board/command.ts';
import { runMeasureCommand } from '../lab/model/measure-command.ts';
import { runSelfTestCommand } from '../lab/selftest/command.ts';
import { runLiveCommand } from '../lab/live/live-command.ts';
import { SUFFIXES } from '../twin/logs/formats.ts';
import { fileSizes } from './build/sizes.ts';
import { commandLine, run, userPath } from './command-line.ts';

interface Options {
  readonly rules?: string;
  readonly bus?: string;
  readonly selftest?: boolean;
  readonly measure?: boolean;
  readonly asBoard?: boolean;
  readonly fault?: string;
  readonly model?: string;
  readonly agl?: string | boolean;
  readonly interface?: string;
  readonly aglStopAt?: number;
  readonly seconds?: number;
  readonly engine: EngineName;
  readonly bitrate: number;
  readonly osc: number;
  readonly spi: number;
  readonly setting: readonly string[];
  readonly out: string;
  readonly vcd?: string;
  readonly report?: string;
  readonly picture?: string;
  readonly watch?: boolean;
  readonly status?: boolean;
  readonly shm?: string;
  readonly realtime?: boolean;
  readonly speed: number;
}

function positiveInteger(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('expected a whole number above 0.');
}

function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value;
  throw new InvalidArgumentError('expected seconds, 0 or more.');
}

function speed(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0 && value <= 1) return value;
  throw new InvalidArgumentError('expected a number above 0 and at most 1.');
}

function setting(text: string, before: readonly string[]): string[] {
  const [, key] = /^([a-z-]+)=\S+$/.exec(text) ?? [];
  if (key === undefined) throw new InvalidArgumentError('expected key=value, such as int=spi.');
  // The twin uses the bus and the crystal as well, and may differ from what the cell is told.
  if (key === 'spi') throw new InvalidArgumentError('use --spi.');
  return [...before, text];
}

async function twin(options: Options): Promise<void> {
  const { shm, agl, status, vcd, rules, bus, report, watch } = options;
  if (options.selftest === true) return selfTest(options);
  if (options.measure === true) return measure(options);
  if (options.asBoard === true) return asBoard(options);
  if (options.fault !== undefined) {
    throw new InputError('--fault belongs to --selftest or --as-board');
  }
  if (rules === undefined || bus === undefined) {
    throw new InputError('--rules FILE and --bus FILE are needed, or --selftest, or --as-board');
  }
  if ((shm === undefined) !== (options.realtime === undefined)) {
    throw new InputError('--shm and --realtime belong together: a real bridge needs real time');
  }
  if (shm !== undefined && agl !== undefined && agl !== true) {
    throw new InputError('--agl and --no-agl do not go with --shm: AGL is the real bridge there');
  }
  if (shm !== undefined && status === true) {
    throw new InputError('--status does not go with --shm: ask the bridge, canwarden status');
  }
  if (options.model !== undefined && (shm !== undefined || options.engine === 'wasm')) {
    throw new InputError(
      '--model needs the image engine, and no --shm: the others count no instructions',
    );
  }
  if (shm !== undefined && vcd !== undefined) {
    throw new InputError('--vcd does not go with --shm: it keeps every edge of the run in memory');
  }
  if (shm !== undefined && (report !== undefined || watch === true)) {
    throw new InputError(
      '--report and --watch do not go with --shm: ask the bridge, canwarden top',
    );
  }
  const common = {
    rulesFile: rules,
    busFile: bus,
    interfaceName: options.interface,
    secondsLimit: options.seconds,
    engine: options.engine,
    bitrate: options.bitrate,
    oscillatorHertz: options.osc,
    spiHertz: options.spi,
    settings: options.setting,
    outputDirectory: userPath(options.out),
    vcdFile: vcd,
    modelFile: options.model,
  };
  process.exitCode =
    shm === undefined
      ? await runCommand({
          ...common,
          aglFile: typeof agl === 'string' ? agl : undefined,
          agl: agl !== false,
          aglStopAtSeconds: options.aglStopAt,
          status,
          watch,
          pictureFile: options.picture,
          report: report === undefined ? undefined : { file: report, sizes: fileSizes() },
        })
      : await runLiveCommand({ ...common, sharedFile: shm, speed: options.speed });
}

async function asBoard(options: Options): Promise<void> {
  if (options.bus !== undefined || options.shm !== undefined) {
    throw new InputError('--as-board plays no log: leave --bus and --shm out; `bus 100#01` sends');
  }
  process.exitCode = await runAsBoard({
    engine: options.engine,
    bitrate: options.bitrate,
    oscillatorHertz: options.osc,
    rulesFile: options.rules,
    fault: options.fault,
    folder: userPath('.'),
  });
}

function standsAlone(name: string, options: Options): void {
  if (options.rules !== undefined || options.bus !== undefined || options.shm !== undefined) {
    throw new InputError(`${name} needs no rules and no bus: leave --rules, --bus and --shm out`);
  }
}

async function selfTest(options: Options): Promise<void> {
  standsAlone('--selftest', options);
  process.exitCode = await runSelfTestCommand({
    ...boardOf(options),
    engine: options.engine,
    fault: options.fault,
  });
}

async function measure(options: Options): Promise<void> {
  standsAlone('--measure', options);
  if (options.engine === 'wasm' || options.fault !== undefined) {
    throw new InputError('--measure needs the image engine, and plays no --fault');
  }
  process.exitCode = await runMeasureCommand({
    ...boardOf(options),
    modelFile: options.model,
    outputDirectory: userPath(options.out),
  });
}

function boardOf({ bitrate, osc, spi, setting: settings }: Options) {
  return { bitrate, oscillatorHertz: osc, spiHertz: spi, settings };
}

const program = commandLine('twin')
  .description('Plays CAN logs through the emulated board and writes what came out.')
  .option('--rules <file>', 'rules file (YAML)', userPath)
  .option('--bus <file>', `log to play onto the bus (${SUFFIXES})`, userPath)
  .option('--interface <name>', 'play only the frames of this interface of the log')
  .option(
    '--agl <file>',
    'log to play from the AGL side; of one with directions, what the recorder sent',
    userPath,
  )
  .option('--no-agl', 'run without AGL: no bridge at the other end of the link')
  .option('--agl-stop-at <seconds>', 'the AGL side dies at this log time', seconds)
  .option('--seconds <limit>', 'play only the first seconds of the logs', seconds)
  .addOption(
    new Option('--engine <engine>', 'image: the ARM64 image; wasm: the module alone, faster')
      .choices(['image', 'wasm'])
      .default('image'),
  )
  .option(
    '--bitrate <number>',
    'bits per second on the bus; the cell is told the same, unless by --setting bitrate=',
    positiveInteger,
    500_000,
  )
  .option(
    '--osc <hertz>',
    'crystal of the CAN controller; the cell measures it, unless it is told one by --setting osc=',
    positiveInteger,
    12_000_000,
  )
  .option('--spi <hertz>', 'SPI clock', positiveInteger, 10_000_000)
  .option(
    '--setting <key=value>',
    'one more word for the cell, such as int=spi, or idle=wfi, which takes the cell config that lets it sleep; may be repeated (docs/settings.md)',
    setting,
    [],
  )
  .option(
    '--vcd <file>',
    'also write the lines of the board and marks of each answer as a VCD (short runs)',
    userPath,
  )
  .option(
    '--report <file>',
    'also write a page about the run: an answer in time, latencies, load, waits, rules, losses',
    userPath,
  )
  .option('--picture <file>', 'also draw one answer as an SVG', userPath)
  .option('--watch', 'show the run while it runs, in place; q ends it')
  .option('--status', "print the cell's status page at the end: rules, times, tasks")
  .option('--model <file>', 'constants of the board (canwarden measure), image engine', userPath)
  .option('--selftest', "the cell's self test, without rules and bus (docs/self-test.md)")
  .option('--measure', "times the board's constants, and says which promises hold with them")
  .option('--as-board', "a shell in which the helper's commands answer for the emulated board")
  .option(
    '--fault <name>',
    'with --selftest or --as-board: a fault of wiring or chip, by its name there',
  )
  .option('--out <directory>', 'where bus.log, agl.log and summary.json go', 'build/twin')
  .option(
    '--shm <file>',
    'share the link as a file, for a real canwarden-bridge (docs/bridge.md)',
    userPath,
  )
  .option('--realtime', 'with --shm: hold virtual time back to real time')
  .option('--speed <factor>', 'with --realtime: virtual seconds for each real one', speed, 1)
  .action(twin);

await run(program);
