// SPDX-License-Identifier: MIT
/**
 * The shipped image on QEMU's Raspberry Pi 4, at EL1 behind the stub of bsp/qemu-stub: boots it, plays a log on
 * the CAN bus, and collects what the bus and AGL's end of the ring saw.
 *
 * Does not: judge; see compare-with-twin.ts.
 */
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { CanFrame } from '../../twin/bus/can-frame.ts';
import { ivshmemDeviceOf, PROTOCOLS_CAN } from '../../twin/hypervisor/links.ts';
import { mapFile } from '../live/map-file.ts';
import type { TimedFrame } from '../play/log-input.ts';
import { canLine, readReport, type ReportedFrame } from './can-line.ts';
import { LineSocket } from './line-socket.ts';
import { QemuProcess } from './qemu-process.ts';
import { BOARD_MEMORY_BYTES, cellStateIn, layMemory, sharedMemoryOf } from './stub-memory.ts';
import type { StubContents } from './stub-memory.ts';
import { StubPeer } from './stub-peer.ts';

/** QEMU's board has no other size. */
const RAM_BYTES = 2 * 2 ** 30;
/** A clock that QEMU's counter can have exactly: it counts by whole nanoseconds. */
const COUNTER_HERTZ = 62_500_000;
/** Virtual time from the answer to the last line to the first frame. */
const LEAD_NANOS = 20_000_000;
/** Lines for the node between two looks at the ring. */
const LINES_AT_ONCE = 128;
/** Real time for the cell and AGL to have a session. */
const SETTLE_MILLIS = 2_000;
const READY = /canwarden: ready/;

export interface StubOptions extends StubContents {
  readonly emulator: string;
  readonly bitrate: number;
  readonly oscillatorHertz: number;
  /** An instruction takes 2 to the power of this, in nanoseconds. */
  readonly icountShift: number;
  readonly onConsoleLine: (line: string) => void;
  /** Real seconds for the start of the cell. */
  readonly bootSeconds: number;
}

export class StubBoard {
  readonly peer: StubPeer;
  /** Good frames on the bus, in order. Times are from the first frame of the log on. */
  readonly wire: ReportedFrame[] = [];
  readonly #memory: Buffer;
  readonly #process: QemuProcess;
  readonly #node: LineSocket;
  readonly #console: LineSocket;
  readonly #onConsoleLine: (line: string) => void;
  #isReady = false;
  #hasParked = false;

  private constructor(
    process: QemuProcess,
    sockets: { node: LineSocket; console: LineSocket },
    memory: Buffer,
    { system, onConsoleLine }: StubOptions,
  ) {
    this.#process = process;
    this.#node = sockets.node;
    this.#console = sockets.console;
    this.#memory = memory;
    this.#onConsoleLine = onConsoleLine;
    const device = ivshmemDeviceOf(system.rootCell, ...PROTOCOLS_CAN);
    this.peer = new StubPeer(sharedMemoryOf(memory, system, device), device.shmemProtocol);
  }

  /** Boots, and waits for the cell and for the link. Throws with what the console said. */
  static async boot(options: StubOptions): Promise<StubBoard> {
    let memory: Buffer | undefined;
    const qemu = new QemuProcess(options.emulator, (folder) => {
      // QEMU asks for all of its size; what nobody writes takes no place.
      writeFileSync(join(folder, 'ram'), '');
      truncateSync(join(folder, 'ram'), RAM_BYTES);
      memory = mapFile(join(folder, 'ram'), BOARD_MEMORY_BYTES);
      layMemory(memory, options);
      return parametersFor(folder, options);
    });
    try {
      const node = new LineSocket(await qemu.connect('node'));
      const console = new LineSocket(await qemu.connect('console'));
      const board = new StubBoard(qemu, { node, console }, memory!, options);
      await board.#tell(['Z1']);
      await board.#runUntil(() => board.#isReady && board.peer.isLinkUp, options.bootSeconds);
      return board;
    } catch (error) {
      await qemu.stop();
      throw error;
    }
  }

  /** Plays the frames of a log, and goes on until nothing more comes. */
  async play(
    frames: readonly TimedFrame[],
    onProgress: (played: number) => void,
    limitSeconds: number,
  ): Promise<void> {
    const lines = frames.map(({ frame, nanos }) => `@${LEAD_NANOS + nanos} ${canLine(frame)}`);
    // The cell takes an AGL that stands still for 200 ms for gone: it may have to begin a session anew.
    const settledMillis = performance.now() + SETTLE_MILLIS;
    await this.#runUntil(() => performance.now() > settledMillis, limitSeconds);
    await this.#tell(['B']);
    this.wire.length = 0;
    // A long log takes long to hand over.
    for (let first = 0; first < lines.length; first += LINES_AT_ONCE) {
      this.peer.look();
      await this.#tell(lines.slice(first, first + LINES_AT_ONCE));
    }
    let played = 0;
    let seen = -1;
    let quietSince = performance.now();
    await this.#runUntil(() => {
      for (const { isOwn } of this.wire.slice(Math.max(seen, 0))) if (isOwn) played++;
      if (this.wire.length !== seen) quietSince = performance.now();
      seen = this.wire.length;
      onProgress(played);
      return played >= frames.length && performance.now() - quietSince > 2000;
    }, limitSeconds);
  }

  /** The frames that AGL's end of the ring got. */
  get forwarded(): readonly CanFrame[] {
    return this.peer.received;
  }

  async stop(): Promise<void> {
    this.#node.end();
    this.#console.end();
    await this.#process.stop();
  }

  async #runUntil(isDone: () => boolean, limitSeconds: number): Promise<void> {
    const endMillis = performance.now() + limitSeconds * 1000;
    for (;;) {
      this.peer.look();
      this.#takeLines();
      if (isDone()) return;
      if (this.#process.hasEnded) throw this.#process.failure('ended by itself');
      if (this.#hasParked) throw this.#process.failure('the stub has parked the cell');
      if (performance.now() > endMillis) {
        throw this.#process.failure(
          `not done after ${limitSeconds} s; cell state ${cellStateIn(this.#memory)}, ` +
            `link ${this.peer.isLinkUp ? 'up' : 'down'}, ${this.wire.length} frames on the bus`,
        );
      }
      await wait(1);
    }
  }

  #takeLines(): void {
    for (const line of this.#node.lines.splice(0)) {
      const report = readReport(line);
      if (report !== undefined) this.wire.push(report);
    }
    for (const line of this.#console.lines.splice(0)) {
      this.#onConsoleLine(line);
      this.#isReady ||= READY.test(line);
      this.#hasParked ||= line.startsWith('stub: Parking');
    }
  }

  /** Sends lines to the node on the bus, and waits until it has understood all. */
  async #tell(lines: readonly string[]): Promise<void> {
    this.#node.send(lines.map((line) => `${line}\n`).join(''));
    for (let understood = 0; understood < lines.length;) {
      const [line] = await this.#node.take(1);
      if (line === 'ok') understood++;
      else {
        const report = readReport(line);
        if (report === undefined) throw this.#process.failure(`the node said ${line}`);
        this.wire.push(report);
      }
    }
  }
}

function parametersFor(folder: string, options: StubOptions): string[] {
  const { bitrate, oscillatorHertz, icountShift } = options;
  return [
    ...['-object', `memory-backend-file,id=ram,size=${RAM_BYTES},mem-path=${folder}/ram,share=on`],
    ...['-object', `can-bus,id=bus,bitrate=${bitrate}`],
    ...['-machine', 'raspi4b,memory-backend=ram,canbus0=bus'],
    ...['-global', `mcp2515.oscillator=${oscillatorHertz}`, '-global', 'bcm2835-spi.timed=on'],
    ...['-global', `cortex-a72-arm-cpu.cntfrq=${COUNTER_HERTZ}`],
    ...['-icount', `shift=${icountShift},sleep=off`, '-display', 'none', '-monitor', 'none'],
    ...['-chardev', `socket,id=node,path=${folder}/node,server=on,wait=on`],
    ...['-device', 'can-chardev-node,canbus=bus,chardev=node,several=on'],
    ...['-chardev', `socket,id=console,path=${folder}/console,server=on,wait=on`],
    ...['-serial', 'null', '-serial', 'chardev:console'],
  ];
}
