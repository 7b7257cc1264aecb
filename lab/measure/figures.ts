// SPDX-License-Identifier: MIT
/**
 * All figures of a bench run, under flat keys (docs/bench.md names each).
 *
 * Does not: judge (goals.ts) or print (table.ts, histogram.ts).
 */
import type { Distribution } from './percentiles.ts';
import { distributionOf, nearestRank } from './percentiles.ts';
import { measureAglPaths } from './agl-figures.ts';
import { type Measured } from './bench.ts';
import { measureBoot } from './boot-time.ts';
import { type InstructionCount, measureInstructions } from './instructions.ts';
import { measureLooks } from './interrupt-looks.ts';
import { type LatencyResult, measureLatency } from './latency.ts';
import type { AnswerKind, LatencyCase, LoadKind } from './latency-case.ts';
import type { IdleKind } from '../rig/firmware.ts';
import { type LosslessResult, measureLossless, searchLossless } from './lossless.ts';
import { PEER_DRIVERS, LENGTHS, measureSpiBytes } from './spi-bytes.ts';
import type { Scope, TrafficScope } from './scope.ts';

/** Numbers by key. null: too few values to measure it. */
export type Figures = Record<string, number | null>;

/** The samples behind one latency key, for the histogram. */
export interface Histogram {
  readonly answer: AnswerKind;
  readonly load: LoadKind;
  readonly idle: IdleKind;
  readonly interruptToSendNanos: readonly number[];
}

export interface BenchResult {
  readonly figures: Figures;
  readonly histograms: Histogram[];
}

/** The bit rate at which histograms are drawn. */
export const HISTOGRAM_BITRATE = 500_000;
export const HISTOGRAM_SPI_HERTZ = 10_000_000;

/** The figures of `scope`: what the cell does with frames. */
export async function measureTraffic(
  firmware: Measured,
  scope: TrafficScope,
  onProgress: (what: string) => void,
): Promise<BenchResult> {
  const figures: Figures = {};
  const histograms = await measureLatencies(firmware, scope.latencyCases, figures, onProgress);
  for (const layout of scope.layouts) {
    onProgress(`spiBytes.${layout}`);
    const bytes = await measureSpiBytes(firmware, 'image', layout);
    for (const length of LENGTHS) {
      figures[`spiBytes.${layout}.receive.dlc${length}`] = bytes.receive[length];
      figures[`spiBytes.${layout}.transmit.dlc${length}`] = bytes.transmit[length];
      figures[`spiBytes.${layout}.completion.dlc${length}`] = bytes.completion[length];
    }
    const beyondData = (counts: readonly number[]): number =>
      Math.max(...LENGTHS.map((length) => counts[length] - length));
    figures[`spiBytes.${layout}.receive.mostBeyondDlc`] = beyondData(bytes.receive);
    figures[`spiBytes.${layout}.receive.chipSelects`] = bytes.receiveChipSelects;
    figures[`spiBytes.${layout}.transmit.mostBeyondDlc`] = beyondData(bytes.transmit);
    figures[`spiBytes.${layout}.completion.most`] = Math.max(...bytes.completion);
  }
  for (const item of scope.losslessCases) {
    const name = item.answer === undefined ? 'lossless' : 'losslessSingle';
    const key = `${name}.${kilo(item.bitrate)}.${spi(item.spiHertz)}`;
    onProgress(key);
    addLossless(figures, key, await searchLossless(firmware, item));
  }
  Object.assign(figures, await measureAglPaths(firmware, scope.aglPathCases, onProgress));
  onProgress('looks at INT');
  Object.assign(figures, await measureLooks(firmware, scope.looks));
  return { figures, histograms };
}

/**
 * Adds the figures that have no load: instructions, size, start, and the costs of other drivers.
 */
export async function measureRest(firmware: Measured, figures: Figures): Promise<void> {
  const counts = await measureInstructions(firmware);
  for (const [name, count] of Object.entries<InstructionCount>({ ...counts })) {
    figures[`instructions.${name}.total`] = count.total;
    figures[`instructions.${name}.outsideSpi`] = count.outsideSpi;
  }
  figures['instructions.forwarded.ofStatusPage'] =
    counts.forwarded.outsideSpi - counts.forwardedWithoutPage.outsideSpi;
  figures['image.bytes'] = firmware.files.image?.length ?? null;
  figures['boot.readyNanos'] = await measureBoot(firmware, 'image');
  for (const { name, receive, send, reply } of PEER_DRIVERS) {
    for (const [act, [bytes, chipSelects]] of Object.entries({ receive, send, reply })) {
      figures[`peer.${name}.${act}Bytes`] = bytes;
      figures[`peer.${name}.${act}ChipSelects`] = chipSelects;
    }
  }
}

/**
 * Adds the figures `losslessModule.*` of a long run, back to back. `module`: the wasm engine's
 * firmware.
 */
export async function measureLongRun(
  module: Measured,
  item: Scope['longRun'],
  figures: Figures,
  onProgress: (what: string) => void,
): Promise<void> {
  const key = `losslessModule.${kilo(item.bitrate)}.${spi(item.spiHertz)}`;
  onProgress(key);
  addLossless(figures, key, await measureLossless(module, { ...item, gapBits: 0 }));
}

/** Adds the figures of latency cases. Returns the samples for histograms. */
export async function measureLatencies(
  firmware: Measured,
  cases: readonly LatencyCase[],
  figures: Figures,
  onProgress: (what: string) => void,
): Promise<Histogram[]> {
  const histograms: Histogram[] = [];
  for (const item of cases) {
    onProgress(keyOf(item));
    const result = await measureLatency(firmware, item);
    addLatency(figures, item, result);
    if (item.bitrate !== HISTOGRAM_BITRATE || item.spiHertz !== HISTOGRAM_SPI_HERTZ) continue;
    const { answer, load, idle = 'poll' } = item;
    const interruptToSendNanos = result.samples.map(interruptToSend);
    histograms.push({ answer, load, idle, interruptToSendNanos });
  }
  return histograms;
}

/** The first part of the keys of a latency case. The cases of a sleeping cell have their own. */
export function keyOf(item: Omit<LatencyCase, 'seed'>): string {
  const { answer, load, bitrate, spiHertz, idle = 'poll' } = item;
  return `${idle === 'wfi' ? 'latencyWfi' : 'latency'}.${answer}.${load}.${kilo(bitrate)}.${spi(spiHertz)}`;
}

function addLatency(figures: Figures, item: LatencyCase, result: LatencyResult): void {
  const key = keyOf(item);
  const { samples } = result;
  const add = (name: string, values: readonly number[]): void => {
    const distribution = distributionOf(values);
    for (const [part, value] of Object.entries(distribution) as [keyof Distribution, number][]) {
      figures[`${key}.${name}${part[0].toUpperCase()}${part.slice(1)}`] = value;
    }
  };
  add('interruptToSendNanos', samples.map(interruptToSend));
  add(
    'requestToAnswerNanos',
    samples.map((sample) => sample.answerStartNanos - sample.requestEndNanos),
  );
  figures[`${key}.spiBytesP50`] = nearestRank(
    samples.map((sample) => sample.spiBytes),
    50,
  );
  figures[`${key}.chipSelectsP50`] = nearestRank(
    samples.map((sample) => sample.chipSelects),
    50,
  );
  const inFirstSlot = samples.filter(({ firstSlot }) => firstSlot).length;
  figures[`${key}.firstSlotPercent`] =
    samples.length === 0 ? null : (100 * inFirstSlot) / samples.length;
  figures[`${key}.requests`] = result.requests;
  figures[`${key}.unanswered`] = result.unanswered;
  figures[`${key}.busFramesPerSecond`] = result.busFramesPerSecond;
  figures[`${key}.framesLostInChip`] = result.overflows;
  if (item.idle === 'wfi') figures[`${key}.sleptPercent`] = result.sleptPercent;
}

function addLossless(figures: Figures, key: string, result: LosslessResult): void {
  figures[`${key}.framesPerSecond`] = result.framesPerSecond;
  figures[`${key}.frames`] = result.sent;
  figures[`${key}.lost`] = result.lost;
  figures[`${key}.reordered`] = result.reordered;
  figures[`${key}.gapBits`] = result.gapBits;
  if (result.unanswered !== undefined) figures[`${key}.unanswered`] = result.unanswered;
  figures[`${key}.spiBytesPerFrame`] = result.spiBytesPerFrame;
}

function interruptToSend(sample: { sendNanos: number; interruptNanos: number }): number {
  return sample.sendNanos - sample.interruptNanos;
}

function kilo(bitrate: number): string {
  return `${bitrate / 1000}k`;
}

function spi(hertz: number): string {
  return `spi${hertz / 1e6}M`;
}
