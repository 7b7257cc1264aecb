// SPDX-License-Identifier: MIT
/**
 * `npm run twin -- --shm FILE --realtime`: the board beside a real canwarden-bridge.
 *
 * It checks the answers.
 * Does not: judge what reaches AGL, which is on the other side of the file.
 */
import { join } from 'node:path';
import { prepareToWrite, readTextInput, writeWhole } from '../../cell-config/files.ts';
import { compileRules } from '../../rules/compile.ts';
import { counted } from '../../cell-config/plural.ts';
import { formatDiagnostic } from '../../rules/diagnostics.ts';
import { formatLogLine } from '../../twin/logs/candump/write.ts';
import { idleKindOf, loadFirmware } from '../rig/firmware.ts';
import { CELL_SENDER } from '../../twin/board/board.ts';
import { shutDown } from '../../twin/board/cell-control.ts';
import { asInput, type CommandOptions, readBusLog, tell } from '../play/command.ts';
import { LiveBoard } from './live.ts';
import { prepareInput } from '../play/log-input.ts';
import { demandFor } from '../verify/rule-oracle.ts';
import { commandLineOf } from '../play/scenario.ts';

export interface LiveCommandOptions extends Pick<
  CommandOptions,
  | 'rulesFile'
  | 'busFile'
  | 'interfaceName'
  | 'secondsLimit'
  | 'engine'
  | 'bitrate'
  | 'oscillatorHertz'
  | 'spiHertz'
  | 'settings'
  | 'outputDirectory'
> {
  readonly sharedFile: string;
  readonly speed: number;
}

/** From the last frame to the end of the run, in virtual time. */
const DRAIN_NANOS = 200_000_000;
/** Longest time after the last frame's time without a frame of the log on the bus. */
const STUCK_NANOS = 1_000_000_000;

/**
 * Plays the log once the bridge is running, then continues for a while. Returns the exit status.
 */
export async function runLiveCommand(options: LiveCommandOptions): Promise<number> {
  const busLog = join(options.outputDirectory, 'bus.log');
  const { live, input, table } = await asInput(() => prepare(options));
  const { board, seen } = live;
  let stopped = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => (stopped = true));
  say(`sharing ${options.sharedFile}; start: build/canwarden-bridge --shm ${options.sharedFile}`);
  await live.runWhile(() => !live.isLinkUp && !stopped);
  const startNanos = board.clock.now;
  // The units that sent the recorded frames acknowledged each other.
  board.sender.isSeveralUnits = true;
  for (const { frame, nanos, interfaceName, isLate } of input.bus) {
    board.sender.enqueue(frame, startNanos + nanos, interfaceName, isLate);
  }
  const last = input.bus.at(-1)?.nanos ?? 0;
  const endNanos = startNanos + last + DRAIN_NANOS;
  let progressNanos = endNanos;
  let pending = input.bus.length;
  const isPlayed = () => {
    const { now } = board.clock;
    if (board.sender.pendingCount !== pending) progressNanos = Math.max(endNanos, now);
    pending = board.sender.pendingCount;
    return now >= endNanos && (pending === 0 || now - progressNanos >= STUCK_NANOS);
  };
  await live.runWhile(() => !stopped && !isPlayed());
  const shutdown = shutDown(board);
  const requests = seen.wire.filter(
    ({ sender, frame }) => sender !== CELL_SENDER && demandFor(table, frame).answer,
  ).length;
  const lines = seen.wire.map(({ frame, sender, endNanos: nanos }) =>
    formatLogLine(input.startNanos + BigInt(Math.round(nanos - startNanos)), sender, frame),
  );
  writeWhole(busLog, Buffer.from(lines.map((line) => `${line}\n`).join('')));
  const sent = seen.wire.filter(({ sender }) => sender === CELL_SENDER).length;
  say(
    `${counted(seen.wire.length, 'frame')} on the bus, ${counted(requests, 'urgent request')}, ${sent} sent by the cell`,
  );
  say(`shutdown request: ${shutdown}. Log: ${busLog}`);
  board.engine.close();
  const isStuck = pending > 0 && !stopped;
  if (isStuck) say(`${pending} of ${counted(input.bus.length, 'frame')} never left`);
  return shutdown === 'approved' && !isStuck ? 0 : 1;
}

async function prepare(options: LiveCommandOptions) {
  const compiled = compileRules(readTextInput(options.rulesFile, 'rules file'), options.rulesFile);
  const { entries: bus, notes } = readBusLog(options);
  const input = prepareInput(bus, [], options.secondsLimit);
  prepareToWrite(join(options.outputDirectory, 'bus.log'));
  const firmware = loadFirmware(options.engine, { idle: idleKindOf(options.settings) });
  tell(...compiled.warnings.map(formatDiagnostic), ...notes);
  const { bitrate, oscillatorHertz } = options;
  const live = await LiveBoard.create({
    firmware,
    engine: options.engine,
    rules: compiled.image,
    bitrate,
    oscillatorHertz,
    commandLine: commandLineOf(options),
    sharedFile: options.sharedFile,
    speed: options.speed,
    onConsoleLine: ({ nanos, source, text }) =>
      say(`[${(nanos / 1e9).toFixed(6)}] ${source}: ${text}`),
  });
  return { live, input, table: compiled.table };
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
