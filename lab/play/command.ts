// SPDX-License-Identifier: MIT
/**
 * A run from input files to output files, with progress lines for the user.
 *
 * Bad input is an InputError with a message for the user. Nothing has been written at that point.
 * Does not: parse options.
 */
import { isAbsolute, join, relative } from 'node:path';
import { InputError, readTextInput, writeWhole } from '../../cell-config/files.ts';
import { counted } from '../../cell-config/plural.ts';
import { CellFormatError } from '../../cell-config/format/error.ts';
import { compileRules, RulesError } from '../../rules/compile.ts';
import { formatDiagnostic } from '../../rules/diagnostics.ts';
import { LogError } from '../../twin/logs/record.ts';
import type { EngineName } from '../../twin/engine/engine.ts';
import { statusLines } from '../page/text.ts';
import { answerPicture } from '../report/answer-picture.ts';
import { type FileSize, runReport } from '../report/run-report.ts';
import { Steps } from '../report/steps.ts';
import { RASPBERRY_PI_4_TIMING } from '../../twin/machine/timing-model.ts';
import { openScreen, WatchEnded, Watcher } from '../watch/watcher.ts';
import { readModel } from '../model/model-file.ts';
import { SharedFileError } from '../live/map-file.ts';
import { BoardTrace } from '../../twin/trace/board-trace.ts';
import { idleKindOf, loadFirmware } from '../rig/firmware.ts';
import { chooseForAgl, chooseForBus, type LogChoice } from './log-choice.ts';
import { readLogFile } from './log-file.ts';
import { LogInputError, prepareInput, refuseCellsFrames } from './log-input.ts';
import { OUTPUT_NAMES, prepareOutputs, writeOutputs } from './output.ts';
import { ProgressPrinter } from './progress.ts';
import { reportLines } from './summary.ts';
import { run, type ScenarioResult } from './scenario.ts';
import { chooseForTimeline, timelineOf } from './timeline.ts';

export interface CommandOptions {
  readonly rulesFile: string;
  readonly busFile: string;
  /** The one interface of the log to play. Absent: all. */
  readonly interfaceName?: string;
  /** The names in the log are senders, as in the demo's log, and not interfaces. */
  readonly namesAreSenders?: boolean;
  readonly aglFile?: string;
  readonly agl: boolean;
  readonly aglStopAtSeconds?: number;
  readonly secondsLimit?: number;
  readonly engine: EngineName;
  readonly bitrate: number;
  readonly oscillatorHertz: number;
  readonly spiHertz: number;
  /** More words for the cell's command line, such as `int=spi`. */
  readonly settings?: readonly string[];
  readonly outputDirectory: string;
  /** Print the cell's status page at the end. */
  readonly status?: boolean;
  /** A model of the board, if not the shipped one. */
  readonly modelFile?: string;
  /** Where to write the lines of the board as a VCD. */
  readonly vcdFile?: string;
  /** Where to write a report, and the files of build/ that it lists. */
  readonly report?: { readonly file: string; readonly sizes: readonly FileSize[] };
  /** Where to write a picture of one answer. */
  readonly pictureFile?: string;
  /** Show the run while it runs. */
  readonly watch?: boolean;
}

/** Runs, prints and writes. Returns the exit status: 0 if everything expected happened, else 1. */
export async function runCommand(options: CommandOptions): Promise<number> {
  const { vcdFile, report, pictureFile, watch = false } = options;
  const prepared = asInput(() => prepare(options));
  const others = [vcdFile, report?.file, pictureFile].filter((file) => file !== undefined);
  prepareOutputs(options.outputDirectory, ...others);
  const trace = vcdFile === undefined ? undefined : new BoardTrace();
  const steps = needsSteps(options) ? new Steps() : undefined;
  const progress = new ProgressPrinter(process.stderr);
  const watcher = watch
    ? new Watcher(
        openScreen(),
        prepared.table.rules.map(({ name }) => name),
      )
    : undefined;
  const played = run({
    ...prepared,
    engine: options.engine,
    bitrate: options.bitrate,
    oscillatorHertz: options.oscillatorHertz,
    spiHertz: options.spiHertz,
    settings: options.settings,
    timing: prepared.timing,
    agl: options.agl,
    aglStopAtSeconds: options.aglStopAtSeconds,
    trace,
    onStep: steps && ((from, to) => steps.add(from, to)),
    onProgress: ({ played, total, seconds }) => {
      if (watch) return;
      const words = (percent: string): string =>
        `${played} of ${counted(total, 'frame')} (${percent}), ${seconds.toFixed(2)} s of bus time`;
      progress.update(played, total, words);
    },
    onLook: watcher && ((board, { wire }) => watcher.look(board, wire)),
    onConsoleLine: ({ nanos, source, text }) => {
      if (watch) return;
      progress.finish();
      process.stdout.write(`[${(nanos / 1e9).toFixed(6)}] ${source}: ${text}\n`);
    },
  });
  const result = await played.catch(endedByUser).finally(() => watcher?.close());
  progress.finish();
  if (result === undefined) {
    process.stdout.write('ended by q: nothing was judged or written\n');
    return 0;
  }
  asInput(() => writeOutputs(options.outputDirectory, result));
  if (trace !== undefined && vcdFile !== undefined) {
    writeWhole(vcdFile, Buffer.from(trace.text()));
  }
  if (report !== undefined) {
    const { table } = prepared;
    const timing = prepared.timing ?? RASPBERRY_PI_4_TIMING;
    const input = { result, table, steps: steps?.kept ?? [], sizes: report.sizes, timing };
    const lead = `${shortPath(options.busFile)} by ${shortPath(options.rulesFile)}`;
    writeWhole(report.file, Buffer.from(runReport({ ...input, played: lead })));
  }
  if (pictureFile !== undefined) {
    const picture = answerPicture(result, steps?.kept ?? []);
    if (picture !== undefined) writeWhole(pictureFile, Buffer.from(picture));
  }
  print(result, options);
  return result.problems.length === 0 ? 0 : 1;
}

function prepare(options: CommandOptions) {
  const compiled = compileRules(readTextInput(options.rulesFile, 'rules file'), options.rulesFile);
  const warnings = compiled.warnings.map(formatDiagnostic);
  const { entries: bus, notes: busNotes } = readBusLog(options);
  const { entries: agl, notes: aglNotes } = readAglLog(options);
  if (bus.length + agl.length === 0) throw new InputError(`${options.busFile}: no frame to play`);
  const input = prepareInput(bus, agl, options.secondsLimit);
  const withSteps = needsSteps(options);
  const firmware = loadFirmware(options.engine, { idle: idleKindOf(options.settings), withSteps });
  const timing = options.modelFile === undefined ? undefined : readModel(options.modelFile);
  // Printed only now, so that a user who names an unreadable file sees that error alone.
  tell(...warnings, ...busNotes, ...aglNotes);
  return { firmware, rules: compiled.image, table: compiled.table, input, timing };
}

/** Steps slow the image down, so they are seen only where they are shown. */
function needsSteps({ report, pictureFile }: CommandOptions): boolean {
  return report !== undefined || pictureFile !== undefined;
}

function endedByUser(error: unknown): undefined {
  if (error instanceof WatchEnded) return undefined;
  throw error;
}

type LogOptions = Pick<CommandOptions, 'busFile' | 'aglFile' | 'interfaceName' | 'namesAreSenders'>;

/**
 * The frames that other nodes put on the bus, and the notes about the rest. Throws InputError,
 * LogError.
 */
export function readBusLog({ busFile, ...wishes }: LogOptions): LogChoice {
  const { entries, notes } = chooseForBus(busFile, readLogFile(busFile), wishes);
  return { entries: refuseCellsFrames(entries, busFile), notes };
}

/** The interface is chosen in the file that has several: the bus log, or one log for both. */
function readAglLog({ busFile, aglFile, interfaceName }: LogOptions): LogChoice {
  if (aglFile === undefined) return { entries: [], notes: [] };
  const wishes = aglFile === busFile ? { interfaceName } : {};
  return chooseForAgl(aglFile, readLogFile(aglFile), wishes);
}

/** Prints lines for the user beside the output. */
export function tell(...lines: readonly string[]): void {
  for (const line of lines) process.stderr.write(`${line}\n`);
}

/**
 * Turns the errors that a user can cause into InputError, whether `action` throws at once or later.
 */
export function asInput<T>(action: () => T): T {
  try {
    const result = action();
    return result instanceof Promise ? (result.catch(throwAsInput) as T) : result;
  } catch (error) {
    return throwAsInput(error);
  }
}

function throwAsInput(error: unknown): never {
  const isInput = [LogError, LogInputError, RulesError, CellFormatError, SharedFileError].some(
    (kind) => error instanceof kind,
  );
  if (isInput) throw new InputError((error as Error).message);
  if (error instanceof Error && 'code' in error && 'path' in error) {
    throw new InputError(`cannot use ${String(error.path)}: ${error.message}`);
  }
  throw error;
}

function print(result: ScenarioResult, options: CommandOptions): void {
  const { outputDirectory: directory, status } = options;
  const lines: string[] = [];
  const chosen = chooseForTimeline(result.judgement.answered, result.seen);
  if (chosen) {
    const { ruleName, isStatic } = chosen;
    const kind = isStatic ? 'static' : 'computed';
    lines.push('', `One answered request (rule ${ruleName}, ${kind} answer):`);
    lines.push(...timelineOf(chosen, result.seen).map((line) => `  ${line}`));
  }
  lines.push('', ...reportLines(result.summary));
  const { sleptPercent } = result;
  if (sleptPercent > 0) lines.push(`core asleep         ${sleptPercent.toFixed(1)} % of the time`);
  lines.push('');
  if (status === true) {
    const { statusPage } = result;
    lines.push(...(statusPage ? statusLines(statusPage) : ['the cell has no status page']), '');
  }
  lines.push(`Logs: ${OUTPUT_NAMES.map((name) => shortPath(join(directory, name))).join('  ')}`);
  if (options.report !== undefined) lines.push(`Report: ${shortPath(options.report.file)}`);
  lines.push(...result.remarks);
  if (result.problems.length > 0) {
    lines.push('', 'NOT EVERYTHING HAPPENED AS EXPECTED:');
    lines.push(...result.problems.map((problem) => `  ${problem}`));
  }
  process.stdout.write(`${lines.join('\n')}\n`);
}

function shortPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith('..') || isAbsolute(short) ? path : short;
}
