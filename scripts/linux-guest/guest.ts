// SPDX-License-Identifier: MIT
/**
 * A Linux guest in QEMU that shares a file with this machine, and a shell in it. It has no network and no
 * disk.
 *
 * Software emulation is the default, because an existing /dev/kvm may still hang.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { BROKEN_MARKER, buildInitramfs, READY_MARKER } from './initramfs.ts';
import type { GuestParts } from './packages.ts';

const BOOT_SECONDS = 600;
const COMMAND_SECONDS = 600;

export interface GuestOptions {
  readonly parts: GuestParts;
  /** The file behind the guest's ivshmem-plain device, and its size. */
  readonly sharedFile: string;
  readonly sharedBytes: number;
  /** Programs of this machine to copy into /bin. */
  readonly programs: readonly string[];
  /** Other files of this machine, by their places in the guest. */
  readonly files?: Readonly<Record<string, string>>;
  /** A second serial port, at the end of a PCI card: the socket that QEMU makes for its other end. */
  readonly secondPort?: string;
  /** Use hardware virtualisation. */
  readonly kvm: boolean;
  /**
   * The guest's clock counts its instructions, and skips what it sleeps: nothing there is late because this machine is
   * busy.
   */
  readonly countsInstructions?: boolean;
  /** Receives every line of the serial port. */
  readonly onLine: (line: string) => void;
}

/** Outcome of a command in the guest. */
export interface CommandResult {
  readonly status: number;
  readonly output: string;
}

export class Guest {
  readonly #process: ChildProcess;
  readonly #folder: string;
  readonly #onLine: (line: string) => void;
  #text = '';
  #ended = false;
  #wake: (() => void) | undefined;
  #commands = 0;

  private constructor(child: ChildProcess, folder: string, onLine: (line: string) => void) {
    this.#process = child;
    this.#folder = folder;
    this.#onLine = onLine;
    let unfinished = '';
    child.stdout?.setEncoding('latin1').on('data', (chunk: string) => {
      this.#text += chunk.replaceAll('\r', '');
      const lines = (unfinished + chunk.replaceAll('\r', '')).split('\n');
      unfinished = lines.pop() ?? '';
      lines.forEach((line) => this.#onLine(line));
      this.#wake?.();
    });
    child.stderr?.setEncoding('latin1').on('data', (chunk: string) => onLine(`QEMU: ${chunk}`));
    child.on('close', () => {
      this.#ended = true;
      this.#wake?.();
    });
  }

  /** Boots. The shell is ready when this returns. */
  static async boot(options: GuestOptions): Promise<Guest> {
    const { parts } = options;
    const folder = mkdtempSync(join(tmpdir(), 'canwarden-guest-'));
    const initramfs = join(folder, 'initramfs');
    writeFileSync(initramfs, buildInitramfs(parts, options.programs, options.files));
    const secondPort = options.secondPort
      ? [
          ...['-chardev', `socket,id=second,path=${options.secondPort},server=on,wait=off`],
          ...['-device', 'pci-serial,chardev=second'],
        ]
      : [];
    const machine = process.arch === 'arm64' ? ['-M', 'virt', '-cpu', 'max'] : [];
    // Linux on x86 counts timer interrupts in a busy loop and panics if there are too few, as on a host that gives
    // QEMU no time just then (Linux, kernel-parameters: no_timer_check).
    const timer = process.arch === 'x64' ? ' no_timer_check' : '';
    const child = spawn(
      parts.qemu,
      [
        ...machine,
        ...(options.countsInstructions ? ['-icount', 'shift=0,sleep=off'] : []),
        ...['-accel', options.kvm ? 'kvm' : 'tcg', '-m', '256', '-nodefaults', '-no-reboot'],
        ...['-display', 'none', '-monitor', 'none', '-serial', 'stdio'],
        ...['-kernel', parts.kernel, '-initrd', initramfs],
        ...['-append', `console=${parts.console} quiet panic=-1${timer}`],
        '-object',
        `memory-backend-file,id=link,share=on,mem-path=${options.sharedFile},size=${options.sharedBytes}`,
        ...['-device', 'ivshmem-plain,memdev=link'],
        ...secondPort,
      ],
      { stdio: ['pipe', 'pipe', 'pipe'] },
    );
    const guest = new Guest(child, folder, options.onLine);
    try {
      await guest.#waitFor(new RegExp(`${READY_MARKER}\\n|${BROKEN_MARKER}.*\\n`), BOOT_SECONDS);
      guest.#refuseIfBroken();
    } catch (error) {
      await guest.stop();
      throw error;
    }
    return guest;
  }

  /** Runs a command line in the guest's shell. */
  async run(command: string, limitSeconds = COMMAND_SECONDS): Promise<CommandResult> {
    this.#commands += 1;
    const marker = `@@${this.#commands}@@`;
    this.#text = '';
    // The shell joins the marker's parts, so the complete marker appears only at the end.
    this.#process.stdin?.write(`${command}\necho "@@""${this.#commands}@@ $?"\n`);
    const text = await this.#waitFor(new RegExp(`${marker} (\\d+)\\n`), limitSeconds);
    const found = new RegExp(`${marker} (\\d+)\\n`).exec(text);
    const output = text.slice(0, found?.index ?? 0);
    return { status: Number(found?.[1]), output };
  }

  /** As `run`. An exit status other than 0 is an error. */
  async output(command: string, limitSeconds = COMMAND_SECONDS): Promise<string> {
    const { status, output } = await this.run(command, limitSeconds);
    if (status !== 0) throw new Error(`in the guest: ${command}: status ${status}\n${output}`);
    return output;
  }

  /** Ends QEMU. */
  async stop(): Promise<void> {
    if (!this.#ended) {
      const closed = new Promise((resolve) => this.#process.once('close', resolve));
      this.#process.kill('SIGKILL');
      await closed;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #refuseIfBroken(): void {
    const broken = new RegExp(`${BROKEN_MARKER}.*`).exec(this.#text);
    if (broken !== null) throw new Error(`${broken[0]}; the guest said:\n${this.#text}`);
  }

  async #waitFor(what: RegExp, limitSeconds: number): Promise<string> {
    const isThere = (): boolean => what.test(this.#text);
    const endMillis = Date.now() + limitSeconds * 1000;
    while (!isThere()) {
      if (this.#ended) throw new Error(`QEMU ended by itself; the guest said:\n${this.#text}`);
      const restMillis = endMillis - Date.now();
      if (restMillis <= 0) {
        throw new Error(
          `nothing like ${String(what)} in ${limitSeconds} s; so far:\n${this.#text}`,
        );
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, restMillis);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return this.#text;
  }
}
