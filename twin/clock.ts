/**
 * Virtual time of the emulated board: whole nanoseconds, and a queue of events.
 *
 * Used by: every device, the bus, the machine and the players. There is one clock per board.
 * Does not: know wall-clock time. The same input gives the same order of events, always.
 */

/** One planned action. Keep it to cancel it; its fields are the clock's business. */
export interface ScheduledEvent {
  /** When it happens, in nanoseconds. */
  readonly nanos: number;
}

/** What an event runs. `eventNanos` is the event's own time: `clock.now` may be later. */
export type EventAction = (eventNanos: number) => void;

/** An event in the heap. `order` settles ties: the one scheduled first runs first. */
interface QueuedEvent extends ScheduledEvent {
  order: number;
  action: EventAction | undefined;
}

/**
 * The clock. `now` only grows. A guest that executes instructions moves `now` with `elapse` and lets
 * the devices catch up with `runDue`; a player with nothing to execute uses `advanceTo`.
 */
export class VirtualClock {
  #now = 0;
  /** Time of the event that is running. */
  #eventNanos: number | undefined;
  #order = 0;
  #heap: QueuedEvent[] = [];

  /** Present virtual time in nanoseconds, a whole number. */
  get now(): number {
    return this.#now;
  }

  /** Time of the first event still planned; Infinity when there is none. */
  get nextEventNanos(): number {
    this.#dropCancelled();
    return this.#heap.length === 0 ? Infinity : this.#heap[0].nanos;
  }

  /**
   * Plans `action` for `atNanos`. A time before the present becomes the present, as nothing may happen
   * before what has been seen. Inside an event the present is the event's own time, so that devices which
   * catch up with a busy guest keep their pace.
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

  /** Takes an event back. Cancelling one that has run, or was cancelled before, does nothing. */
  cancel(event: ScheduledEvent): void {
    // It stays in the heap until it comes up: removing from the middle would cost a search.
    (event as QueuedEvent).action = undefined;
  }

  /** Moves time on by what the guest just executed, whole nanoseconds; runs nothing. */
  elapse(nanos: number): void {
    if (!Number.isInteger(nanos) || nanos < 0) {
      throw new RangeError(`time cannot elapse by ${nanos} ns: whole nanoseconds only, 0 or more`);
    }
    this.#now += nanos;
  }

  /**
   * Runs every event that is due, in order, including those that running ones plan for a time not
   * after `now`. Safe to call from inside an event: what is due runs once, in the inner call.
   */
  runDue(): void {
    while (this.#heap.length > 0 && this.#heap[0].nanos <= this.#now) this.#runFirst();
  }

  /**
   * Runs every event up to `nanos` in order, each with `now` at its own time, then stands at `nanos`. Events
   * may lie between two whole nanoseconds, as bit times do; `now` is then the next whole one.
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
