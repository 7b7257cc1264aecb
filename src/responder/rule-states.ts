// SPDX-License-Identifier: MIT
/**
 * RuleStates: what the rules of a table remember: a counter, and when their answers are allowed again. And
 * how often each has matched, and how many of its answers were refused, since the table is in force.
 *
 * A rule of a new table takes over the state of the rule in force with the same key: the CRC-32 of its name,
 * its answer's identifier, its counter's largest value and the kind of its check. All others begin anew. There are places for two
 * tables, so the swap moves nothing.
 */
import { RULES_MAXIMUM_2 } from '../../build/generated/rule-image';

/** For three tables: in force, the next one, and the one that is locked. */
const PLACES: u32 = 3 * RULES_MAXIMUM_2;

@unmanaged
export class RuleState {
  /**
   * When one answer would be due if all came at the rule's interval, in ticks. Of a timer: when it is due next; 0: it
   * has not begun.
   */
  due: u64 = 0;
  counter: u32 = 0;
  /** Of a timer: frames to come at its first interval. */
  left: u32 = 0;
  /** Of the check of a protected frame, see e2e-check.ts. */
  check: u32 = 0;
}

/** The rules of one table: their keys, their places among the states, and the places that are taken. */
@final
class StateMap {
  count: u32 = 0;
  readonly keys: usize = heap.alloc(RULES_MAXIMUM_2 * sizeof<u32>());
  readonly places: usize = heap.alloc(RULES_MAXIMUM_2 * sizeof<u16>());
  readonly taken: usize = heap.alloc(PLACES >> 3);
  /** How often each rule has matched. */
  readonly hits: usize = heap.alloc(RULES_MAXIMUM_2 * sizeof<u32>());
  /** How many answers of each its rate has refused. */
  readonly refused: usize = heap.alloc(RULES_MAXIMUM_2 * sizeof<u32>());

  constructor() {
    this.clear();
  }

  clear(): void {
    this.count = 0;
    memory.fill(this.taken, 0, PLACES >> 3);
  }

  /** The place of the rule with `key`, or -1. */
  find(key: u32): i32 {
    // loop: at most RULES_MAXIMUM_2
    for (let rule: u32 = 0; rule < this.count; rule++) {
      if (load<u32>(this.keys + (rule << 2)) === key) return this.placeOf(rule);
    }
    return -1;
  }

  /** True if a rule has `place`. */
  has(place: u32): bool {
    return ((load<u64>(this.taken + ((place >> 6) << 3)) >> (place & 63)) & 1) !== 0;
  }

  placeOf(rule: u32): u32 {
    return load<u16>(this.places + (rule << 1));
  }

  add(key: u32, place: u32): void {
    store<u32>(this.keys + (this.count << 2), key);
    store<u16>(this.places + (this.count << 1), place as u16);
    store<u32>(this.hits + (this.count << 2), 0);
    store<u32>(this.refused + (this.count << 2), 0);
    this.count++;
    const word = this.taken + ((place >> 6) << 3);
    store<u64>(word, load<u64>(word) | ((1 as u64) << (place & 63)));
  }
}

@final
export class RuleStates {
  private readonly states: usize = heap.alloc(PLACES * offsetof<RuleState>());
  private inForce: StateMap = new StateMap();
  private next: StateMap = new StateMap();
  /** Of the table that is locked. Until one is it is `spare`, which has no rules. */
  private locked: StateMap = new StateMap();
  private spare: StateMap = this.locked;
  /** Rules of the next table that take over a state. */
  kept: u32 = 0;

  /** Address of the hit counts of the rules in force: numbers of 32 bits. */
  get hits(): usize {
    return this.inForce.hits;
  }

  /** Address of the counts of refused answers, likewise. */
  get refused(): usize {
    return this.inForce.refused;
  }

  /** State of rule `rule` of the table in force. */
  of(rule: u32): RuleState {
    return this.at(this.inForce.placeOf(rule));
  }

  /** State of rule `rule` of the locked table. */
  ofLocked(rule: u32): RuleState {
    return this.at(this.locked.placeOf(rule));
  }

  /** The table in force is locked: it keeps its states through swaps. */
  lock(): void {
    this.spare = this.locked;
    this.locked = this.inForce;
  }

  /** Rules of the next table so far. */
  get added(): u32 {
    return this.next.count;
  }

  /** Begins with the next table. */
  begin(): void {
    this.next.clear();
    this.kept = 0;
  }

  /**
   * The next rule of the next table has `key`. At most one comparison with each rule in force. True: it takes
   * over a state.
   */
  add(key: u32): bool {
    const place = this.inForce.find(key);
    // Two rules never share one, whatever their keys.
    if (place < 0 || this.next.has(place)) {
      this.addNew(key);
      return false;
    }
    this.kept++;
    this.next.add(key, place);
    return true;
  }

  /** The next rule of the next table begins anew. */
  addNew(key: u32): void {
    const place = this.freePlace();
    const state = this.at(place);
    state.due = 0;
    state.counter = 0;
    state.left = 0;
    state.check = 0;
    this.next.add(key, place);
  }

  /** The next table is in force. */
  swap(): void {
    const before = this.inForce;
    this.inForce = this.next;
    this.next = before === this.locked ? this.spare : before;
  }

  private at(place: u32): RuleState {
    return changetype<RuleState>(this.states + place * offsetof<RuleState>());
  }

  /** A place that no table has. There are as many places as rules of three tables. */
  private freePlace(): u32 {
    for (let word: u32 = 0; word < PLACES >> 6; word++) {
      const free = ~(
        load<u64>(this.next.taken + (word << 3)) |
        load<u64>(this.inForce.taken + (word << 3)) |
        load<u64>(this.locked.taken + (word << 3))
      );
      if (free !== 0) return (word << 6) + (ctz<u64>(free) as u32);
    }
    return 0;
  }
}
