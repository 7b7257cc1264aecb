// SPDX-License-Identifier: MIT
/**
 * `npm run qemu -- demo`: types in the guest the commands of docs/board-commands.md, plays a log on the bus, shows
 * answers and candump, lets Linux panic, and plays the log again.
 *
 * It judges by the rule oracle alone: every urgent request of the log is answered, before the panic and after
 * it, and candump has exactly the frames that the rules forward.
 */
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { writeWhole } from '../../../cell-config/files.ts';
import type { TimedFrame } from '../../../lab/play/log-input.ts';
import { BusNode } from '../../../lab/qemu/bus-node.ts';
import type { ReportedFrame } from '../../../lab/qemu/can-line.ts';
import { compareFrames } from '../../../lab/qemu/compare-with-twin.ts';
import { LineSocket } from '../../../lab/qemu/line-socket.ts';
import { linuxBoardParameters } from '../../../lab/qemu/linux-board.ts';
import { QemuProcess } from '../../../lab/qemu/qemu-process.ts';
import { SerialShell } from '../../../lab/qemu/serial-shell.ts';
import type { RuleTable } from '../../../rules/model.ts';
import { RuleOracle } from '../../../rules/oracle/oracle.ts';
import type { CanFrame } from '../../../twin/bus/can-frame.ts';
import { CELL_SENDER } from '../../../twin/board/board.ts';
import { formatLogLine } from '../../../twin/logs/candump/write.ts';
import { parseLog } from '../../../twin/logs/read.ts';
import { READY_MARKER } from './initramfs.ts';
import type { PreparedBoot } from './prepare.ts';
import * as boot from './run.ts';

const BOOT_SECONDS = 900;
const COMMAND_SECONDS = 300;
const READY_TRIES = 30;
const NANOS = 1e9;
const NANOS_A_MICROSECOND = 1000;
/** Real seconds for one second of the log: another machine may be busy. */
const SECONDS_FOR_EACH = 300;
const QUIET_MILLIS = 3000;
const SHOWN = 5;
const CANDUMP = '/run/candump.log';

export interface DemoOptions {
  readonly emulator: string;
  readonly prepared: PreparedBoot;
  readonly table: RuleTable;
  /** Of the log, before the panic and after it. */
  readonly seconds: number;
  readonly say: (line: string) => void;
}

/** Returns what went wrong. Throws if it did not come so far. */
export async function runDemo(options: DemoOptions): Promise<string[]> {
  const { emulator, prepared, say } = options;
  mkdirSync(prepared.folder, { recursive: true });
  writeFileSync(boot.terminalLogOf(prepared), '');
  const qemu = new QemuProcess(emulator, (folder) =>
    linuxBoardParameters({
      files: prepared.files,
      bus: boot.busEnds(prepared, folder),
      bitrate: boot.BITRATE,
      oscillatorHertz: boot.OSCILLATOR_HERTZ,
      terminal: { path: `${folder}/terminal` },
      hypervisorLog: boot.hypervisorLogOf(prepared),
    }),
  );
  try {
    const wire: ReportedFrame[] = [];
    const lines = new LineSocket(await qemu.connect('node'));
    const node = new BusNode(lines, (report) => void wire.push(report));
    const shell = new SerialShell(await qemu.connect('terminal'), (text) =>
      appendFileSync(boot.terminalLogOf(prepared), text),
    );
    say(`TF-A and Linux boot; ${boot.terminalLogOf(prepared)} has all of Linux's terminal ...`);
    await shell.waitFor(new RegExp(READY_MARKER), BOOT_SECONDS);
    await node.start();
    await shell.run('dmesg -n 1', COMMAND_SECONDS);
    return await new Demo(options, { shell, node, wire }).play();
  } catch (error) {
    throw qemu.hasEnded ? qemu.failure(String(error)) : error;
  } finally {
    await qemu.stop();
  }
}

class Demo {
  readonly #options: DemoOptions;
  readonly #shell: SerialShell;
  readonly #node: BusNode;
  readonly #wire: ReportedFrame[];
  readonly #frames: readonly TimedFrame[];
  /** What the rules demand, with their counters and rates over all that was played. */
  readonly #oracle: RuleOracle;
  #playedMicros = 0;
  /** What AGL must have got of the log that was played last. */
  #forwarded: CanFrame[] = [];

  constructor(
    options: DemoOptions,
    ends: { shell: SerialShell; node: BusNode; wire: ReportedFrame[] },
  ) {
    const { bus } = options.prepared;
    if (bus.kind !== 'log') throw new Error('the demo plays a log');
    this.#options = options;
    this.#shell = ends.shell;
    this.#node = ends.node;
    this.#wire = ends.wire;
    this.#oracle = new RuleOracle(options.table, undefined, boot.BITRATE);
    this.#frames = bus.frames.filter(({ nanos }) => nanos < options.seconds * NANOS);
  }

  async play(): Promise<string[]> {
    for (const command of boot.COMMANDS) await this.#type(command);
    await this.#type(`candump -L vcan0 > ${CANDUMP} &`);
    const problems = await this.#playLog('with Linux');
    await this.#type('sleep 1; kill $!');
    problems.push(...(await this.#compareCandump()));
    this.#options.say('# echo c > /proc/sysrq-trigger');
    this.#shell.type('dmesg -n 7; echo c > /proc/sysrq-trigger');
    const panic = await this.#shell.waitFor(/Kernel panic[^\n]*\n/, COMMAND_SECONDS);
    this.#options.say(`  ${/Kernel panic[^\n]*/.exec(panic)?.[0]}`);
    problems.push(...(await this.#playLog('after the panic of Linux')));
    return problems;
  }

  /** Types a command, shows what it printed, and throws if it failed. */
  async #type(command: string): Promise<string> {
    const { say } = this.#options;
    say(`# ${command}`);
    for (let tries = 1; ; tries++) {
      const { status, output } = await this.#shell.run(command, COMMAND_SECONDS);
      const isEarly = command === 'jailhouse console' && !output.includes('canwarden: ready');
      if (isEarly && tries < READY_TRIES) {
        await this.#shell.run('sleep 1', COMMAND_SECONDS);
        continue;
      }
      for (const line of output.trimEnd().split('\n').slice(-12)) if (line !== '') say(`  ${line}`);
      if (status === 0 && !isEarly) return output;
      const { output: words } = await this.#shell.run('dmesg | tail -n 8', COMMAND_SECONDS);
      throw new Error(`"${command}" failed (status ${status}); the kernel's last words:\n${words}`);
    }
  }

  /** Plays the log once. Every urgent request must be answered. */
  async #playLog(when: string): Promise<string[]> {
    const { say, prepared } = this.#options;
    this.#wire.length = 0;
    await this.#node.play(this.#frames, boot.LEAD_NANOS);
    await this.#untilQuiet();
    const wire = [...this.#wire];
    const answers = wire.filter(({ isOwn }) => !isOwn);
    const verdicts = wire
      .filter(({ isOwn }) => isOwn)
      .map(({ frame, nanos }) =>
        this.#oracle.feed(frame, 'bus', this.#playedMicros + nanos / NANOS_A_MICROSECOND),
      );
    this.#playedMicros += (wire.at(-1)?.nanos ?? 0) / NANOS_A_MICROSECOND;
    this.#forwarded = verdicts.flatMap(({ forwarded }) => forwarded ?? []);
    const expected = verdicts.flatMap(({ toBus }) => toBus);
    for (const { frame, nanos, isOwn } of wire.slice(0, SHOWN)) {
      say(`  ${formatLogLine(BigInt(nanos), isOwn ? 'bus' : CELL_SENDER, frame)}`);
    }
    say(`  ... ${wire.length} frames on the bus ${when}, ${answers.length} answers of the cell`);
    writeWhole(
      boot.busLogOf(prepared),
      Buffer.from(
        wire
          .map((one) =>
            formatLogLine(BigInt(one.nanos), one.isOwn ? 'bus' : CELL_SENDER, one.frame),
          )
          .join('\n') + '\n',
      ),
    );
    if (expected.length === 0) return [`${when}: the log has no urgent request in this time`];
    return compareFrames(
      `answers ${when}`,
      expected,
      answers.map(({ frame }) => frame),
      ['by the rules', 'on QEMU'],
    );
  }

  async #untilQuiet(): Promise<void> {
    const limit = Date.now() + 1000 * SECONDS_FOR_EACH * this.#options.seconds;
    let seen = -1;
    let quietSince = Date.now();
    for (;;) {
      this.#node.look();
      if (this.#wire.length !== seen) quietSince = Date.now();
      seen = this.#wire.length;
      const own = this.#wire.filter(({ isOwn }) => isOwn).length;
      if (own >= this.#frames.length && Date.now() - quietSince > QUIET_MILLIS) return;
      if (Date.now() > limit) {
        throw new Error(`the bus had ${own} of ${this.#frames.length} frames of the log in time`);
      }
      await wait(20);
    }
  }

  async #compareCandump(): Promise<string[]> {
    const { say } = this.#options;
    const { output } = await this.#shell.run(`cat ${CANDUMP}`, COMMAND_SECONDS);
    const seen = parseLog(output, CANDUMP).map(({ frame }) => frame);
    for (const line of output.split('\n').slice(0, SHOWN)) say(`  ${line}`);
    say(`  ... ${seen.length} frames of candump -L vcan0`);
    return compareFrames('candump', this.#forwarded, seen, ['by the rules', 'at vcan0']);
  }
}
