// SPDX-License-Identifier: MIT
/**
 * The bench: rigs for measurements, with the firmware, the crystal and the command line of the
 * goals.
 *
 * Does not: build. The firmware is that of build/, or a variant (scripts/bench).
 */
import { compileRules } from '../../rules/compile.ts';
import type { Board } from '../../twin/board/board.ts';
import type { EngineName } from '../../twin/engine/engine.ts';
import {
  type Firmware,
  type FirmwareChoice,
  type IdleKind,
  loadFirmware,
} from '../rig/firmware.ts';
import { openRig, type RigOptions } from '../rig/open-rig.ts';
import type { ConsoleLoad } from './console-load.ts';
import { OSCILLATOR_HERTZ } from './latency-case.ts';

/** The measured firmware, and the conditions of the measurement. */
export interface Measured extends Firmware {
  /** What the cell does when it has no work. */
  readonly idle: IdleKind;
  /**
   * The cost of each act. Absent: the costs that a Raspberry Pi 4 at its usual clock is assumed to
   * have.
   */
  readonly timing?: RigOptions['timing'];
  /** Sends a line on the console during every measurement. */
  readonly console?: ConsoleLoad;
  /** Makes the rule image from the text. Absent: the rule compiler. */
  readonly compileRules?: (text: string) => Uint8Array;
}

export interface BenchOptions extends Pick<
  RigOptions,
  'withoutAgl' | 'tap' | 'onInterruptLine' | 'onAglFrame' | 'onConsoleLine'
> {
  readonly engine: EngineName;
  readonly bitrate: number;
  readonly spiHertz: number;
  /** Text of rules.yaml. Absent: everything is forwarded. */
  readonly rules?: string;
  /** Added to the command line. */
  readonly settings?: string;
  /** True: the cell has no control device and so no status page. */
  readonly withoutPage?: boolean;
}

/** Same as loadFirmware, with the steps of the image. */
export function loadMeasured(engine: EngineName, choice: FirmwareChoice = {}): Measured {
  const { idle = 'poll' } = choice;
  return { ...loadFirmware(engine, { ...choice, withSteps: true }), idle };
}

/** A board whose cell is on the bus and, unless `withoutAgl`, has its session with AGL. */
export async function openBench(firmware: Measured, options: BenchOptions): Promise<Board> {
  const { bitrate, spiHertz, rules, settings, withoutPage, ...others } = options;
  const words = [firmware.console?.settings, settings].join(' ');
  const compile = firmware.compileRules ?? ((text) => compileRules(text, 'rules.yaml').image);
  const { board } = await openRig({
    ...others,
    firmware,
    bitrate,
    oscillatorHertz: OSCILLATOR_HERTZ,
    commandLine: `bitrate=${bitrate} osc=${OSCILLATOR_HERTZ} spi=${spiHertz} idle=${firmware.idle} ${words}`,
    rules: rules === undefined ? undefined : compile(rules),
    timing: firmware.timing,
    faults: { withoutControl: withoutPage },
    keep: false,
  });
  firmware.console?.start(board);
  return board;
}
