import type { VirtualClock } from '../clock.ts';
import type { SpiDevice, SpiTap } from './spi-device.ts';

export class Spi0 {
  tap: SpiTap | undefined;
  /** `missingDeviceByte`: what MISO reads with no device (0xff floating high, 0x00 held low). */
  constructor(_options: {
    clock: VirtualClock;
    coreClockHertz: number;
    device?: SpiDevice;
    missingDeviceByte?: 0x00 | 0xff;
  }) {}
  read32(_offset: number): number {
    return 0;
  }
  write32(_offset: number, _value: number): void {}
}
