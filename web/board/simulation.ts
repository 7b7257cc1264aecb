// SPDX-License-Identifier: MIT
/**
 * The board behind the page: the built firmware on the twin, opened as the laboratory opens it, and what a
 * person does to it.
 *
 * Does not: know the worker's messages (worker.ts), or the wall clock (pace.ts).
 */
import { decodePair } from '../../cell-config/format/decode.ts';
import { RequestWriter, ruleTableRequest } from '../../lab/page/requests.ts';
import { readStatusPage, type StatusPage } from '../../lab/page/status-page.ts';
import { assembleRig, bringUp } from '../../lab/rig/assemble-rig.ts';
import type { Rig } from '../../lab/rig/rig.ts';
import { compileText } from '../../rules/compile-text.ts';
import type { CompiledRules } from '../../rules/compile-text.ts';
import { CELL_SENDER } from '../../twin/board/board.ts';
import type { CanFrame } from '../../twin/bus/can-frame.ts';
import type { RunResult } from '../../twin/engine/engine.ts';
import { readFrom } from '../databases.ts';
import type { BoardSetup, Databases, FirmwareBytes, Snapshot } from '../protocol.ts';
import { Answers } from './answers.ts';
import { Flood, Load } from './load.ts';
import { Recorder } from './recorder.ts';

const RULES_FILE = 'rules.yaml';
const OSCILLATOR_HERTZ = 16_000_000;
const SPI_HERTZ = 10_000_000;

/** A table that was given to the cell and not yet taken. */
interface GivenTable {
  readonly compiled: CompiledRules;
  readonly sequence: number;
}

export class Simulation {
  readonly rig: Rig;
  readonly load: Load;
  readonly flood: Flood;
  readonly recorder: Recorder;
  readonly answers: Answers;
  readonly ruleCount: number;
  isInterruptWireWhole = true;
  fromAgl = 0;
  result: RunResult = 'running';
  readonly #requests: RequestWriter | undefined;
  readonly #console: string[];
  #given: GivenTable | undefined;
  #page: StatusPage | undefined;

  private constructor(
    rig: Rig,
    recorder: Recorder,
    answers: Answers,
    console: string[],
    rules: number,
  ) {
    this.rig = rig;
    this.recorder = recorder;
    this.answers = answers;
    this.ruleCount = rules;
    this.load = new Load(rig.board.bus);
    this.flood = new Flood(rig.board.bus);
    this.#console = console;
    const { control, sender, engine } = rig.board;
    this.#requests = control && new RequestWriter(control.requests);
    sender.isSeveralUnits = true;
    rig.board.bus.onFrame((record) => recorder.wire(record));
    engine.onStep = (startNanos) => recorder.step(startNanos, rig.now);
  }

  /** Boots a board. Throws RulesError for rules with mistakes, Error for a cell that does not start. */
  static async open(setup: BoardSetup, bytes: FirmwareBytes): Promise<Simulation> {
    const readText = readFrom(setup.databases);
    const { table, image } = compileText(setup.rulesText, RULES_FILE, readText);
    const answers = new Answers(table);
    const recorder = new Recorder(CELL_SENDER, answers);
    const console: string[] = [];
    const { bitrate, settings } = setup;
    const rig = await assembleRig({
      engine: 'wasm',
      firmware: {
        ...decodePair(bytes.cell, bytes.root),
        files: { cellWasm: bytes.cellWasm, bridgeWasm: bytes.bridgeWasm },
      },
      bitrate,
      oscillatorHertz: OSCILLATOR_HERTZ,
      commandLine: `bitrate=${bitrate} osc=auto spi=${SPI_HERTZ} ${settings}`.trim(),
      rules: image,
      keep: false,
      trapsExpected: true,
      tap: recorder.tap,
      onInterruptLine: (low, nanos) => recorder.interrupt(low, nanos),
      onAglFrame: () => {
        recorder.toAgl += 1;
      },
      onConsoleLine: ({ nanos, source, text }) =>
        console.push(`[${(nanos / 1e9).toFixed(6)}] ${source}: ${text}`),
    });
    const simulation = new Simulation(rig, recorder, answers, console, table.rules.length);
    const result = bringUp(rig.board);
    if (result !== 'running') {
      throw new Error(`the cell ${result}: ${rig.lines.at(-1) ?? 'it printed nothing'}`);
    }
    return simulation;
  }

  /** Runs the board up to a time. */
  runTo(nanos: number): void {
    if (nanos > this.rig.now) this.result = this.rig.run(nanos - this.rig.now);
  }

  send(frame: CanFrame, side: 'bus' | 'agl'): void {
    const { sender, bridge } = this.rig.board;
    if (side === 'bus') sender.enqueue(frame, this.rig.now, 'you');
    else if (bridge?.send(frame) === true) this.fromAgl += 1;
  }

  setLinux(on: boolean): void {
    const { bridge } = this.rig.board;
    if (on) bridge?.start();
    else bridge?.stop();
  }

  setInterruptWire(isWhole: boolean): void {
    this.isInterruptWireWhole = isWhole;
    // The pull-up holds the end of a cut wire high.
    this.rig.board.interruptWire.hold(isWhole ? undefined : 'high');
  }

  /** Gives the cell another table, as `canwarden rules load` does. Throws RulesError. */
  giveRules(text: string, databases: Databases): void {
    const compiled = compileText(text, RULES_FILE, readFrom(databases));
    if (this.#requests === undefined) throw new Error('the cell has no control device');
    const sequence = this.#requests.write(ruleTableRequest(compiled.image));
    this.#given = { compiled, sequence };
  }

  /** What became of the table that was given last. Undefined: nothing yet, or it was told before. */
  takeVerdict(): { rules: number; afterRestart: number } | { refused: string } | undefined {
    const page = this.readPage();
    const given = this.#given;
    if (given === undefined || page?.request.sequence !== given.sequence) return undefined;
    this.#given = undefined;
    const { status, detail } = page.request;
    if (status !== 0) {
      return { refused: `the cell refuses the table: status ${status}, rule ${detail}` };
    }
    this.answers.replaceTable(given.compiled.table);
    const { rules } = given.compiled.table;
    return { rules: rules.length, afterRestart: page.rules.afterRestart };
  }

  /** The status page as it was when the cell last was not writing it. */
  readPage(): StatusPage | undefined {
    const { control } = this.rig.board;
    if (control !== undefined) this.#page = readStatusPage(control.status) ?? this.#page;
    return this.#page;
  }

  takeConsole(): string[] {
    return this.#console.splice(0);
  }

  /** The part of a snapshot that the board knows. */
  look(): Omit<
    Snapshot,
    'kind' | 'factor' | 'reached' | 'busPercent' | 'framesPerSecond' | 'timeline' | 'lines'
  > {
    const { recorder, answers, rig } = this;
    answers.forget(rig.now);
    const page = this.readPage();
    return {
      nanos: rig.now,
      frames: recorder.frames,
      requests: answers.requests,
      answers: answers.answered,
      toAgl: recorder.toAgl,
      fromAgl: this.fromAgl,
      lost: answers.lost,
      errors: recorder.errors,
      waiting: rig.board.sender.pendingCount,
      linux: rig.board.bridge?.isRunning ?? false,
      interruptWire: this.isInterruptWireWhole,
      flood: this.flood.isOn,
      cell: this.result,
      session: page?.session ?? 'unknown',
      faultState: page?.faultState ?? 'unknown',
      worstStepMicros: page ? (page.worstStepTicks / page.ticksPerSecond) * 1e6 : 0,
      console: this.takeConsole(),
      ...recorder.takeRows(),
      rules: answers.rows(),
      histogram: [...answers.histogram],
    };
  }

  close(): void {
    this.rig.close();
  }
}
