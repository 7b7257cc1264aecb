// SPDX-License-Identifier: MIT
/**
 * Items that wait for a frame of a certain content. Items for the same content are served first
 * come, first served.
 */
import type { CanFrame } from '../../twin/bus/can-frame.ts';

/** A text that is equal for two frames exactly when they are the same on the wire. */
export function frameKey(frame: CanFrame): string {
  const kind = `${frame.extended ? 'x' : 's'}${frame.remote ? 'r' : 'd'}`;
  return `${kind}${frame.identifier.toString(16)}#${frame.dlc}#${Buffer.from(frame.data).toString('hex')}`;
}

export class FrameQueues<T> {
  readonly #queues = new Map<string, { items: T[]; first: number }>();

  add(frame: CanFrame, item: T): void {
    const key = frameKey(frame);
    const queue = this.#queues.get(key);
    if (queue) queue.items.push(item);
    else this.#queues.set(key, { items: [item], first: 0 });
  }

  /** Removes and returns the oldest item for this content, if it passes `accepts`. */
  take(frame: CanFrame, accepts: (item: T) => boolean = () => true): T | undefined {
    const queue = this.#queues.get(frameKey(frame));
    const item = queue?.items[queue.first];
    if (!queue || item === undefined || !accepts(item)) return undefined;
    queue.first += 1;
    return item;
  }
}
