// SPDX-License-Identifier: MIT
/**
 * Instructions of the generated code and of hand-written C for the same work on the same frames.
 *
 * It gives frames, reads marks, and subtracts the cost of an empty call.
 * Does not: know the parts.
 */
import { compileRules } from '../../rules/compile.ts';
import { ImageEngine } from '../../twin/engine/image.ts';
import type { Figures } from './figures.ts';
import { MarkMachine } from './mark-machine.ts';
import { Random } from '../random/random.ts';

/** The order of the operations in bench.c. The first is an empty call. */
const OPERATIONS = ['nothing', 'decode', 'lookUp', 'push', 'forward'] as const;
const SIDES = ['generated', 'handWritten'] as const;

const MARK_AFTER = 0x10000;
const MARK_DONE = 0x20000;
const RULES_ADDRESS = 0x100000;
/** Behind the largest image that is measured. */
const FRAMES_ADDRESS = RULES_ADDRESS + 0xf000;
const FRAMES = 40;
const LIMIT_NANOS = 1_000_000_000;
const SEED = 7;

/**
 * Runs the program. Returns the figures
 * `reference.OPERATION.{generated,handWritten}Instructions` and `ratio`.
 */
export function runReference(image: Uint8Array, rulesText: string): Figures {
  return figuresOf(runOperations(image, compileRules(rulesText, 'rules.yaml').image, frames()));
}

/** Mean instructions of the generated code for a decision on the frames, with this `rules.bin`. */
export function decisionInstructions(
  image: Uint8Array,
  rules: Uint8Array,
  frames: readonly Uint8Array[],
): number {
  const bytes = new Uint8Array(16 * (frames.length + 1));
  bytes[0] = frames.length;
  frames.forEach((registers, index) => bytes.set(registers, 16 * (index + 1)));
  const [[empty], , [sum]] = runOperations(image, rules, bytes);
  return (sum - empty) / frames.length;
}

/** Instructions of each operation, both sides. */
function runOperations(image: Uint8Array, rules: Uint8Array, frames: Uint8Array): number[][] {
  const sums = OPERATIONS.map(() => [0, 0]);
  let running = -1;
  let startInstructions = 0;
  let end: number | undefined;
  const machine = new MarkMachine((mark) => {
    if (mark === MARK_AFTER) {
      sums[running >> 1][running & 1] += machine.instructions - startInstructions;
    } else if (mark > MARK_AFTER) {
      end = mark;
    } else {
      running = mark;
      startInstructions = machine.instructions;
    }
  });
  machine.load(0, image);
  machine.load(RULES_ADDRESS, rules);
  machine.load(FRAMES_ADDRESS, frames);
  const engine = new ImageEngine(machine);
  engine.boot();
  const result = engine.run(LIMIT_NANOS);
  engine.close();
  if (end !== MARK_DONE) {
    const mark = end === undefined ? 'none' : `0x${end.toString(16)}`;
    throw new Error(
      `the reference program ended (${result}) with mark ${mark}: see bsp/bench/bench.c`,
    );
  }
  return sums;
}

function figuresOf(sums: readonly (readonly number[])[]): Figures {
  const figures: Figures = {};
  const [empty] = sums;
  OPERATIONS.forEach((operation, index) => {
    if (index === 0) return;
    const means = SIDES.map((_, side) => (sums[index][side] - empty[side]) / FRAMES);
    SIDES.forEach((side, place) => {
      figures[`reference.${operation}.${side}Instructions`] = Math.round(means[place] * 10) / 10;
    });
    figures[`reference.${operation}.ratio`] = Math.round((1000 * means[0]) / means[1]) / 1000;
  });
  return figures;
}

/**
 * Registers of receive buffers, SIDH to D7: data frames of every length that no rule matches, one
 * in four extended. The count comes first.
 */
function frames(): Uint8Array {
  const random = new Random(SEED);
  const bytes = new Uint8Array(16 * (FRAMES + 1));
  bytes[0] = FRAMES;
  for (let index = 0; index < FRAMES; index += 1) {
    const registers = bytes.subarray(16 * (index + 1), 16 * (index + 1) + 13);
    const standard = 0x400 + random.below(0x200);
    registers[0] = standard >> 3;
    registers[1] = (standard & 7) << 5;
    if (index % 4 === 0) {
      registers[1] |= 0x08 | random.below(4);
      registers[2] = random.below(256);
      registers[3] = random.below(256);
    }
    registers[4] = index % 9;
    registers.set(random.bytes(8), 5);
  }
  return bytes;
}
