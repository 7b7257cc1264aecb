// SPDX-License-Identifier: MIT
/**
 * `npm run qemu -- boot --stub`: the shipped image on QEMU behind the stub, the demo's log played to it, and every
 * frame compared with the twin's run of the same log.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readTextInput, writeWhole } from '../../cell-config/files.ts';
import { asInput, readBusLog } from '../../lab/play/command.ts';
import { prepareInput, type RunInput } from '../../lab/play/log-input.ts';
import { commandLineOf, run as runOnTwin } from '../../lab/play/scenario.ts';
import { compareFrames } from '../../lab/qemu/compare-with-twin.ts';
import { StubBoard } from '../../lab/qemu/stub-board.ts';
import { loadFirmware } from '../../lab/rig/firmware.ts';
import { demandFor } from '../../lab/verify/rule-oracle.ts';
import { compileRules } from '../../rules/compile.ts';
import { CELL_SENDER } from '../../twin/board/board.ts';
import { formatLogLine } from '../../twin/logs/candump/write.ts';
import { command, PROJECT } from '../build/command.ts';
import { Progress } from '../progress.ts';
import { CROSS_COMPILER, CROSS_OBJCOPY } from '../build/compilers.ts';

const SOURCES = ['start.S', 'stub.c'].map((name) => `bsp/qemu-stub/${name}`);
const FLAGS = [
  ...['-O2', '-std=gnu11', '-ffreestanding', '-nostdlib', '-mcpu=cortex-a72', '-static'],
  ...['-mgeneral-regs-only', '-mstrict-align', '-fno-pic', '-fno-pie', '-no-pie', '-fno-builtin'],
  ...['-fno-stack-protector', '-fno-asynchronous-unwind-tables', '-Wall', '-Werror'],
  ...['-fno-delete-null-pointer-checks', '-Wl,--build-id=none', '-Wl,--no-warn-rwx-segments'],
];
const BITRATE = 500_000;
const OSCILLATOR_HERTZ = 12_000_000;
const SPI_HERTZ = 10_000_000;
/** Eight nanoseconds an instruction: a slow core, so that a second of traffic takes less than a minute. */
const ICOUNT_SHIFT = 3;
const BOOT_SECONDS = 300;
const SECONDS_FOR_EACH = 300;
const NANOS = 1e9;
/** Between two rounds of the log. */
const GAP_NANOS = 100_000_000;

export interface StubRunOptions {
  readonly emulator: string;
  readonly rulesFile: string;
  readonly busFile: string;
  /** Play only so much of the log. */
  readonly seconds?: number;
  readonly rounds: number;
  readonly say: (line: string) => void;
  readonly showConsole: boolean;
}

export interface StubRunResult {
  readonly requests: number;
  readonly answers: number;
  readonly forwarded: number;
  readonly onWire: number;
  readonly differences: readonly string[];
}

/** Compiles the stub to build/qemu-stub.bin. Returns it. */
async function buildStub(): Promise<Uint8Array> {
  mkdirSync(join(PROJECT, 'build'), { recursive: true });
  const script = ['-T', 'bsp/qemu-stub/stub.ld', '-o', 'build/qemu-stub.elf'];
  await command(CROSS_COMPILER, [...FLAGS, ...script, ...SOURCES]);
  await command(CROSS_OBJCOPY, ['-O', 'binary', 'build/qemu-stub.elf', 'build/qemu-stub.bin']);
  return readFileSync(join(PROJECT, 'build/qemu-stub.bin'));
}

/** Plays the log on the twin and on QEMU. */
export async function runStub(options: StubRunOptions): Promise<StubRunResult> {
  const { rulesFile, busFile, say } = options;
  const compiled = asInput(() => compileRules(readTextInput(rulesFile, 'rules file'), rulesFile));
  const { entries } = asInput(() => readBusLog({ busFile, namesAreSenders: true }));
  const input = repeated(prepareInput(entries, [], options.seconds), options.rounds);
  const firmware = loadFirmware('image');
  const commandLine = commandLineOf({ bitrate: BITRATE, spiHertz: SPI_HERTZ });
  const stub = await buildStub();
  say(`${input.bus.length} frames, ${lengthOf(input).toFixed(1)} s of traffic. The twin first ...`);
  const twin = await runOnTwin({
    engine: 'wasm',
    rules: compiled.image,
    table: compiled.table,
    bitrate: BITRATE,
    oscillatorHertz: OSCILLATOR_HERTZ,
    spiHertz: SPI_HERTZ,
    input,
    agl: true,
  });
  say('QEMU: the image boots behind the stub ...');
  const board = await StubBoard.boot({
    emulator: options.emulator,
    stub,
    image: firmware.files.image!,
    rules: compiled.image,
    commandLine,
    cell: firmware.cell,
    system: firmware.system,
    bitrate: BITRATE,
    oscillatorHertz: OSCILLATOR_HERTZ,
    icountShift: ICOUNT_SHIFT,
    bootSeconds: BOOT_SECONDS,
    onConsoleLine: (line) => options.showConsole && say(`  cell: ${line}`),
  });
  try {
    const progress = new Progress({ unit: 'frames' });
    const limit = SECONDS_FOR_EACH * Math.max(1, lengthOf(input));
    const total = input.bus.length;
    await board.play(input.bus, (played) => progress.update(played, total), limit);
    progress.finish();
    const { wire, forwarded, peer } = board;
    const answers = wire.filter(({ isOwn }) => !isOwn);
    writeWhole(
      join(PROJECT, 'build/qemu/bus.log'),
      Buffer.from(
        wire
          .map(({ frame, nanos, isOwn }) =>
            formatLogLine(BigInt(nanos), isOwn ? 'bus' : CELL_SENDER, frame),
          )
          .join('\n') + '\n',
      ),
    );
    return {
      requests: wire.filter(({ isOwn, frame }) => isOwn && demandFor(compiled.table, frame).answer)
        .length,
      answers: answers.length,
      forwarded: forwarded.length,
      onWire: wire.length,
      differences: [
        ...twin.problems.map((problem) => `the twin's own run: ${problem}`),
        ...peer.problems.map((problem) => `the ring: ${problem}`),
        ...compareFrames(
          'bus',
          twin.seen.wire.map(({ frame }) => frame),
          wire.map(({ frame }) => frame),
        ),
        ...compareFrames(
          'AGL',
          twin.seen.aglReceived.map(({ frame }) => frame),
          forwarded,
        ),
      ],
    };
  } finally {
    await board.stop();
  }
}

function lengthOf({ bus }: RunInput): number {
  return (bus.at(-1)?.nanos ?? 0) / NANOS;
}

/** The log several times in a row. */
function repeated(input: RunInput, rounds: number): RunInput {
  const round = (input.bus.at(-1)?.nanos ?? 0) + GAP_NANOS;
  const bus = Array.from({ length: rounds }, (_, index) =>
    input.bus.map((entry) => ({ ...entry, nanos: entry.nanos + index * round })),
  ).flat();
  return { ...input, bus };
}
