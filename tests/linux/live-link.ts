// SPDX-License-Identifier: MIT
/**
 * The cell in the twin, running in real time beside a real canwarden-bridge, with an urgent request
 * on the bus every few milliseconds from start to end.
 *
 * Needs `npm run build`.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cell, System } from '../../cell-config/format/model.ts';
import { type CanFrame, makeFrame } from '../../twin/bus/can-frame.ts';
import type { WireRecord } from '../../twin/bus/can-bus.ts';
import type { EngineName } from '../../twin/engine/engine.ts';
import { CELL_SENDER } from '../../twin/board/board.ts';
import { shutDown, type ShutdownOutcome } from '../../twin/board/cell-control.ts';
import { LiveBoard } from '../../lab/live/live.ts';
import { STATUS_RULE } from '../rule-tables.ts';

/**
 * How long anything here may take, in seconds of a machine that does other things too. A test that
 * passes waits for no longer than what it waits for takes.
 */
export const PATIENCE_SECONDS = 600;

const REQUEST = 0x1a0;
const ANSWER = 0x1a1;
const REQUEST_PERIOD_NANOS = 5_000_000;
export interface LiveLinkOptions {
  readonly engine?: EngineName;
  readonly bitrate?: number;
  /** Default: one that answers the urgent requests. */
  readonly rules?: string;
  /** Virtual seconds for each real one: below 1 leaves a slow peer more time. */
  readonly speed?: number;
  /** The file to share; default: one of its own. */
  readonly sharedFile?: string;
  readonly changeCell?: (cell: Cell) => Cell;
  readonly changeSystem?: (system: System) => System;
  readonly onConsoleLine?: (text: string) => void;
}

export class LiveLink {
  readonly live: LiveBoard;
  readonly sharedFile: string;
  /** What the cell said. */
  readonly consoleLines: string[];
  readonly #folder: string;
  #goOn = true;
  #running: Promise<unknown> = Promise.resolve();

  private constructor(live: LiveBoard, folder: string, sharedFile: string, lines: string[]) {
    this.live = live;
    this.#folder = folder;
    this.sharedFile = sharedFile;
    this.consoleLines = lines;
  }

  /** Starts the cell, which from now on runs by itself while tests wait for other things. */
  static async start(options: LiveLinkOptions = {}): Promise<LiveLink> {
    const { engine = 'wasm', bitrate = 500_000, speed = 1 } = options;
    const folder = mkdtempSync(join(tmpdir(), 'canwarden-link-'));
    const sharedFile = options.sharedFile ?? join(folder, 'link');
    const lines: string[] = [];
    const live = await LiveBoard.create({
      changeCell: options.changeCell,
      changeSystem: options.changeSystem,
      rules: options.rules ?? STATUS_RULE,
      engine,
      bitrate,
      oscillatorHertz: 12_000_000,
      commandLine: `bitrate=${bitrate} console=on`,
      sharedFile,
      speed,
      waitsForBridge: true,
      onConsoleLine: ({ text }) => {
        lines.push(text);
        options.onConsoleLine?.(text);
      },
    });
    const link = new LiveLink(live, folder, sharedFile, lines);
    link.#requestForEver();
    link.#running = live.runWhile(() => link.#goOn);
    return link;
  }

  get nowNanos(): number {
    return this.live.board.clock.now;
  }

  /** Puts frames on the bus, `periodNanos` apart; 0: as fast as the bus takes them. */
  sendOnBus(frames: readonly CanFrame[], periodNanos: number): void {
    const { sender } = this.live.board;
    const startNanos = this.nowNanos + 1_000_000;
    frames.forEach((frame, index) =>
      sender.enqueue(frame, startNanos + index * periodNanos, 'bus'),
    );
  }

  /** Frames on the wire that the cell sent for AGL. */
  sentForAgl(): CanFrame[] {
    return this.live.seen.wire
      .filter(({ sender, frame }) => sender === CELL_SENDER && frame.identifier !== ANSWER)
      .map(({ frame }) => frame);
  }

  /** Waits until `isDone`; fails after PATIENCE_SECONDS of real time, naming `what`. */
  async until(what: string, isDone: () => boolean): Promise<void> {
    const endMillis = Date.now() + PATIENCE_SECONDS * 1000;
    while (!isDone()) {
      assert.ok(Date.now() < endMillis, `${what}: not within ${PATIENCE_SECONDS} s`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Nanoseconds from the end of each urgent request to the start of its answer. Each has one. */
  answerNanos(): number[] {
    const { wire } = this.live.seen;
    const of = (identifier: number): WireRecord[] =>
      wire.filter(({ frame }) => frame.identifier === identifier);
    const answers = of(ANSWER);
    const requests = of(REQUEST).slice(0, -1); // the last one's answer may be on its way
    assert.ok(answers.length >= requests.length, `${requests.length} requests, ${answers.length}`);
    return requests.map((request, index) => answers[index].startNanos - request.endNanos);
  }

  /** Stops the board as `jailhouse cell shutdown` does. */
  async stop(): Promise<ShutdownOutcome> {
    this.#goOn = false;
    await this.#running;
    const outcome = shutDown(this.live.board);
    this.live.board.engine.close();
    rmSync(this.#folder, { recursive: true, force: true });
    return outcome;
  }

  #requestForEver(): void {
    const { clock, sender } = this.live.board;
    const frame = makeFrame({ identifier: REQUEST, data: Uint8Array.of(2) });
    const request = (nanos: number): void => {
      sender.enqueue(frame, nanos, 'bus');
      clock.schedule(nanos + REQUEST_PERIOD_NANOS, request);
    };
    clock.schedule(REQUEST_PERIOD_NANOS, request);
  }
}

/** Data frames of one identifier, numbered in their first four bytes. */
export function numberedFrames(identifier: number, count: number): CanFrame[] {
  return Array.from({ length: count }, (_, index) => {
    const data = new Uint8Array(4);
    new DataView(data.buffer).setUint32(0, index);
    return makeFrame({ identifier, data });
  });
}
