// SPDX-License-Identifier: MIT
/**
 * The cyclic part of the demo traffic: powertrain, chassis and body status messages.
 *
 * Identifiers and layouts are invented. The traffic has the shape of a car's: periods of 10 to 1000
 * ms, alive counters, checksums, and a few 29-bit (J1939-like) messages.
 */
import { signalAt } from './drive.ts';
import type { SignalName } from './drive.ts';
import type { LogEntry } from './log-entry.ts';
import type { SeededRandom } from './random.ts';

/**
 * Which bytes protect the message. crc: byte 0 is a CRC-8 and byte 1 an alive counter. xor: the
 * last byte. counter: byte 0. none: signals only.
 */
type Protection = 'crc' | 'xor' | 'counter' | 'none';

type Row = readonly [
  sender: string,
  identifier: number,
  periodMillis: number,
  length: number,
  protection: Protection,
  ...signals: SignalName[],
];

// prettier-ignore
const STANDARD_MESSAGES: readonly Row[] = [
  ['engine',   0x0a5,   10, 8, 'crc', 'torque', 'engineSpeed', 'throttle'],
  ['engine',   0x0a8,   10, 6, 'crc', 'torque', 'throttle'],
  ['brakes',   0x0b0,   10, 8, 'none', 'wheelSpeed', 'wheelSpeed', 'wheelSpeed', 'wheelSpeed'],
  ['brakes',   0x0b8,   10, 8, 'crc', 'brakePressure', 'wheelSpeed', 'yawRate'],
  ['steering', 0x0c4,   10, 7, 'xor', 'steeringAngle', 'yawRate'],
  ['engine',   0x0c8,   10, 8, 'counter', 'engineSpeed', 'torque', 'vehicleSpeed'],
  ['gearbox',  0x0d2,   20, 8, 'crc', 'gear', 'engineSpeed', 'torque'],
  ['brakes',   0x0e0,   20, 8, 'crc', 'brakePressure', 'yawRate', 'vehicleSpeed'],
  ['engine',   0x110,   20, 8, 'counter', 'engineSpeed', 'torque', 'throttle'],
  ['steering', 0x122,   20, 5, 'xor', 'steeringAngle', 'torque'],
  ['suspension', 0x128, 20, 8, 'none', 'wheelSpeed', 'brakePressure', 'steeringAngle', 'yawRate'],
  ['suspension', 0x12a, 20, 8, 'counter', 'yawRate', 'steeringAngle', 'wheelSpeed'],
  ['airbag',   0x135,   20, 4, 'crc', 'yawRate'],
  ['radar',    0x14a,   20, 8, 'crc', 'distanceAhead', 'vehicleSpeed', 'yawRate'],
  ['camera',   0x150,   20, 8, 'xor', 'steeringAngle', 'distanceAhead', 'vehicleSpeed'],
  ['brakes',   0x158,   20, 3, 'counter', 'vehicleSpeed'],
  ['camera',   0x160,   50, 8, 'crc', 'distanceAhead', 'steeringAngle'],
  ['battery',  0x168,   20, 8, 'crc', 'battery', 'coolant'],
  ['gearbox',  0x170,   50, 6, 'xor', 'gear', 'oil'],
  ['radar',    0x18c,   50, 8, 'none', 'distanceAhead', 'distanceAhead', 'vehicleSpeed', 'vehicleSpeed'],
  ['gateway',  0x1e4,   50, 8, 'counter', 'vehicleSpeed', 'engineSpeed', 'gear'],
  ['body',     0x210,   50, 2, 'xor'],
  ['climate',  0x2a2,   50, 5, 'counter', 'cabin', 'outside'],
  ['cluster',  0x2d8,   50, 8, 'none', 'vehicleSpeed', 'fuel', 'odometer'],
  ['engine',   0x308,  100, 8, 'counter', 'coolant', 'oil', 'battery'],
  ['engine',   0x30c,  100, 4, 'none', 'fuel', 'battery'],
  ['gearbox',  0x318,  100, 6, 'xor', 'oil', 'gear'],
  ['body',     0x330,  100, 8, 'counter', 'outside', 'battery'],
  ['body',     0x33a,  100, 1, 'none'],
  ['climate',  0x350,  100, 8, 'none', 'cabin', 'cabin', 'outside', 'coolant'],
  ['cluster',  0x36e,  100, 6, 'counter', 'odometer', 'fuel'],
  ['gateway',  0x380,  100, 8, 'crc', 'vehicleSpeed', 'odometer', 'outside'],
  ['airbag',   0x3a0,  100, 2, 'xor'],
  ['gateway',  0x500,  500, 8, 'none', 'odometer'],
  ['telematics', 0x520, 500, 8, 'counter', 'vehicleSpeed', 'outside', 'battery'],
  ['body',     0x5c0, 1000, 0, 'none'],
  ['cluster',  0x5f2, 1000, 8, 'none', 'odometer', 'fuel', 'outside', 'cabin'],
];

// prettier-ignore
const EXTENDED_MESSAGES: readonly Row[] = [
  ['trailer',  0x0cf00400,  20, 8, 'counter', 'engineSpeed', 'torque', 'throttle'],
  ['trailer',  0x18f0010b,  20, 8, 'none', 'brakePressure', 'wheelSpeed', 'wheelSpeed', 'yawRate'],
  ['trailer',  0x18fef100, 100, 8, 'none', 'vehicleSpeed', 'brakePressure', 'gear', 'fuel'],
  ['trailer',  0x18feee00, 500, 8, 'none', 'coolant', 'oil', 'outside', 'cabin'],
  ['telematics', 0x1cff3a25, 200, 5, 'counter', 'odometer', 'vehicleSpeed'],
];

/** Control units are never quite on time. Each frame is up to this much later than its grid. */
const JITTER_MICROS = 180;

function payloadOf(row: Row, timeMicros: number, count: number, random: SeededRandom): number[] {
  const [, , , length, protection, ...signals] = row;
  const values = signals.flatMap((name) => {
    const raw = signalAt(name, timeMicros, random);
    return [raw & 0xff, raw >>> 8];
  });
  const padding = Array<number>(8).fill(0);
  switch (protection) {
    case 'crc': {
      const rest = [count % 15, ...values, ...padding].slice(0, length - 1);
      return [crc8J1850(rest), ...rest];
    }
    case 'xor': {
      const rest = [...values, count & 0xff, ...padding].slice(0, length - 1);
      return [...rest, xorOf(rest)];
    }
    case 'counter':
      return [count & 0xff, ...values, ...padding].slice(0, length);
    case 'none':
      return [...values, ...padding].slice(0, length);
  }
}

/** Every transmission of every cyclic message within the duration, in no particular order. */
export function cyclicTraffic(durationMicros: number, random: SeededRandom): LogEntry[] {
  const entries: LogEntry[] = [];
  const addAll = (rows: readonly Row[], extended: boolean) => {
    for (const row of rows) {
      const [sender, identifier, periodMillis] = row;
      const periodMicros = periodMillis * 1000;
      const phaseMicros = random.below(periodMicros);
      for (let count = 0; phaseMicros + count * periodMicros < durationMicros; count++) {
        const gridMicros = phaseMicros + count * periodMicros;
        const data = payloadOf(row, gridMicros, count, random);
        const timeMicros = gridMicros + random.between(0, JITTER_MICROS);
        entries.push({ timeMicros, sender, identifier, extended, data });
      }
    }
  };
  addAll(STANDARD_MESSAGES, false);
  addAll(EXTENDED_MESSAGES, true);
  return entries;
}

/** CRC-8 of SAE J1850: polynomial 0x1d, start 0xff, result inverted ("123456789" gives 0x4b). */
export function crc8J1850(bytes: readonly number[]): number {
  let crc = 0xff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) {
      crc = (crc & 0x80) === 0 ? crc << 1 : ((crc << 1) ^ 0x1d) & 0xff;
    }
  }
  return (crc ^ 0xff) & 0xff;
}

/** The exclusive-or of all bytes. */
function xorOf(bytes: readonly number[]): number {
  return bytes.reduce((sum, byte) => sum ^ byte, 0);
}
