// SPDX-License-Identifier: MIT
/**
 * Virtual time of the emulated board: whole nanoseconds, and a queue of events. There is one clock per board.
 *
 * The same input always gives the same order of events. Wall-clock time plays no part.
 */

/** One planned action. Keep it to cancel it. Its other fields are private to the clock. */
export interface ScheduledEvent {
  /** Time of the event in nanoseconds. */
  readonly nanos: number;
}

/** Action of an event. `eventNanos` is the event's own time; `clock.now` may be later. */
export type EventAction = (eventNanos: number) => void;

/** An event in the heap. `order` settles ties: the event scheduled first runs first. */
interface QueuedEvent extends ScheduledEvent {
  order: number;
  action: EventAction | undefined;
}

/**
 * The clock. `now` only grows. A guest that executes instructions moves `now` with `elapse` and lets the
 * devices catch up with `runDue`. A caller with nothing to execute uses `advanceTo`.
 */
export class VirtualClock {
  #now = 0;
  /** Time of the running event. */
  #eventNanos: number | undefined;
  #order = 0;
  #heap: QueuedEvent[] = [];

  /** Present virtual time in nanoseconds, a whole number. */
  get now(): number {
    return this.#now;
  }

  /** Time of the first planned event. Infinity: none. */
  get nextEventNanos(): number {
    this.#dropCancelled();
    return this.#heap.length === 0 ? Infinity : this.#heap[0].nanos;
  }

  /**
   * Plans `action` for `atNanos`. An earlier time becomes the present, because the past cannot change. Inside
   * an event the present is the event's own time, so that devices that catch up with a busy guest keep their
   * pace.
   */
  schedule(atNanos: number, action: EventAction): ScheduledEvent {
    if (!Number.isFinite(atNanos)) throw new RangeError(`event time ${atNanos} is not a time`);
    const present = this.#eventNanos ?? this.#now;
    const event: QueuedEvent = {
      nanos: atNanos < present ? present : atNanos,
      order: this.#order++,
      action,
    };
    this.#push(event);
    return event;
  }

  /** Cancels an event. Has no effect on one that has run or was cancelled before. */
  cancel(event: ScheduledEvent): void {
    // It stays in the heap until its turn: removing it from the middle would need a search.
    (event as QueuedEvent).action = undefined;
  }

  /** Advances time by what the guest just executed, in whole nanoseconds. Runs nothing. */
  elapse(nanos: number): void {
    if (!Number.isInteger(nanos) || nanos < 0) {
      throw new RangeError(`time cannot elapse by ${nanos} ns: whole nanoseconds only, 0 or more`);
    }
    this.#now += nanos;
  }

  /**
   * Runs every due event in order, including events planned meanwhile for a time up to `now`. Safe inside an
   * event: each due event runs once, in the inner call.
   */
  runDue(): void {
    while (this.#heap.length > 0 && this.#heap[0].nanos <= this.#now) this.#runFirst();
  }

  /**
   * Runs every event up to `nanos` in order, each with `now` at its own time, then stands at `nanos`. Event
   * times may be fractional, as bit times are; `now` is then the next whole nanosecond.
   */
  advanceTo(nanos: number): void {
    const end = Math.ceil(nanos);
    if (!(end >= this.#now)) {
      throw new RangeError(`time cannot go back from ${this.#now} ns to ${nanos} ns`);
    }
    while (this.#heap.length > 0 && this.#heap[0].nanos <= end) {
      this.#now = Math.max(this.#now, Math.ceil(this.#heap[0].nanos));
      this.#runFirst();
    }
    this.#now = Math.max(this.#now, end);
  }

  #runFirst(): void {
    const event = this.#pop();
    const action = event.action;
    event.action = undefined;
    if (action === undefined) return;
    const outer = this.#eventNanos;
    this.#eventNanos = event.nanos;
    try {
      action(event.nanos);
    } finally {
      this.#eventNanos = outer;
    }
  }

  #dropCancelled(): void {
    while (this.#heap.length > 0 && this.#heap[0].action === undefined) this.#pop();
  }

  /** Binary heap, earliest first: a parent at i has its children at 2i+1 and 2i+2. */
  #push(event: QueuedEvent): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(event);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(event, heap[parent])) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = event;
  }

  #pop(): QueuedEvent {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop()!;
    const count = heap.length;
    if (count === 0) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= count) break;
      if (child + 1 < count && isBefore(heap[child + 1], heap[child])) child++;
      if (!isBefore(heap[child], last)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
    return first;
  }
}

function isBefore(left: QueuedEvent, right: QueuedEvent): boolean {
  return left.nanos < right.nanos || (left.nanos === right.nanos && left.order < right.order);
}
