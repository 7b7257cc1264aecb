import type { CanBus } from '../../bus/can-bus.ts';
import type { VirtualClock } from '../../clock.ts';
import type { SpiDevice } from '../../soc/spi-device.ts';

export class Mcp2515 implements SpiDevice {
  onInterruptChange?: (low: boolean, nanos: number) => void;
  constructor(_options: {
    clock: VirtualClock;
    bus: CanBus;
    name: string;
    oscillatorHertz: number;
  }) {}
  get interruptLow(): boolean {
    return false;
  }
  select(_nanos: number): void {}
  exchange(_mosi: number, _nanos: number): number {
    return 0;
  }
  deselect(_nanos: number): void {}
}
