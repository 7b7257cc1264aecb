// SPDX-License-Identifier: MIT
/**
 * The world around a canwarden-bridge whose cost is counted: a cell that gives and takes frames, an interface
 * with as many, and the time. The bridge's process is linked with world.c.
 *
 * The cell is the bridge's own module in the other role: here it is only a peer that keeps up.
 * Does not: measure anything itself; system calls are counted by world.c, instructions by count-steps.c.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mapFile } from '../../../lab/live/map-file.ts';
import { BRIDGE_FLAGS, BRIDGE_SOURCES } from '../../../scripts/build/bridge.ts';
import { PROJECT } from '../../../scripts/build/command.ts';
import { NATIVE_COMPILER } from '../../../scripts/build/compilers.ts';
import { CellModule, FRAME_BYTES } from './cell-module.ts';

const EXCHANGE = 0x82000;
const FILE_BYTES = 0xc4000;
const RING_FRAMES = 8192;

/** The page that world.c calls `struct exchange`. */
const AT = {
  nowNanos: 0x00,
  sleepNanos: 0x08,
  interfacePolled: 0x10,
  interruptEnabled: 0x14,
  interruptPending: 0x18,
  stop: 0x1c,
  room: 0x20,
  refusal: 0x24,
  counts: 0x28,
  sleeps: 0x2c,
  receives: 0x30,
  sends: 0x34,
  others: 0x38,
  registerWrites: 0x3c,
  doorbells: 0x40,
  toCellHead: 0x44,
  toCellTail: 0x48,
  fromCellHead: 0x4c,
  fromCellTail: 0x50,
} as const;
const TO_CELL = 0x1000;
const FROM_CELL = TO_CELL + RING_FRAMES * FRAME_BYTES;

const REPLACED = [
  ...['can_socket_open', 'link_open', 'link_register_read', 'link_register_write'],
  ...['epoll_ctl', 'epoll_pwait2', 'recvmmsg', 'sendmmsg', 'clock_gettime'],
];

/** The programs: the bridge in its world, and the tracer. */
export interface Programs {
  readonly bridge: string;
  readonly tracer: string;
}

/** Builds the bridge with these flags as `name` in `folder`. */
export function buildPrograms(folder: string, name: string, flags: readonly string[]): Programs {
  const bridge = join(folder, name);
  const tracer = join(folder, 'count-steps');
  const here = 'tests/linux/load';
  for (const words of [
    [
      ...BRIDGE_FLAGS,
      ...flags,
      // The generated code draws warnings by the thousand.
      '-w',
      ...['-DCANWARDEN_VERSION="counted"', '-Ibsp/linux', '-Ibsp/wasm-rt'],
      ...['-Ibuild/bridge', '-Ibuild/generated', `${here}/world.c`, ...BRIDGE_SOURCES],
      ...REPLACED.map((name) => `-Wl,--wrap=${name}`),
      ...['-o', bridge],
    ],
    ['-std=gnu11', '-O2', '-Wall', '-Wextra', `${here}/count-steps.c`, '-o', tracer],
  ]) {
    const { status, stderr } = spawnSync(NATIVE_COMPILER, words, {
      cwd: PROJECT,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(stderr);
  }
  return { bridge, tracer };
}

/** What the bridge has done since the count began. */
export interface Calls {
  readonly sleeps: number;
  readonly receives: number;
  readonly sends: number;
  readonly others: number;
  readonly registerWrites: number;
  readonly doorbells: number;
}

export interface WorldOptions {
  readonly programs: Programs;
  readonly role: 'back-end' | 'front-end';
  /** Counts instructions, at some microseconds each. */
  readonly isTraced?: boolean;
}

export class World {
  /** Frames as the interface and the cell got them, 16 bytes each. */
  readonly onInterface: Buffer[] = [];
  readonly atCell: Buffer[] = [];
  readonly messages: string[] = [];
  /** The cell does nothing meanwhile. */
  isCellFrozen = false;
  nowNanos = 1_000_000_000;
  readonly #folder = mkdtempSync(join(tmpdir(), 'canwarden-world-'));
  readonly #exchange: Buffer;
  readonly #child: ChildProcess;
  readonly #cell: CellModule;
  readonly #plan: { readonly nanos: number; readonly act: () => void }[] = [];
  #output = '';
  #resume: (() => void) | undefined;
  #turnTaken = false;
  #status: number | null = null;
  #base: Calls | undefined;

  constructor({ programs, role, isTraced = false }: WorldOptions) {
    const path = join(this.#folder, 'world');
    const file = mapFile(path, FILE_BYTES);
    this.#exchange = file.subarray(EXCHANGE);
    this.#set(AT.room, 0xffffffff);
    this.#cell = new CellModule({
      wasm: readFileSync(join(PROJECT, 'build/bridge.wasm')),
      file,
      role: role === 'back-end' ? 'front-end' : 'back-end',
      nowNanos: () => this.nowNanos,
      ring: () => this.#ring(),
      onFrame: (frame) => this.atCell.push(frame),
    });
    const socket = join(this.#folder, 'bridge.sock');
    const words = [programs.bridge, '--interface', 'counted', '--socket', socket, '--stats=json'];
    const [program, ...parameters] = isTraced ? [programs.tracer, ...words] : words;
    this.#child = spawn(program, parameters, {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
      env: {
        ...process.env,
        WORLD_FILE: path,
        ...(isTraced ? { WORLD_TRACED: '1' } : {}),
        ...(role === 'front-end' ? { WORLD_FRONT_END: '1' } : {}),
      },
    });
    const [, out, err, turn] = this.#child.stdio as unknown as NodeJS.ReadableStream[];
    out.on('data', (chunk: Buffer) => (this.#output += String(chunk)));
    err.on('data', (chunk: Buffer) => this.messages.push(String(chunk)));
    turn.on('data', () => this.#wake(true));
    this.#child.on('close', (status) => {
      this.#status = status ?? -1;
      this.#wake(false);
    });
  }

  /** Plans something at a time; in order of time. */
  at(nanos: number, act: () => void): void {
    this.#plan.push({ nanos, act });
  }

  /** Frames arrive at the interface. */
  giveInterface(frames: readonly Buffer[]): void {
    for (const frame of frames) {
      const tail = this.#get(AT.toCellTail);
      frame.copy(this.#exchange, TO_CELL + (tail % RING_FRAMES) * FRAME_BYTES);
      this.#set(AT.toCellTail, tail + 1);
    }
  }

  /** The cell has frames for the interface. */
  giveCell(frames: readonly Buffer[]): void {
    this.#cell.give(frames);
  }

  /** The interface takes only so many frames from now on. */
  set room(frames: number) {
    this.#set(AT.room, frames);
  }

  /** The interface refuses every frame with this errno; 0: it takes them. */
  set refusal(errno: number) {
    this.#set(AT.refusal, errno);
  }

  /** Frames of the interface that the bridge has not read. */
  get unread(): number {
    return this.#get(AT.toCellTail) - this.#get(AT.toCellHead);
  }

  get isRunning(): boolean {
    return this.#cell.isRunning;
  }

  /** Runs until `isDone` at a sleep of the bridge. Fails when the bridge ends, or after so many sleeps. */
  async run(isDone: () => boolean, sleepsMost = 1_000_000): Promise<void> {
    for (let sleeps = 0; sleeps < sleepsMost; sleeps += 1) {
      if (!this.#turnTaken) await this.#turn();
      this.#turnTaken = true;
      this.#takeFrames();
      this.#work();
      if (isDone()) return;
      this.#advance();
      this.#turnTaken = false;
      (this.#child.stdio[4] as unknown as NodeJS.WritableStream).write('.');
    }
    throw new Error(`not done after ${sleepsMost} sleeps\n${this.messages.join('')}`);
  }

  /** Counts from here on. */
  beginCount(): void {
    this.#base = this.#calls();
    this.#set(AT.counts, 1);
  }

  counted(): Calls {
    const now = this.#calls();
    const base = this.#base ?? now;
    const keys = Object.keys(now) as (keyof Calls)[];
    return Object.fromEntries(keys.map((key) => [key, now[key] - base[key]])) as unknown as Calls;
  }

  /** Ends the bridge. Returns what it, and the tracer behind it, printed: a line of JSON each. */
  async end(): Promise<Record<string, number>[]> {
    this.#set(AT.stop, 1);
    (this.#child.stdio[4] as unknown as NodeJS.WritableStream).write('.');
    while (this.#status === null) await this.#turn().catch(() => {});
    rmSync(this.#folder, { recursive: true, force: true });
    const lines = this.#output.trim().split('\n');
    return lines.map((line) => JSON.parse(line) as Record<string, number>);
  }

  /** Kills it, if it is still there. */
  kill(): void {
    this.#child.kill('SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Moves the time to what ends the bridge's sleep. */
  #advance(): void {
    const sleep = Number(this.#exchange.readBigUInt64LE(AT.sleepNanos));
    const endNanos = this.nowNanos + sleep;
    while (!this.#isReady()) {
      const next = this.#plan[0];
      if (!next || next.nanos > endNanos) {
        this.nowNanos = endNanos;
        break;
      }
      this.#plan.shift();
      this.nowNanos = Math.max(this.nowNanos, next.nanos);
      next.act();
      this.#work();
    }
    this.#exchange.writeBigUInt64LE(BigInt(this.nowNanos), AT.nowNanos);
  }

  #work(): void {
    if (!this.isCellFrozen) this.#cell.work();
  }

  #isReady(): boolean {
    if (this.#get(AT.interruptPending) !== 0) return true;
    return this.#get(AT.interfacePolled) !== 0 && this.unread > 0;
  }

  /** The cell rings, or changes its state. A one-shot interrupt: nobody hears it until it is armed again. */
  #ring(): void {
    if (this.#get(AT.interruptEnabled) === 0) return;
    this.#set(AT.interruptEnabled, 0);
    this.#set(AT.interruptPending, 1);
  }

  #takeFrames(): void {
    let head = this.#get(AT.fromCellHead);
    for (; head !== this.#get(AT.fromCellTail); head += 1) {
      const at = FROM_CELL + (head % RING_FRAMES) * FRAME_BYTES;
      this.onInterface.push(Buffer.from(this.#exchange.subarray(at, at + FRAME_BYTES)));
    }
    this.#set(AT.fromCellHead, head);
  }

  #calls(): Calls {
    return {
      sleeps: this.#get(AT.sleeps),
      receives: this.#get(AT.receives),
      sends: this.#get(AT.sends),
      others: this.#get(AT.others),
      registerWrites: this.#get(AT.registerWrites),
      doorbells: this.#get(AT.doorbells),
    };
  }

  #turn(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#resume = () => {
        if (this.#status === null) resolve();
        else reject(new Error(`the bridge ended (${this.#status})\n${this.messages.join('')}`));
      };
      if (this.#status !== null || this.#turnWaits) this.#wake(this.#turnWaits);
    });
  }

  #turnWaits = false;

  #wake(isTurn: boolean): void {
    const resume = this.#resume;
    this.#resume = undefined;
    this.#turnWaits = isTurn && resume === undefined;
    resume?.();
  }

  #get(offset: number): number {
    return this.#exchange.readUInt32LE(offset);
  }

  #set(offset: number, value: number): void {
    this.#exchange.writeUInt32LE(value >>> 0, offset);
  }
}
