// SPDX-License-Identifier: MIT
/**
 * Writes Vector ASC in the columns of log2asc and python-can: base hex, absolute times in microseconds.
 *
 * A frame without a direction is written as received. An error frame has no cause there.
 */
import { Channels } from '../channels.ts';
import type { LogWriter, Losses, Sink } from '../formats.ts';
import { fixed, Offsets } from '../offsets.ts';
import { countUp, ERROR_CLASS_BUS, FD_LENGTHS, type FdFrame, hex, hexBytes } from '../record.ts';
import type { ErrorFrame, TimedRecord } from '../record.ts';
import { formatDate } from './date.ts';

const MICRO_DIGITS = 6;
/** EDL, BRS and ESI in the flags of a CANFD line. */
const FLAG_FD = 0x1000;
const FLAG_SWITCH = 0x2000;
const FLAG_INDICATOR = 0x4000;

export function makeAscWriter(sink: Sink, losses: Losses): LogWriter {
  const offsets = new Offsets(losses);
  const channels = new Channels();
  let isBegun = false;
  const begin = (): void => {
    if (isBegun) return;
    isBegun = true;
    const date = formatDate(offsets.startMillis);
    sink(`date ${date}\nbase hex  timestamps absolute\ninternal events logged\n`);
    sink(`Begin Triggerblock ${date}\n   0.000000 Start of measurement\n`);
  };
  return {
    write(record) {
      const time = fixed(offsets.microsOf(record.nanos), MICRO_DIGITS).padStart(11);
      begin();
      const channel = channels.of(record.interfaceName);
      if (channels.isLost(record.interfaceName)) countUp(losses, 'the name of an interface');
      if (record.direction === 'answered') countUp(losses, 'the word "answered"');
      sink(`${time} ${textOf(record, channel, losses)}\n`);
    },
    end() {
      begin();
      sink('End TriggerBlock\n');
    },
  };
}

function textOf(record: TimedRecord, channel: number, losses: Losses): string {
  if (record.kind === 'error') {
    if (hasCause(record.error)) countUp(losses, 'the cause of an error frame');
    return `${channel}  ErrorFrame`;
  }
  const isSent = record.direction === 'sent' || record.direction === 'answered';
  const way = isSent ? 'Tx' : 'Rx';
  const { identifier, extended } = record.frame;
  const name = `${hex(identifier, 1)}${extended ? 'x' : ''}`;
  if (record.kind === 'fd') return fdText(record.frame, channel, way, name);
  const { remote, dlc, data } = record.frame;
  const bytes = data.length === 0 ? '' : ` ${hexBytes(data, ' ')}`;
  return `${channel}  ${name.padEnd(15)} ${way}   ${remote ? 'r' : 'd'} ${hex(dlc, 1)}${bytes}`;
}

function fdText(frame: FdFrame, channel: number, way: string, name: string): string {
  const { bitRateSwitch, errorStateIndicator, data } = frame;
  const flags =
    FLAG_FD + (bitRateSwitch ? FLAG_SWITCH : 0) + (errorStateIndicator ? FLAG_INDICATOR : 0);
  const words = [
    `CANFD ${String(channel).padStart(3)} ${way} ${name.padStart(11)}`.padEnd(61),
    bitRateSwitch ? '1' : '0',
    errorStateIndicator ? '1' : '0',
    hex(FD_LENGTHS.indexOf(data.length), 1),
    String(data.length).padStart(2),
    ...(data.length === 0 ? [] : [hexBytes(data, ' ')]),
    '       0    0',
    hex(flags, 1).padStart(8),
    '       0        0        0        0        0',
  ];
  return words.join(' ');
}

function hasCause({ classes, data }: ErrorFrame): boolean {
  return classes !== ERROR_CLASS_BUS || data.some((byte) => byte !== 0);
}
