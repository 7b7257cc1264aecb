// SPDX-License-Identifier: MIT
/**
 * canwarden-bridge as a process of this machine, with frames as text on its standard input and
 * output (no CAN interface is needed).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';

export class BridgeProcess {
  /** Lines of standard output (frames) and of standard error. */
  readonly frames: string[] = [];
  readonly messages: string[] = [];
  readonly #child: ChildProcess;
  readonly #ended: Promise<number>;

  constructor(command: readonly string[], environment: Record<string, string> = {}) {
    const [program, ...parameters] = command;
    this.#child = spawn(program, parameters, { env: { ...process.env, ...environment } });
    collectLines(this.#child.stdout, this.frames);
    collectLines(this.#child.stderr, this.messages);
    this.#ended = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('close', (status) => resolve(status ?? -1));
    });
  }

  /** Gives frames to the bridge, a line each. */
  write(lines: readonly string[]): void {
    this.#child.stdin?.write(lines.map((line) => `${line}\n`).join(''));
  }

  hasSaid(words: string): boolean {
    return this.messages.some((line) => line.includes(words));
  }

  /** How many files and sockets it holds open: one more for each client. Linux's, see proc(5). */
  get openFiles(): number {
    return readdirSync(`/proc/${this.#child.pid}/fd`).length;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Its exit status. */
  end(): Promise<number> {
    return this.#ended;
  }

  /** Sends a signal and waits for the exit status. */
  stop(name: NodeJS.Signals = 'SIGTERM'): Promise<number> {
    this.signal(name);
    return this.#ended;
  }

  /** The counters that `--stats=json` printed at the end. */
  statistics(): Record<string, number> {
    const line = this.messages.findLast((text) => text.startsWith('{'));
    return JSON.parse(line ?? '{}') as Record<string, number>;
  }
}

function collectLines(stream: NodeJS.ReadableStream | null, lines: string[]): void {
  let unfinished = '';
  stream?.setEncoding('utf8');
  stream?.on('data', (chunk: string) => {
    const parts = (unfinished + chunk).split('\n');
    unfinished = parts.pop() ?? '';
    lines.push(...parts);
  });
}
