// SPDX-License-Identifier: MIT
/** The committed demo log: the generator's output, realistic in its numbers, within the bus. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { demoLogText } from '../../lab/demo/demo-traffic.ts';
import { crc8J1850 } from '../../lab/demo/cyclic-messages.ts';

const LOG = readFileSync(new URL('../../lab/demo/demo.log', import.meta.url), 'utf8');
const BITRATE = 500_000;

interface Line {
  timeMicros: number;
  sender: string;
  identifier: number;
  extended: boolean;
  remote: boolean;
  data: string;
}

/** Reads the log with a pattern of its own, not the twin's reader. */
const FRAMES = LOG.trimEnd()
  .split('\n')
  .map((text, index): Line => {
    const match =
      /^\((\d+)\.(\d{6})\) ([a-z]+) ([0-9A-F]{3}|[0-9A-F]{8})#(R\d?|(?:[0-9A-F]{2}){0,8})$/.exec(
        text,
      );
    assert.ok(match, `line ${index + 1} is not a candump line: ${text}`);
    const [, seconds, micros, sender, identifier, data] = match;
    return {
      timeMicros: Number(seconds) * 1_000_000 + Number(micros),
      sender,
      identifier: parseInt(identifier, 16),
      extended: identifier.length === 8,
      remote: data.startsWith('R'),
      data,
    };
  });

/** Greatest length on the wire with the 3-bit gap: 55+10n bits, 80+10n with a 29-bit identifier. */
function mostBits(frame: Line): number {
  const bytes = frame.remote ? 0 : frame.data.length / 2;
  return (frame.extended ? 80 : 55) + 10 * bytes;
}

function share(filter: (frame: Line) => boolean): number {
  return FRAMES.filter(filter).length / FRAMES.length;
}

describe('the demo log', () => {
  it('is what its generator makes (npm run demo-log)', () => {
    assert.ok(demoLogText() === LOG, 'lab/demo/demo.log differs from npm run demo-log');
  });

  it('has at least 10,000 frames in the order of their times', () => {
    assert.ok(FRAMES.length >= 10_000, `${FRAMES.length} frames`);
    for (let index = 1; index < FRAMES.length; index++) {
      assert.ok(FRAMES[index].timeMicros >= FRAMES[index - 1].timeMicros, `line ${index + 1}`);
    }
  });

  it('lasts ten to twenty seconds and loads a 500 kbit/s bus by 40 to 60 %', () => {
    const durationMicros = FRAMES[FRAMES.length - 1].timeMicros;
    assert.ok(durationMicros >= 9_900_000 && durationMicros <= 20_000_000, `${durationMicros} us`);
    const bits = FRAMES.reduce((sum, frame) => sum + mostBits(frame), 0);
    const load = bits / ((durationMicros / 1e6) * BITRATE);
    assert.ok(load >= 0.4 && load <= 0.6, `load ${load.toFixed(3)}`);
  });

  it('mixes standard, extended and remote frames, lengths 0 to 8, and many senders', () => {
    const extended = share((frame) => frame.extended);
    assert.ok(extended > 0.05 && extended < 0.3, `${extended} extended`);
    const remote = share((frame) => frame.remote);
    assert.ok(remote > 0.003 && remote < 0.05, `${remote} remote`);
    assert.ok(FRAMES.some((frame) => frame.remote && frame.extended));
    const lengths = new Set(
      FRAMES.filter((frame) => !frame.remote).map((frame) => frame.data.length / 2),
    );
    assert.deepEqual([...lengths].sort(), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
    assert.ok(new Set(FRAMES.map((frame) => frame.sender)).size >= 8);
  });

  it('gives each identifier one sender, so that two never send it at once', () => {
    const senders = new Map<string, string>();
    for (const frame of FRAMES) {
      const key = `${frame.extended} ${frame.remote} ${frame.identifier}`;
      const known = senders.get(key) ?? frame.sender;
      assert.equal(frame.sender, known, `0x${frame.identifier.toString(16)}`);
      senders.set(key, known);
    }
  });

  it('holds each request of rules.yaml a few dozen times, a few hundred in all', () => {
    const requests: Record<string, (frame: Line) => boolean> = {
      'brake-status': (frame) => !frame.extended && !frame.remote && frame.identifier === 0x1a0,
      'gear-position': (frame) => !frame.extended && frame.identifier === 0x2b0,
      'tester-present': (frame) => frame.identifier === 0x7df && frame.data.startsWith('023E00'),
      'read-data-pending': (frame) =>
        frame.extended && frame.identifier === 0x18da10f1 && frame.data.startsWith('0322'),
      'lock-state': (frame) => !frame.extended && frame.remote && frame.identifier === 0x3c0,
      'logger-noise': (frame) => !frame.extended && (frame.identifier & 0x7f0) === 0x7f0,
    };
    let all = 0;
    for (const [name, isRequest] of Object.entries(requests)) {
      const count = FRAMES.filter(isRequest).length;
      assert.ok(count >= 30, `${name}: ${count}`);
      all += count;
    }
    assert.ok(all >= 300 && all <= 1500, `${all} in all`);
    const logger = FRAMES.filter(requests['logger-noise']).map((frame) => frame.identifier);
    assert.equal(new Set(logger).size, 16, 'each of 0x7F0 to 0x7FF');
  });

  it('queues some requests at the same moment, different ones and the same one twice', () => {
    const sameMoment = (left: Line, right: Line) => left.timeMicros === right.timeMicros;
    const urgent = FRAMES.filter((frame) =>
      [0x1a0, 0x2b0, 0x3c0, 0x7df].includes(frame.identifier),
    );
    const pairs = urgent.slice(1).map((frame, index): [Line, Line] => [urgent[index], frame]);
    const together = pairs.filter(([left, right]) => sameMoment(left, right));
    assert.ok(together.some(([left, right]) => left.identifier !== right.identifier));
    assert.ok(together.some(([left, right]) => left.identifier === right.identifier));
  });

  it('never sends what only the warden may send as an answer', () => {
    for (const frame of FRAMES) {
      assert.ok(![0x1a1, 0x2b1, 0x7e8, 0x18daf110].includes(frame.identifier));
      assert.ok(frame.identifier !== 0x3c0 || frame.remote);
    }
  });

  it('carries running counters and right checksums in its cyclic messages', () => {
    const engine = FRAMES.filter((frame) => !frame.extended && frame.identifier === 0x0a5).map(
      ({ data }) => data.match(/../g)?.map((byte) => parseInt(byte, 16)) ?? [],
    );
    assert.ok(engine.length > 900);
    engine.forEach((bytes, index) => {
      assert.equal(bytes[0], crc8J1850(bytes.slice(1)));
      assert.equal(bytes[1], index % 15);
    });
    // The check value of CRC-8/SAE-J1850 is published.
    assert.equal(crc8J1850(Array.from('123456789', (digit) => digit.charCodeAt(0))), 0x4b);
  });
});
