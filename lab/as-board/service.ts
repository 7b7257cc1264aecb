// SPDX-License-Identifier: MIT
/**
 * The board behind the commands of scripts.ts: `jailhouse` makes, loads and starts cells on the twin, `systemctl`
 * starts the bridge, `sleep` lets virtual time pass, `bus` is another node.
 *
 * Time passes only while a command asks for it.
 * Does not: run the helper; its shell does (command.ts).
 */
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { resolve } from 'node:path';
import { CELL_SENDER } from '../../twin/board/board.ts';
import { isSessionUp, shutDown } from '../../twin/board/cell-control.ts';
import type { EngineName } from '../../twin/engine/engine.ts';
import { CELL_FAILED, CELL_SHUT_DOWN } from '../../twin/hypervisor/communication-region.ts';
import { parseFrameText } from '../../twin/logs/candump/frame-text.ts';
import { formatLogLine } from '../../twin/logs/candump/write.ts';
import type { CanFrame } from '../../twin/bus/can-frame.ts';
import { idleKindOf, loadFirmware } from '../rig/firmware.ts';
import { bringUp, makeRig } from '../rig/open-rig.ts';
import type { Rig } from '../rig/rig.ts';
import { PLAYED_FAULTS, type PlayedFaultName } from '../selftest/faults.ts';
import { runSelfTest } from '../selftest/run.ts';
import { answer, type Reply } from './questions.ts';
import { type BoardRoot, CONSOLE } from './root.ts';

export interface ServedBoard {
  readonly engine: EngineName;
  readonly bitrate: number;
  readonly oscillatorHertz: number;
  /** A fault of lab/selftest/faults.ts, for the self test. */
  readonly fault?: string;
}

const MILLISECOND = 1_000_000;
/** For so long the frames that follow one of `bus` are shown. */
const SHOWN_NANOS = 100 * MILLISECOND;
const LINK_LIMIT_NANOS = 1_000 * MILLISECOND;
/** Until the page shows the session. */
const SETTLE_MILLIS = 30;
const BAD_USAGE = 2;
const DONE: Reply = { status: 0 };

interface Loaded {
  readonly image: string;
  readonly words: string;
  readonly rules?: Uint8Array;
}

export class BoardService {
  readonly #root: BoardRoot;
  readonly #options: ServedBoard;
  #loaded: Loaded | undefined;
  #rig: Rig | undefined;
  /** Lines of the rig that the console has. */
  #told = 0;
  #console = '';
  #socket: Server | undefined;

  constructor(root: BoardRoot, options: ServedBoard) {
    this.#root = root;
    this.#options = options;
  }

  /** Carries a command out, given in `folder`. The first word is its name. */
  async act(folder: string, [name, ...words]: readonly string[]): Promise<Reply> {
    switch (name) {
      case 'jailhouse':
        return this.#jailhouse(words);
      case 'systemctl':
        return this.#systemctl(words);
      case 'sleep':
        this.#run(Number(words[0]) * 1000);
        return DONE;
      case 'bus':
        return this.#bus(words);
      case 'canwarden-bridge':
        return this.#ask(folder, words);
      case 'modprobe':
        if (words.includes('jailhouse')) this.#root.loadModule();
        return DONE;
      default:
        return DONE;
    }
  }

  close(): void {
    this.#socket?.close();
    this.#rig?.close();
  }

  async #jailhouse(words: readonly string[]): Promise<Reply> {
    const [first = '', second = ''] = words;
    switch (first === 'cell' ? second : first) {
      case 'enable':
        this.#root.enable();
        this.#say('Initializing Jailhouse hypervisor v0.12', 'The Jailhouse is opening.');
        return DONE;
      case 'create':
        this.#root.setCell('shut down');
        this.#say('Created cell "canwarden"');
        return DONE;
      case 'load':
        return this.#load(words.slice(3));
      case 'start':
        return this.#start();
      case 'shutdown':
        this.#stop();
        return DONE;
      case 'destroy':
        this.#stop();
        this.#root.setCell(undefined);
        return DONE;
      case 'console':
        return { status: 0, out: this.#console };
      default:
        return { status: BAD_USAGE, error: `jailhouse: not on the twin: ${words.join(' ')}` };
    }
  }

  /** IMAGE -s WORDS -a ADDRESS, and RULES -a ADDRESS. */
  #load([image = '', , words = '', , , rules = '-s']: readonly string[]): Reply {
    this.#stop();
    const table =
      rules === '-s' ? undefined : Uint8Array.from(readFileSync(this.#root.pathOf(rules)));
    this.#loaded = { image, words, rules: table };
    this.#say('Cell "canwarden" can be loaded');
    return DONE;
  }

  async #start(): Promise<Reply> {
    const loaded = this.#loaded;
    if (loaded === undefined) return { status: 1, error: 'JAILHOUSE_CELL_START: Invalid argument' };
    this.#say('Started cell "canwarden"');
    if (loaded.image.endsWith('canwarden-selftest.bin')) return this.#selfTest(loaded.words);
    const { engine, bitrate, oscillatorHertz } = this.#options;
    const firmware = loadFirmware(engine, { idle: idleKindOf(loaded.words.split(' ')) });
    this.#rig = await makeRig({
      ...{ engine, bitrate, oscillatorHertz, firmware, rules: loaded.rules },
      ...{ commandLine: loaded.words, withoutAgl: true },
    });
    this.#told = 0;
    bringUp(this.#rig.board);
    if (this.#socket !== undefined) this.#connect();
    this.#note();
    return DONE;
  }

  async #selfTest(words: string): Promise<Reply> {
    const { engine, bitrate, oscillatorHertz, fault } = this.#options;
    const played = fault === undefined ? undefined : PLAYED_FAULTS[fault as PlayedFaultName];
    const { lines } = await runSelfTest({
      // The other engine counts no instructions.
      ...{ engine: words.startsWith('measure') ? 'image' : engine, bitrate, oscillatorHertz },
      ...{ words: words.split(' '), commandLine: words, withoutAgl: this.#socket === undefined },
      ...played?.options,
    });
    this.#say(...lines);
    this.#root.setCell('shut down');
    return DONE;
  }

  #stop(): void {
    if (this.#rig === undefined) return;
    shutDown(this.#rig.board);
    this.#note();
    this.#rig.close();
    this.#rig = undefined;
    this.#root.setCell('shut down');
  }

  #systemctl([verb = '', unit = '']: readonly string[]): Reply {
    const isRunning = this.#socket !== undefined;
    if (verb === 'is-active') {
      return { status: isRunning ? 0 : 3, out: isRunning ? 'active\n' : 'inactive\n' };
    }
    if (!unit.startsWith('canwarden-bridge'))
      return { status: 5, error: `no unit ${unit} on the twin` };
    if (verb !== 'start' && isRunning) {
      this.#socket?.close();
      this.#socket = undefined;
      this.#root.remove('fake/bridge-runs');
      this.#rig?.board.bridge?.stop();
    }
    if ((verb === 'start' || verb === 'restart') && this.#socket === undefined) {
      // The helper looks whether a socket is there; its client asks by the pipe.
      this.#socket = createServer().listen(this.#root.socket);
      this.#root.write('fake/bridge-runs', '');
      this.#connect();
    }
    return DONE;
  }

  /** The bridge joins the running cell, if there is one. */
  #connect(): void {
    const board = this.#rig?.board;
    if (board === undefined) return;
    board.bridge?.start();
    const endNanos = board.clock.now + LINK_LIMIT_NANOS;
    while (!isSessionUp(board) && board.clock.now < endNanos) this.#run(1);
    this.#run(SETTLE_MILLIS);
  }

  #bus([text = '']: readonly string[]): Reply {
    const refuse = (_offset: number, reason: string): never => {
      throw new RangeError(reason);
    };
    let frame: CanFrame;
    try {
      const content = parseFrameText(text, refuse);
      if (content.kind !== 'frame') throw new RangeError('no classical frame');
      frame = content.frame;
    } catch (error) {
      return {
        status: BAD_USAGE,
        error: `bus takes a frame such as 100#0102: ${(error as Error).message}`,
      };
    }
    const rig = this.#rig;
    if (rig === undefined)
      return { status: 1, error: 'nobody acknowledges: the cell does not run' };
    const before = rig.wire.length;
    rig.send(frame);
    this.#run(SHOWN_NANOS / MILLISECOND);
    const seen = rig.wire.slice(before).filter(({ outcome }) => outcome === 'complete');
    const lines = seen.map(({ frame: seenFrame, sender, endNanos }) => {
      const name = sender === CELL_SENDER ? 'canwarden' : 'can0';
      return `${formatLogLine(BigInt(Math.round(endNanos)), name, seenFrame)}\n`;
    });
    return { status: 0, out: lines.join('') };
  }

  #ask(folder: string, words: readonly string[]): Reply {
    const board = this.#rig?.board;
    if (board === undefined || this.#socket === undefined) {
      return { status: 1, error: 'canwarden-bridge: the cell has written no status page' };
    }
    const question = words.slice(words[0] === '--ask' ? 1 : 0);
    if (question[0] === 'rules') question[2] = resolve(folder, question[2] ?? '');
    const reply = answer(board, question);
    this.#note();
    return reply;
  }

  /** Lets virtual time pass. */
  #run(millis: number): void {
    this.#rig?.run(millis * MILLISECOND);
    this.#note();
  }

  /** What the cell has printed since, and its state. */
  #note(): void {
    const rig = this.#rig;
    if (rig === undefined) return;
    const { lines } = rig;
    this.#say(...lines.slice(this.#told));
    this.#told = lines.length;
    const { cellState } = rig.board.communication;
    const isDown = cellState === CELL_SHUT_DOWN;
    this.#root.setCell(cellState >= CELL_FAILED ? 'failed' : isDown ? 'shut down' : 'running');
  }

  #say(...lines: readonly string[]): void {
    if (lines.length === 0) return;
    this.#console += lines.map((line) => `${line}\r\n`).join('');
    this.#root.write(CONSOLE, this.#console);
  }
}
