// SPDX-License-Identifier: MIT
/**
 * The sections of an image that rules refer to by number: actions, conditions, steps, CRC-8 tables.
 *
 * What is the same is there once: conditions and steps of two rules that are equal, and equal tables.
 */
import { encodeE2eTable } from '../e2e/step.ts';
import type { Step } from '../model.ts';
import { encodeStep, encodeTable } from './encode-step.ts';

/** A run of entries. Without any, both are 0. */
export interface Run {
  readonly first: number;
  readonly count: number;
}

export class Pools {
  readonly actions: Buffer[] = [];
  readonly conditions: Buffer[] = [];
  readonly steps: Buffer[] = [];
  readonly checksumTables: Buffer[] = [];
  readonly #known = new Map<string, number>();

  addActions(records: readonly Buffer[]): Run {
    return this.#add(this.actions, 'action', records);
  }

  addConditions(records: readonly Buffer[]): Run {
    return this.#add(this.conditions, 'condition', records);
  }

  /** A program, and its CRC-8 tables. */
  addProgram(steps: readonly Step[]): Run {
    const records = steps.map((step) => {
      if (step.kind !== 'checksum-crc8' && step.kind !== 'checksum-e2e8')
        return encodeStep(step, 0);
      const record = step.kind === 'checksum-crc8' ? encodeTable(step) : encodeE2eTable(step);
      const table = this.#add(this.checksumTables, 'table', [record]);
      return encodeStep(step, table.first);
    });
    return this.#add(this.steps, 'step', records);
  }

  #add(pool: Buffer[], kind: string, records: readonly Buffer[]): Run {
    if (records.length === 0) return { first: 0, count: 0 };
    const key = `${kind} ${Buffer.concat(records).toString('hex')}`;
    const first = this.#known.get(key) ?? pool.length;
    if (first === pool.length) pool.push(...records);
    this.#known.set(key, first);
    return { first, count: records.length };
  }
}
