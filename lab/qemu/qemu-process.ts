// SPDX-License-Identifier: MIT
/**
 * A QEMU of ours as a process: its sockets in a folder of their own, its last words when it ends, and its end.
 *
 * Does not: know what is run in it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const CONNECT_MILLIS = 60_000;
const LOOK_MILLIS = 20;
const WORDS_SHOWN = 2000;

export class QemuProcess {
  readonly folder: string;
  readonly #child: ChildProcess;
  /** Exit status, once it has ended by itself or was stopped. */
  readonly ended: Promise<number>;
  #words = '';
  #hasEnded = false;

  /**
   * `parameters` may use the folder, which is made before. `stdio`: what QEMU says is kept, or the terminal of
   * this process is its own.
   */
  constructor(
    emulator: string,
    parameters: (folder: string) => readonly string[],
    stdio: 'kept' | 'inherit' = 'kept',
  ) {
    this.folder = mkdtempSync(join(tmpdir(), 'canwarden-qemu-'));
    this.#child = spawn(emulator, parameters(this.folder), {
      stdio: stdio === 'kept' ? ['ignore', 'pipe', 'pipe'] : 'inherit',
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#words = (this.#words + text).slice(-WORDS_SHOWN);
      });
    }
    this.ended = new Promise((resolve) => {
      this.#child.once('error', (error) => {
        this.#words += error.message;
        this.#hasEnded = true;
        resolve(127);
      });
      this.#child.once('close', (status) => {
        this.#hasEnded = true;
        resolve(status ?? 1);
      });
    });
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** What QEMU itself said, at most the last of it. */
  get words(): string {
    return this.#words;
  }

  /**
   * Connects to a socket that QEMU listens at. Its file is there before QEMU listens (bind, then listen), so a
   * connection that is refused is tried again, as one whose file is missing.
   */
  async connect(name: string): Promise<Socket> {
    const path = join(this.folder, name);
    const endMillis = Date.now() + CONNECT_MILLIS;
    for (;;) {
      const socket = await tryToConnect(path);
      if (socket instanceof Socket) return socket;
      if (this.#hasEnded || Date.now() > endMillis) {
        throw this.failure(`cannot connect to ${name} (${socket.message})`);
      }
      await wait(LOOK_MILLIS);
    }
  }

  failure(what: string): Error {
    return new Error(`QEMU: ${what}; it said: ${this.#words.trim() || 'nothing'}`);
  }

  /** Ends it, and removes its folder. */
  async stop(): Promise<void> {
    if (!this.#hasEnded) {
      const closed = new Promise((resolve) => this.#child.once('close', resolve));
      this.#child.kill('SIGKILL');
      await closed;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function tryToConnect(path: string): Promise<Socket | Error> {
  return new Promise((resolve) => {
    const socket = connect(path, () => resolve(socket));
    socket.once('error', resolve);
  });
}
