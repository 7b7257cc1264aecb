// SPDX-License-Identifier: MIT
/**
 * The figures of a run, in the form of summary.json.
 *
 * All figures except `counters` are measured from the CAN wire, the SPI lines and the frames that
 * reached AGL. `counters` is the cell's own account. The figures are those of the emulated board
 * and not of hardware.
 */
import type { EngineName } from '../../twin/engine/engine.ts';
import { namedCounters } from '../page/counters.ts';
import type { StatusPage } from '../page/status-page.ts';
import type { Judgement } from '../verify/judge.ts';
import type { Observations } from '../rig/observations.ts';
import { type Distribution, distributionOf, nearestRank } from '../measure/percentiles.ts';

export interface Summary {
  readonly engine: EngineName;
  /** Bits per second. */
  readonly bitrate: number;
  /** Crystal of the CAN controller in hertz. */
  readonly oscillator: number;
  readonly frames: {
    /** Complete frames on the wire, of all senders. */
    readonly onBus: number;
    /** Frames that the cell read from the chip. */
    readonly received: number;
    /** Frames that a rule answers. */
    readonly urgentRequests: number;
    readonly answered: number;
    /** Frames that reached AGL. */
    readonly forwarded: number;
    /** Frames that AGL gave to its CAN interface. */
    readonly fromAgl: number;
    /** The number of these that were on the wire. */
    readonly sentForAgl: number;
    /** Answers, forwards and frames from AGL that should have happened and did not. */
    readonly lost: number;
    /** Frames dropped on purpose, by reason: `rule`, `default` (of the table), `aglDown`. */
    readonly dropped: Readonly<Record<string, number>>;
  };
  readonly latencyNanos: {
    /** End of EOF of the request to SOF of the answer. It includes 3 bits of intermission. */
    readonly requestEndToAnswerStart: Distribution;
    /** INT falling to the end of the request-to-send instruction of the answer. */
    readonly interruptToSend: Distribution;
  };
  /** Bytes on the SPI lines: the median over the run. null: it never happened. */
  readonly spiBytes: {
    /** INT falling to the end of the request to send, for answers that never change. */
    readonly staticAnswer: number | null;
    /** The same for answers with copied bytes. */
    readonly computedAnswer: number | null;
    /** Reading one frame, with the status bytes just before it. */
    readonly receive: number | null;
    /** Loading and requesting one frame from AGL. */
    readonly transmit: number | null;
  };
  /**
   * The cell's counters that are not 0, by the names of `canwarden status`. null: no status page.
   */
  readonly counters: Readonly<Record<string, number>> | null;
  /** Rules that matched, by name, and the answers that their rates refused. null: no status page. */
  readonly rules: Readonly<Record<string, { hits: number; refused: number }>> | null;
}

export interface SummaryInput {
  readonly engine: EngineName;
  readonly bitrate: number;
  readonly oscillatorHertz: number;
  readonly seen: Observations;
  readonly judgement: Judgement;
  /** In the order of the table. */
  readonly ruleNames: readonly string[];
  /** The cell's status page at the end of the run. */
  readonly statusPage: StatusPage | undefined;
}

export function summarize(input: SummaryInput): Summary {
  const { seen, judgement } = input;
  const { answered } = judgement;
  const sent = answered.flatMap((item) =>
    item.send ? [{ ...item, sendNanos: item.send.nanos }] : [],
  );
  const bytesToSend = (isStatic: boolean): number | null =>
    median(
      sent
        .filter((item) => item.isStatic === isStatic)
        .map((item) => seen.spi.bytesBetween(item.interruptNanos, item.sendNanos)),
    );
  return {
    engine: input.engine,
    bitrate: input.bitrate,
    oscillator: input.oscillatorHertz,
    frames: {
      onBus: seen.wire.length,
      received: seen.operations.releasedFrames,
      urgentRequests: judgement.urgentRequests,
      answered: answered.length,
      forwarded: judgement.forwarded,
      fromAgl: seen.aglGiven.length,
      sentForAgl: judgement.sentForAgl,
      lost: judgement.lost,
      dropped: judgement.dropped,
    },
    latencyNanos: {
      requestEndToAnswerStart: distributionOf(
        answered.map(({ request, answer }) => answer.startNanos - request.endNanos),
      ),
      interruptToSend: distributionOf(
        sent.map(({ interruptNanos, sendNanos }) => sendNanos - interruptNanos),
      ),
    },
    spiBytes: {
      staticAnswer: bytesToSend(true),
      computedAnswer: bytesToSend(false),
      receive: median(seen.operations.receiveBytes),
      transmit: median(judgement.aglSends.map(({ bytes }) => bytes)),
    },
    counters: input.statusPage ? namedCounters(input.statusPage.counters) : null,
    rules: input.statusPage ? rulesOf(input.ruleNames, input.statusPage) : null,
  };
}

function rulesOf(names: readonly string[], { rules }: StatusPage): Summary['rules'] {
  const all = names.map((name, index) => {
    const figures = { hits: rules.hits[index] ?? 0, refused: rules.refused[index] ?? 0 };
    return [name, figures] as const;
  });
  return Object.fromEntries(all.filter(([, { hits }]) => hits > 0));
}

function median(values: readonly number[]): number | null {
  return nearestRank(values, 50);
}

/** Lines for a person. The numbers are those of summary.json. */
export function reportLines(summary: Summary): string[] {
  const { frames, latencyNanos, spiBytes } = summary;
  const dropped = Object.entries(frames.dropped).map(([reason, count]) => `${reason} ${count}`);
  return [
    `frames on the bus   ${frames.onBus}, of which the cell read ${frames.received}`,
    `urgent requests     ${frames.urgentRequests}, answered ${frames.answered}`,
    `forwarded to AGL    ${frames.forwarded}`,
    `from AGL            ${frames.fromAgl}, sent ${frames.sentForAgl}`,
    `lost                ${frames.lost}`,
    `dropped on purpose  ${dropped.length === 0 ? 0 : dropped.join(', ')}`,
    `request to answer   ${micros(latencyNanos.requestEndToAnswerStart)}`,
    `INT to send         ${micros(latencyNanos.interruptToSend)}`,
    `SPI bytes           static answer ${spiBytes.staticAnswer ?? '-'}, ` +
      `computed answer ${spiBytes.computedAnswer ?? '-'}, ` +
      `receive ${spiBytes.receive ?? '-'}, transmit ${spiBytes.transmit ?? '-'}`,
    `measured in the twin (engine ${summary.engine}, ${summary.bitrate / 1000} kbit/s, ` +
      `${summary.oscillator / 1e6} MHz crystal), not on hardware`,
  ];
}

function micros({ min, p50, p99, max }: Distribution): string {
  if (min === null || p50 === null || p99 === null || max === null) return '-';
  const [low, middle, high, most] = [min, p50, p99, max].map((nanos) => (nanos / 1000).toFixed(1));
  return `min ${low} us, median ${middle} us, 99 % ${high} us, max ${most} us`;
}
