// SPDX-License-Identifier: MIT
/**
 * The worker in which the board runs: takes messages of the page, keeps the pace, reports.
 */
import './buffer.ts';
import { exportLog } from './export-log.ts';
import { Pace } from './pace.ts';
import { replayDemo, replayLog } from './replay.ts';
import { Simulation } from './simulation.ts';
import type { FirmwareBytes, FromBoard, ToBoard } from '../protocol.ts';
import { CELL_SENDER } from '../../twin/board/board.ts';

const SNAPSHOT_MILLIS = 100;
/** The page draws for at most this part of the time. */
const DRAWING_SHARE = 1 / 3;
const IDLE_MILLIS = 8;
const INTERMISSION_BITS = 3;
/** For the next frame or instruction, while time is stepped. */
const STEP_LIMIT_NANOS = 200_000_000;
const STEP_SLICE_NANOS = 1_000;

const pace = new Pace();
const soon = new MessageChannel();
let board: Simulation | undefined;
let firmware: FirmwareBytes | undefined;
/** The last start; an older one that ends later does not count. */
let starts = 0;
/** When the next snapshot is due. Infinity: the page still draws the last one. */
let nextSnapshotMillis = 0;
let sentMillis = 0;
let isChanged = true;
let before = { nanos: 0, busyNanos: 0, frames: 0, errors: 0 };

function tell(message: FromBoard): void {
  postMessage(message);
}

async function start(message: Extract<ToBoard, { kind: 'start' }>): Promise<void> {
  firmware = message.firmware ?? firmware;
  if (firmware === undefined) throw new Error('no firmware was given');
  const number = ++starts;
  const opened = await Simulation.open(message.setup, firmware);
  if (number !== starts) return opened.close();
  if (board !== undefined) {
    opened.load.set(board.load.percent);
    board.close();
  }
  board = opened;
  before = { nanos: opened.rig.now, busyNanos: 0, frames: 0, errors: 0 };
  pace.set(pace.factor);
  tell({ kind: 'ready', rules: opened.ruleCount });
}

function step(running: Simulation, by: number | 'frame' | 'spi'): void {
  if (typeof by === 'number') return running.runTo(running.rig.now + by);
  const { recorder } = running;
  const count = (): number =>
    by === 'frame' ? recorder.frames + recorder.errors : recorder.transactionCount;
  const counted = count();
  const end = running.rig.now + STEP_LIMIT_NANOS;
  while (count() === counted && running.rig.now < end) {
    running.runTo(running.rig.now + STEP_SLICE_NANOS);
  }
  if (count() === counted) tell({ kind: 'note', text: 'nothing happened in 200 ms of board time' });
}

function act(message: Exclude<ToBoard, { kind: 'start' | 'shown' }>, running: Simulation): void {
  switch (message.kind) {
    case 'rules':
      return running.giveRules(message.text, message.databases);
    case 'send':
      return running.send(message.frame, message.side);
    case 'load':
      return running.load.set(message.percent);
    case 'flood':
      return running.flood.set(message.on);
    case 'linux':
      return running.setLinux(message.on);
    case 'interrupt wire':
      return running.setInterruptWire(message.whole);
    case 'speed':
      return pace.set(message.factor);
    case 'step':
      return step(running, message.by);
    case 'replay': {
      const notes = replayLog(running, message.name, message.bytes);
      return notes.forEach((text) => tell({ kind: 'note', text }));
    }
    case 'demo':
      return tell({ kind: 'note', text: replayDemo(running) });
    case 'export': {
      const { suffix } = message;
      const bytes = exportLog(running.recorder.history.toArray(), suffix, CELL_SENDER);
      return tell({ kind: 'export', suffix, bytes });
    }
  }
}

/** A page that is slow to draw gets fewer snapshots, so that it can still take a click. */
function shown(): void {
  const drawingMillis = performance.now() - sentMillis;
  nextSnapshotMillis = sentMillis + Math.max(SNAPSHOT_MILLIS, drawingMillis / DRAWING_SHARE);
}

/** A mistake in what the user gave is told; the board goes on. */
async function take(message: ToBoard): Promise<void> {
  if (message.kind === 'shown') return shown();
  isChanged = true;
  try {
    if (message.kind === 'start') await start(message);
    else if (board !== undefined) act(message, board);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (message.kind === 'rules') tell({ kind: 'rules refused', reason });
    else if (message.kind === 'start') tell({ kind: 'failed', reason });
    else tell({ kind: 'note', text: reason });
  }
}

function report(running: Simulation): void {
  const verdict = running.takeVerdict();
  if (verdict !== undefined) {
    if ('refused' in verdict) tell({ kind: 'rules refused', reason: verdict.refused });
    else tell({ kind: 'rules in force', ...verdict });
  }
  const { recorder, rig } = running;
  const spanNanos = rig.now - before.nanos;
  const frames = recorder.frames + recorder.errors - before.frames - before.errors;
  const pauses = frames * INTERMISSION_BITS * rig.bitNanos;
  const busyNanos = recorder.busyNanos - before.busyNanos + pauses;
  tell({
    kind: 'snapshot',
    ...running.look(),
    factor: pace.factor,
    reached: pace.reached,
    busPercent: spanNanos === 0 ? 0 : Math.min(100, (100 * busyNanos) / spanNanos),
    framesPerSecond: spanNanos === 0 ? 0 : (frames * 1e9) / spanNanos,
    timeline: recorder.takeTimeline(),
    lines: recorder.lines.take(),
  });
  const { busyNanos: busy, frames: good, errors } = recorder;
  before = { nanos: rig.now, busyNanos: busy, frames: good, errors };
}

function loop(): void {
  let isBehind = false;
  if (board !== undefined) {
    try {
      isBehind = pace.run(board);
      const millis = performance.now();
      if (millis >= nextSnapshotMillis && (isChanged || pace.factor > 0)) {
        nextSnapshotMillis = Infinity;
        sentMillis = millis;
        isChanged = false;
        report(board);
      }
    } catch (error) {
      board = undefined;
      tell({ kind: 'failed', reason: error instanceof Error ? error.message : String(error) });
    }
  }
  if (isBehind) soon.port2.postMessage(undefined);
  else setTimeout(loop, IDLE_MILLIS);
}

soon.port1.onmessage = loop;
addEventListener('message', (event: MessageEvent<ToBoard>) => void take(event.data));
loop();
