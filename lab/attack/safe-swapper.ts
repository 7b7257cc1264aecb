// SPDX-License-Identifier: MIT
/**
 * Loads tables at given moments, as a Linux does, and tells which one was in force when. One request at a time: one that
 * is due meanwhile waits.
 */
import { readStatusPage } from '../page/status-page.ts';
import { liveValuesRequest, RequestWriter, ruleTableRequest } from '../page/requests.ts';
import type { Rig } from '../rig/rig.ts';
import type { SafeTable, Wall } from './safe-tables.ts';

/** The page is looked at this often while a request is under way. */
const LOOK_NANOS = 250_000;

/** A request for a table: from when to when it was not known whether it is in force. */
export interface Swap {
  readonly table: SafeTable;
  readonly fromNanos: number;
  readonly toNanos: number;
  readonly status: number;
}

export class SafeSwapper {
  readonly swaps: Swap[] = [];
  /** The table in force at the begin of the round. */
  first: SafeTable;
  readonly #rig: Rig;
  readonly #wall: Wall;
  readonly #writer: RequestWriter;
  #due: { readonly table: SafeTable; readonly atNanos: number }[] = [];
  #open?: { readonly table: SafeTable; readonly fromNanos: number; readonly sequence: number };

  constructor(rig: Rig, wall: Wall, loaded: SafeTable) {
    const { control } = rig.board;
    if (!control) throw new Error('the board has no status page');
    this.#rig = rig;
    this.#wall = wall;
    this.#writer = new RequestWriter(control.requests);
    this.first = loaded;
  }

  /** Sets byte 0 of the live values. */
  setLive(value: number): void {
    this.#writer.write(liveValuesRequest(0, [value]));
    this.#rig.run(20_000_000);
  }

  /** Statuses that are not the expected ones. */
  get problems(): string[] {
    return this.swaps
      .filter(({ table, status }) => status !== table.status[this.#wall])
      .map(({ table, status }) => `table "${table.what}": status ${status}`);
  }

  get inForce(): SafeTable {
    return this.swaps.findLast(({ status }) => status === 0)?.table ?? this.first;
  }

  /** A round begins. */
  begin(): void {
    this.first = this.inForce;
    this.swaps.length = 0;
  }

  load(table: SafeTable, atNanos: number): void {
    this.#due.push({ table, atNanos });
    this.#due.sort((one, other) => one.atNanos - other.atNanos);
  }

  /** Lets the board run, and loads what is due. */
  run(nanos: number): void {
    const rig = this.#rig;
    const end = rig.now + nanos;
    while (rig.now < end) {
      const look = this.#open ? rig.now + LOOK_NANOS : Infinity;
      const due = this.#open ? Infinity : (this.#due[0]?.atNanos ?? Infinity);
      rig.run(Math.max(1, Math.min(end, look, due) - rig.now));
      this.#serve();
    }
  }

  /** Runs until nothing is due any more. */
  settle(): void {
    const end = this.#rig.now + 3_000_000_000;
    while ((this.#open || this.#due.length !== 0) && this.#rig.now < end) this.run(LOOK_NANOS);
    if (this.#open) throw new Error(`no answer to table "${this.#open.table.what}"`);
  }

  #serve(): void {
    const { now, board } = this.#rig;
    if (this.#open) {
      const { table, fromNanos, sequence } = this.#open;
      const page = board.control && readStatusPage(board.control.status);
      if (page?.request.sequence !== sequence) return;
      this.swaps.push({ table, fromNanos, toNanos: now, status: page.request.status });
      this.#open = undefined;
    } else if (this.#due.length !== 0 && this.#due[0].atNanos <= now) {
      const [{ table }] = this.#due.splice(0, 1);
      const sequence = this.#writer.write(ruleTableRequest(table.image));
      this.#open = { table, fromNanos: now, sequence };
    }
  }
}
