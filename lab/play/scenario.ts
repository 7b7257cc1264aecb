// SPDX-License-Identifier: MIT
/**
 * One run of the twin: boot, play the logs, drain, shut the cell down, judge. This is the library
 * entry.
 *
 * Does not: read or write files, or print.
 */
import type { RuleTable } from '../../rules/model.ts';
import { counted } from '../../cell-config/plural.ts';
import { formatLogLine } from '../../twin/logs/candump/write.ts';
import type { EngineName } from '../../twin/engine/engine.ts';
import type { ConsoleLine } from '../../twin/hypervisor/console-log.ts';
import type { StatusPage } from '../page/status-page.ts';
import type { BoardTrace } from '../../twin/trace/board-trace.ts';
import { type Board } from '../../twin/board/board.ts';
import type { BoardFaults, BoardOptions } from '../../twin/board/options.ts';
import {
  isChipInConfigurationMode,
  shutDown,
  type ShutdownOutcome,
} from '../../twin/board/cell-control.ts';
import { AGL_INTERFACE, judge, type Judgement } from '../verify/judge.ts';
import { Observations } from '../rig/observations.ts';
import { bothTaps } from '../rig/assemble-rig.ts';
import { makeRig, type RigOptions } from '../rig/open-rig.ts';
import { markAnswers } from './marks.ts';
import { play, type PlayOptions } from './phases.ts';
import { checkStatusPage, settledStatusPage } from '../verify/status-check.ts';
import { summarize, type Summary } from './summary.ts';

export interface ScenarioOptions extends PlayOptions {
  readonly engine: EngineName;
  /** The built files. Absent: those of build/ with `idle=poll`. */
  readonly firmware?: RigOptions['firmware'];
  readonly changeCell?: RigOptions['changeCell'];
  readonly changeSystem?: RigOptions['changeSystem'];
  /** The rule image that the cell gets. The judge expects what `table` says. */
  readonly rules?: Uint8Array;
  readonly table: RuleTable;
  readonly bitrate: number;
  readonly oscillatorHertz: number;
  readonly spiHertz: number;
  /** Further words after it. */
  readonly settings?: readonly string[];
  /** The costs of the board, if not those of the shipped model. */
  readonly timing?: RigOptions['timing'];
  /** Replaces the command line that is derived from the numbers above. */
  readonly commandLine?: string;
  readonly faults?: BoardFaults;
  readonly makePeer?: BoardOptions['makePeer'];
  readonly onConsoleLine?: (line: ConsoleLine) => void;
  /** A step of the cell's loop ended; it began at `fromNanos`. The image's needs `withSteps`. */
  readonly onStep?: (fromNanos: number, toNanos: number) => void;
  /** Records every edge of SPI, INT and the bus. Meant for short runs. */
  readonly trace?: BoardTrace;
}

export interface ScenarioResult {
  readonly summary: Summary;
  readonly judgement: Judgement;
  readonly seen: Observations;
  readonly console: readonly ConsoleLine[];
  /** State of the cell before it was asked to shut down. */
  readonly cellEnd: 'running' | 'stopped' | 'parked';
  readonly shutdown: ShutdownOutcome;
  readonly chipInConfigurationMode: boolean;
  /** The cell state in the communication region before the shutdown request, and at the end. */
  readonly cellStateBefore: number;
  readonly cellState: number;
  /** Share of the time from the first input frame in which the core stood at WFI, in percent. */
  readonly sleptPercent: number;
  /** The cell's status page before the shutdown. Undefined: the cell has no status page. */
  readonly statusPage: StatusPage | undefined;
  /** Text of bus.log and agl.log, on the clock of the input logs. */
  readonly busLog: string;
  readonly aglLog: string;
  /** Notes for the user about a run that was still right. */
  readonly remarks: readonly string[];
  /** Everything that was wrong. Empty after a perfect run. */
  readonly problems: readonly string[];
}

/** Plays one scenario to its end. Throws only if the twin cannot model or load something. */
export async function run(options: ScenarioOptions): Promise<ScenarioResult> {
  const seen = new Observations();
  const { trace } = options;
  const { listeners } = seen;
  const { board } = await makeRig({
    engine: options.engine,
    firmware: options.firmware,
    changeCell: options.changeCell,
    changeSystem: options.changeSystem,
    rules: options.rules,
    bitrate: options.bitrate,
    oscillatorHertz: options.oscillatorHertz,
    commandLine: options.commandLine ?? commandLineOf(options),
    faults: options.faults,
    timing: options.timing,
    makePeer: options.makePeer,
    onConsoleLine: options.onConsoleLine,
    withoutAgl: true,
    keep: false,
    ...listeners,
    ...(trace === undefined ? {} : alsoTo(trace, seen)),
  });
  if (trace !== undefined) {
    const { bus, chip } = board;
    bus.onLevels((levels, nanos, drivenBy) =>
      trace.bits(levels, drivenBy(chip), nanos, bus.bitNanos),
    );
  }
  const { onStep } = options;
  if (onStep !== undefined) board.engine.onStep = (from) => onStep(from, board.clock.now);
  try {
    return runOn(board, options, seen);
  } finally {
    board.engine.close();
  }
}

function runOn(board: Board, options: ScenarioOptions, seen: Observations): ScenarioResult {
  const { cellEnd, startNanos, sleptNanos, unsentFrames } = play(options, board, seen);
  const sleptPercent = (100 * sleptNanos) / (board.clock.now - startNanos || 1);
  const statusPage = cellEnd === 'running' ? settledStatusPage(board) : undefined;
  const cellStateBefore = board.communication.cellState;
  const shutdown = shutDown(board);
  const inConfigurationMode =
    options.faults?.missingChipByte !== undefined || isChipInConfigurationMode(board);
  const toLogNanos = (nanos: number): bigint =>
    options.input.startNanos + BigInt(Math.round(nanos - startNanos));
  const bitNanos = 1e9 / options.bitrate;
  const judgement = judge(options.table, seen, { bitNanos, toLogNanos });
  if (options.trace !== undefined) markAnswers(options.trace, judgement.answered);
  const account =
    statusPage && judgement.problems.length === 0
      ? checkStatusPage(statusPage, options.table, judgement, seen)
      : [];
  return {
    summary: summarize({
      engine: options.engine,
      bitrate: options.bitrate,
      oscillatorHertz: options.oscillatorHertz,
      seen,
      judgement,
      ruleNames: options.table.rules.map(({ name }) => name),
      statusPage,
    }),
    judgement,
    seen,
    console: board.console.lines,
    cellEnd,
    shutdown,
    chipInConfigurationMode: inConfigurationMode,
    cellStateBefore,
    cellState: board.communication.cellState,
    sleptPercent,
    statusPage,
    busLog: busLogOf(seen, toLogNanos),
    aglLog: logText(seen.aglReceived, (item) =>
      formatLogLine(toLogNanos(item.nanos), AGL_INTERFACE, item.frame),
    ),
    remarks: lateRemarks(board.sender.latestNanos, options.bitrate),
    problems: [
      ...(cellEnd === 'running' ? [] : [`the cell ${cellEnd} by itself: ${lastLine(board)}`]),
      ...(board.bridgeFailure === undefined ? [] : [`AGL's bridge ended: ${board.bridgeFailure}`]),
      ...(unsentFrames === 0
        ? []
        : [
            `${unsentFrames} of ${counted(options.input.bus.length, 'frame')} never left: the bus log could not be played`,
          ]),
      ...(shutdown === 'approved' ? [] : [`shutdown request: ${shutdown}`]),
      ...(inConfigurationMode ? [] : ['the CAN controller was not left in configuration mode']),
      ...judgement.problems,
      ...account,
    ],
  };
}

/** Calls the trace's listeners along with those of the observations. */
function alsoTo(
  trace: BoardTrace,
  seen: Observations,
): Pick<RigOptions, 'tap' | 'onInterruptLine'> {
  return {
    tap: bothTaps(seen.spi, trace),
    onInterruptLine: (low, nanos) => {
      seen.interruptChanged(low, nanos);
      trace.interrupt(low, nanos);
    },
  };
}

/** On a bus that has room, a frame waits for others for less than this. */
const LATE_NANOS = 10_000_000;

function lateRemarks(latestNanos: number, bitrate: number): string[] {
  if (latestNanos < LATE_NANOS) return [];
  return [
    `the bus was up to ${(latestNanos / 1e6).toFixed(1)} ms late: ` +
      `the log has more frames than ${bitrate / 1000} kbit/s could carry in its time`,
  ];
}

/**
 * The cell's command line that corresponds to these options. A word of `settings` takes precedence.
 */
export function commandLineOf(
  options: Pick<ScenarioOptions, 'bitrate' | 'spiHertz' | 'settings'>,
): string {
  const { bitrate, spiHertz, settings = [] } = options;
  const words = [`bitrate=${bitrate}`, 'osc=auto', `spi=${spiHertz}`];
  const keyOf = (word: string): string => word.slice(0, word.indexOf('=') + 1);
  const own = words.filter((word) => !settings.some((setting) => setting.startsWith(keyOf(word))));
  return [...own, ...settings].join(' ');
}

function busLogOf(seen: Observations, toLogNanos: (nanos: number) => bigint): string {
  return logText(seen.wire, ({ endNanos, sender, frame }) =>
    formatLogLine(toLogNanos(endNanos), sender, frame),
  );
}

function logText<T>(items: readonly T[], format: (item: T) => string): string {
  return items.map((item) => `${format(item)}\n`).join('');
}

function lastLine({ console }: Board): string {
  return console.lines.at(-1)?.text ?? 'it printed nothing';
}
