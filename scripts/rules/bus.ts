// SPDX-License-Identifier: MIT
/**
 * `npm run rules -- explain rules.yaml --bus traffic.yaml`, `--bus car.dbc` or `--log drive.log`: the worst
 * times on the bus.
 *
 * The analysis is in rules/bus. docs/rules.md describes the traffic file.
 */
import { InputError, readTextInput } from '../../cell-config/files.ts';
import { counted } from '../../cell-config/plural.ts';
import { readLogFile } from '../../lab/play/log-file.ts';
import { takeDatabase } from '../../rules/bus/database.ts';
import { parseTraffic } from '../../rules/bus/parse-traffic.ts';
import { RecordingError, takeRecording } from '../../rules/bus/recording.ts';
import { type BusReport, reportOf } from '../../rules/bus/report.ts';
import { streamsOf } from '../../rules/bus/streams.ts';
import type { Traffic } from '../../rules/bus/traffic.ts';
import { BITRATE_MAXIMUM, BITRATE_MINIMUM } from '../../rules/bus/traffic.ts';
import { worstCases } from '../../rules/bus/worst-case.ts';
import { readDatabase } from '../../rules/dbc/database.ts';
import { readDatabaseText } from '../../rules/dbc/text.ts';
import type { Diagnostic } from '../../rules/diagnostics.ts';
import { formatDiagnostic } from '../../rules/diagnostics.ts';
import type { RuleTable } from '../../rules/model.ts';
import { timerOf } from '../../rules/model.ts';
import { dataLengthOf } from '../../twin/bus/can-frame.ts';
import { inOrder } from '../../twin/logs/order.ts';
import { LogError } from '../../twin/logs/record.ts';

export interface BusOptions {
  readonly bus?: string;
  readonly log?: string;
  readonly bitrate?: string;
  readonly interface?: string;
  readonly check?: boolean;
}

/**
 * The worst times for the traffic named by the options. Undefined: the options name none. Throws
 * InputError.
 */
export function reportOnBus(table: RuleTable, options: BusOptions): BusReport | undefined {
  const { check = false } = options;
  const traffic = trafficOf(table, options);
  if (traffic === undefined) {
    if (!check) return undefined;
    throw new InputError(
      '--check needs a traffic: --bus TRAFFIC.yaml, --bus CAR.dbc or --log DRIVE.log',
    );
  }
  const streams = streamsOf(table, traffic);
  const report = reportOf(traffic, streams, worstCases(streams.all, traffic));
  // Timers must fit the bus, and timeouts the traffic, whether there are deadlines or not.
  const hasTimes = table.rules.some((rule) => timerOf(rule) !== undefined || rule.watch?.timeout);
  if (check && report.deadlines === 0 && !hasTimes) {
    const reason =
      'no rule and no message of AGL states a deadline, a timer or a timeout: nothing to check';
    throw new InputError(`--check: ${reason}`);
  }
  return report;
}

function trafficOf(table: RuleTable, options: BusOptions): Traffic | undefined {
  const { bus, log, bitrate, interface: interfaceName } = options;
  if (bus !== undefined && log !== undefined) {
    throw new InputError('--bus and --log both state the traffic: name one of them');
  }
  if (log !== undefined) return recordedTraffic(log, options, table);
  const isDatabase = bus !== undefined && /\.dbc$/i.test(bus);
  if (isDatabase && interfaceName === undefined) return databaseTraffic(bus, bitrate, table);
  if (bitrate !== undefined || interfaceName !== undefined) {
    const reason = '--bitrate is for --log and for a DBC file, --interface for --log';
    throw new InputError(`${reason}; a traffic file has its bitrate`);
  }
  return bus === undefined ? undefined : readTraffic(bus, table);
}

function readTraffic(path: string, table: RuleTable): Traffic {
  const { value, diagnostics } = parseTraffic(readTextInput(path, 'traffic file'), path, table);
  if (value === undefined) throw errorsIn(diagnostics);
  for (const diagnostic of diagnostics) console.error(formatDiagnostic(diagnostic));
  return value;
}

function errorsIn(diagnostics: readonly Diagnostic[]): InputError {
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
  return new InputError(
    [...diagnostics.map(formatDiagnostic), counted(errors, 'error')].join('\n'),
  );
}

/** What is wrong with signals is not told: it does not change the traffic. */
function databaseTraffic(path: string, bitrate: string | undefined, table: RuleTable): Traffic {
  const { database, diagnostics } = readDatabase(readDatabaseText(path), path);
  if (database === undefined) throw errorsIn(diagnostics);
  const stated = bitrate ?? database.bitrate?.toString();
  if (stated === undefined) {
    const reason = 'the file does not state the bit rate (attribute Baudrate)';
    throw new InputError(`${path}: ${reason}; add --bitrate BITS, such as --bitrate 500000`);
  }
  const { messages, notes } = takeDatabase(database, table);
  for (const note of notes) console.error(`${path}: warning: ${note}`);
  return { bitrate: parseBitrate(stated), messages };
}

function recordedTraffic(path: string, options: BusOptions, table: RuleTable): Traffic {
  const bitrate = parseBitrate(options.bitrate);
  try {
    const reading = readLogFile(path);
    const wanted = options.interface;
    const entries = reading.entries.filter(
      ({ interfaceName, direction }) =>
        direction !== 'answered' && (wanted === undefined || interfaceName === wanted),
    );
    if (entries.length === 0) {
      const which = wanted === undefined ? '' : ` of interface ${wanted}`;
      throw new InputError(`${path}: no frame${which} from which a period could be taken`);
    }
    const ordered = inOrder(entries).entries;
    const start = ordered[0].nanos;
    const frames = ordered.map(({ frame, nanos, direction, line }) => ({
      ...frame,
      nanos: Number(nanos - start),
      length: dataLengthOf(frame.dlc),
      fromAgl: direction === 'sent',
      line,
    }));
    const { messages, notes } = takeRecording(frames, table);
    const taken = `${counted(messages.length, 'identifier')} of ${counted(frames.length, 'frame')}`;
    for (const note of [taken, ...notes]) console.error(`${path}: ${note}`);
    return { bitrate, messages };
  } catch (error) {
    if (error instanceof LogError) throw new InputError(error.message, { cause: error });
    if (!(error instanceof RecordingError)) throw error;
    throw new InputError(`${path}:${error.line}:1: ${error.message}`, { cause: error });
  }
}

function parseBitrate(text: string | undefined): number {
  if (text === undefined) {
    throw new InputError('--log needs --bitrate BITS: a recording does not say it');
  }
  const bitrate = /^\d+$/.test(text) ? Number(text) : NaN;
  if (bitrate >= BITRATE_MINIMUM && bitrate <= BITRATE_MAXIMUM) return bitrate;
  throw new InputError(
    `--bitrate ${text}: must be ${BITRATE_MINIMUM} to ${BITRATE_MAXIMUM} bit/s, such as 500000`,
  );
}
