// SPDX-License-Identifier: MIT
/**
 * Plays scripts to QEMU's MCP2515 by qtest: no guest, only writes to SPI0 of its Raspberry Pi 4 and steps of the
 * virtual clock. Compares every byte that the chip sends, INT after every step, and every good frame.
 */
import { canLine, readReport } from './can-line.ts';
import {
  BIT_NANOS,
  CHIP_BITRATE,
  CHIP_OSCILLATOR_HERTZ,
  type ChipScript,
  type ChipStep,
} from './chip-script.ts';
import { LineSocket } from './line-socket.ts';
import { QemuProcess } from './qemu-process.ts';

const GPFSEL0 = 0xfe200000;
const GPLEV0 = 0xfe200034;
const SPI0_CS = 0xfe204000;
const SPI0_FIFO = 0xfe204004;
const CHIP_SELECT_ON_PIN_8 = 4 << 24;
const TRANSFER_AND_CLEAR = 0xb0;
const CLEAR = 0x30;
const INTERRUPT_PIN = 25;
/** Between two scripts: the chip is reset, and what was on the bus ends. */
const PAUSE_NANOS = 2_000_000;
const RESET = 0xc0;

export class QemuChip {
  readonly #process: QemuProcess;
  readonly #qtest: LineSocket;
  readonly #node: LineSocket;
  /** QEMU's virtual time. */
  #now = 0;

  private constructor(process: QemuProcess, qtest: LineSocket, node: LineSocket) {
    this.#process = process;
    this.#qtest = qtest;
    this.#node = node;
  }

  static async start(emulator: string): Promise<QemuChip> {
    const qemu = new QemuProcess(emulator, (folder) => [
      ...['-accel', 'qtest', '-display', 'none', '-nodefaults', '-serial', 'none'],
      ...['-object', `can-bus,id=bus,bitrate=${CHIP_BITRATE}`, '-machine', 'raspi4b,canbus0=bus'],
      ...['-global', `mcp2515.oscillator=${CHIP_OSCILLATOR_HERTZ}`],
      ...['-chardev', `socket,id=node,path=${folder}/node,server=on,wait=off`],
      ...['-device', 'can-chardev-node,canbus=bus,chardev=node'],
      ...['-qtest', `unix:${folder}/qtest,server=on,wait=off`, '-qtest-log', 'none'],
    ]);
    try {
      const qtest = new LineSocket(await qemu.connect('qtest'));
      const node = new LineSocket(await qemu.connect('node'));
      const chip = new QemuChip(qemu, qtest, node);
      await chip.#ask([`writel ${GPFSEL0} ${CHIP_SELECT_ON_PIN_8}`]);
      await chip.#tell(['Z1']);
      return chip;
    } catch (error) {
      await qemu.stop();
      throw error;
    }
  }

  /** Plays a script. Returns the differences, at most a few. */
  async play(script: ChipScript): Promise<string[]> {
    const base = Math.ceil((this.#now + PAUSE_NANOS) / BIT_NANOS) * BIT_NANOS;
    const lines = script.steps.filter(({ line }) => line !== undefined);
    await this.#tell(lines.map(({ line, nanos }) => `@${base + nanos} ${line}`));
    const commands: string[] = [];
    for (const step of script.steps) commands.push(...this.#commandsOf(step, base));
    const words = await this.#ask(commands);
    const differences = compareSteps(script.steps, words);
    await this.#settle();
    const reports = this.#node.lines.splice(0).flatMap((line) => readReport(line) ?? []);
    const end = base + (script.steps.at(-1)?.nanos ?? 0);
    const seen = reports
      .filter(({ nanos }) => nanos <= end)
      .map(
        ({ frame, nanos, isOwn }) => `${nanos - base} ${isOwn ? 'node' : 'chip'} ${canLine(frame)}`,
      );
    const expected = script.frames.map(
      ({ text, nanos, isOwn }) => `${nanos} ${isOwn ? 'node' : 'chip'} ${text}`,
    );
    for (let at = 0; at < Math.max(seen.length, expected.length); at++) {
      if (seen[at] === expected[at]) continue;
      differences.push(`frame ${at}: twin ${expected[at] ?? 'none'}, QEMU ${seen[at] ?? 'none'}`);
      break;
    }
    return differences;
  }

  async stop(): Promise<void> {
    this.#qtest.end();
    this.#node.end();
    await this.#process.stop();
  }

  /** The commands of a step; the answer to the last tells INT. */
  #commandsOf({ nanos, mosi }: ChipStep, base: number): string[] {
    const commands: string[] = [];
    const at = base + nanos;
    if (at > this.#now) commands.push(`clock_step ${at - this.#now}`);
    this.#now = Math.max(this.#now, at);
    if (mosi.length > 0) commands.push(...transaction(mosi));
    commands.push(`readl ${GPLEV0}`);
    return commands;
  }

  /** Ends what the script left: the chip is reset, the node forgets. */
  async #settle(): Promise<void> {
    const step = `clock_step ${PAUSE_NANOS}`;
    await this.#tell(['C']);
    await this.#ask([...transaction([RESET]), step]);
    await this.#tell(['N', 'O']);
    this.#now += PAUSE_NANOS;
  }

  /** Sends commands, and takes their answers. */
  async #ask(commands: readonly string[]): Promise<string[]> {
    this.#qtest.send(commands.map((command) => `${command}\n`).join(''));
    const answers = await this.#qtest.take(commands.length);
    const bad = answers.findIndex((answer) => !answer.startsWith('OK'));
    if (bad >= 0) throw this.#process.failure(`${commands[bad]}: ${answers[bad]}`);
    return answers.filter((_, at) => commands[at].startsWith('readl'));
  }

  /** Sends lines to the node, each of which it must understand. Its reports stay where they are. */
  async #tell(lines: readonly string[]): Promise<void> {
    if (lines.length === 0) return;
    this.#node.send(lines.map((line) => `${line}\n`).join(''));
    const others: string[] = [];
    for (let understood = 0; understood < lines.length;) {
      const [line] = await this.#node.take(1);
      if (line === 'ok') understood++;
      else if (line.startsWith('@')) others.push(line);
      else throw this.#process.failure(`the node does not understand ${lines[understood]}`);
    }
    this.#node.lines.unshift(...others);
  }
}

/** A transaction byte by byte, so that it may be longer than the FIFO. */
function transaction(mosi: readonly number[]): string[] {
  const bytes = mosi.flatMap((byte) => [`writel ${SPI0_FIFO} ${byte}`, `readl ${SPI0_FIFO}`]);
  return [`writel ${SPI0_CS} ${TRANSFER_AND_CLEAR}`, ...bytes, `writel ${SPI0_CS} ${CLEAR}`];
}

function compareSteps(steps: readonly ChipStep[], words: readonly string[]): string[] {
  const values = words.map((word) => Number(word.slice(3)));
  let at = 0;
  for (const [index, { mosi, miso, interruptLow, nanos }] of steps.entries()) {
    const bytes = mosi.map(() => values[at++]);
    const isLow = ((values[at++] >>> INTERRUPT_PIN) & 1) === 0;
    const hex = (list: readonly number[]): string =>
      list.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const what = `step ${index} at ${(nanos / 1000).toFixed(1)} us, MOSI ${hex(mosi)}`;
    const wrong = bytes.findIndex((byte, place) => byte !== miso[place]);
    if (wrong >= 0) {
      return [`${what}: byte ${wrong}, twin ${hex([miso[wrong]])}, QEMU ${hex([bytes[wrong]])}`];
    }
    if (isLow !== interruptLow) {
      return [
        `${what}: INT, twin ${interruptLow ? 'low' : 'high'}, QEMU ${isLow ? 'low' : 'high'}`,
      ];
    }
  }
  return [];
}
