import type { CanBus } from './can-bus.ts';
import type { CanFrame } from './can-frame.ts';
import type { VirtualClock } from '../clock.ts';

export class LogNode {
  constructor(_options: { clock: VirtualClock; bus: CanBus; name?: string }) {}
  /** Frames not yet on the wire. */
  get pendingCount(): number {
    return 0;
  }
  /** `name` becomes WireRecord.sender. */
  enqueue(_frame: CanFrame, _atNanos: number, _name: string): void {}
}
