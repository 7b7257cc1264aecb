/**
 * The totals of a run as a few lines of text.
 */
import type { Distribution } from '../measure/percentiles.ts';
import type { Summary } from './summary.ts';

/** Lines for a person; the numbers are those of summary.json. */
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
