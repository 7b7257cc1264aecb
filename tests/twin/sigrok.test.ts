// SPDX-License-Identifier: MIT
/**
 * The bus against an independent decoder: sigrok's `can` reads a VCD of the wire and must find every frame,
 * its CRC, its stuff bits and its length. `apt-get install sigrok-cli` to have it.
 *
 * Without it the bits are still held to published vectors (frame-bits.test.ts).
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { CanBus } from '../../twin/bus/can-bus.ts';
import { type CanFrame, makeFrame } from '../../twin/bus/can-frame.ts';
import { encodeFrame } from '../../twin/bus/frame-bits.ts';
import { LogNode } from '../../twin/bus/log-node.ts';
import { VirtualClock } from '../../twin/clock.ts';
import { BoardTrace } from '../../twin/trace/board-trace.ts';
import { skipForSetup } from '../../scripts/test/result.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const BITRATE = 500_000;
const BIT_NANOS = 2_000;
/** The decoder sees every hundredth nanosecond: 20 samples to the bit. */
const SAMPLE_NANOS = 100;
const FRAMES = 120;
const IS_INSTALLED = spawnSync('sigrok-cli', ['--version']).status === 0;

/** What the decoder says of one frame, in its own words. */
interface Decoded {
  identifier: number;
  extended: boolean;
  remote: boolean;
  dlc: number;
  data: number[];
  crc: number;
  stuffBits: number;
  bits: number;
}

function decode(vcd: string): Decoded[] {
  const folder = temporaryFolder();
  const file = join(folder, 'bus.vcd');
  writeFileSync(file, vcd);
  const run = spawnSync(
    'sigrok-cli',
    [
      ...['-I', `vcd:downsample=${SAMPLE_NANOS}`, '-i', file],
      ...['-P', `can:can_rx=CAN_RX:nominal_bitrate=${BITRATE}:sample_point=75`],
      ...['-A', 'can=sof:eof:id:full-id:rtr:dlc:data:crc-sequence:stuff-bit:warnings'],
      '--protocol-decoder-samplenum',
    ],
    { encoding: 'utf8' },
  );
  assert.equal(run.status, 0, run.stderr);
  return parse(run.stdout);
}

/** Lines are in the order in which fields end, so stuff bits come before the field they are in. */
function parse(text: string): Decoded[] {
  const frames: Decoded[] = [];
  let start = 0;
  for (const line of text.trim().split('\n')) {
    const [, from, to, what] = /^(\d+)-(\d+) can-1: (.*)$/.exec(line) ?? [];
    assert.ok(what, `a line of the decoder: ${line}`);
    const frame = frames.at(-1)!;
    const number = (pattern: RegExp): number => Number(pattern.exec(what)?.[1] ?? NaN);
    if (what === 'Start of frame') {
      start = Number(from);
      frames.push({
        ...{ identifier: NaN, extended: false, remote: false, dlc: NaN },
        ...{ data: [], crc: NaN, stuffBits: 0, bits: 0 },
      });
    } else if (/^[01]$/.test(what)) frame.stuffBits++;
    else if (what.startsWith('Identifier:')) frame.identifier = number(/(0x\w+)/);
    else if (what.startsWith('Full Identifier:')) {
      frame.identifier = number(/(0x\w+)/);
      frame.extended = true;
    } else if (what.startsWith('Remote')) frame.remote = what.endsWith('remote frame');
    else if (what.startsWith('Data length')) frame.dlc = number(/: (\d+)/);
    else if (what.startsWith('Data byte')) frame.data.push(number(/(0x\w+)/));
    else if (what.startsWith('CRC')) frame.crc = number(/(0x\w+)/);
    else if (what.startsWith('End of frame')) {
      frame.bits = ((Number(to) - start) * SAMPLE_NANOS) / BIT_NANOS;
    } else assert.fail(`the decoder warns: ${line}`);
  }
  return frames;
}

/** Frames with long runs of equal bits among them, so that every kind of stuffing is there. */
function someFrames(): CanFrame[] {
  let state = 20_011;
  const below = (limit: number): number => {
    state = (state * 48271) % 2147483647;
    return state % limit;
  };
  return Array.from({ length: FRAMES }, (_, index) => {
    const extended = index % 3 === 0;
    const remote = index % 11 === 5;
    const length = remote ? 0 : below(9);
    const fill = [() => 0, () => 255, () => below(256)][below(3)];
    const identifier = extended ? below(0x1f000000) : below(0x7f0);
    return makeFrame({ identifier, extended, remote, data: Array.from({ length }, fill) });
  });
}

it(
  `sigrok decodes ${FRAMES} frames of the bus as they were sent: fields, CRC, stuff bits, length`,
  { skip: IS_INSTALLED ? false : skipForSetup('sigrok-cli is not installed') },
  () => {
    const clock = new VirtualClock();
    const bus = new CanBus({ clock, bitrate: BITRATE });
    const sender = new LogNode({ clock, bus, name: 'sender' });
    new LogNode({ clock, bus, name: 'receiver' });
    const trace = new BoardTrace();
    bus.onLevels((levels, startNanos) => trace.bits(levels, levels, startNanos, bus.bitNanos));
    const frames = someFrames();
    // Each alone, 200 bits after the one before: arbitration is not the matter here.
    frames.forEach((frame, index) => {
      sender.enqueue(frame, (index + 1) * 200 * BIT_NANOS, 'sender');
    });
    clock.advanceTo((FRAMES + 2) * 200 * BIT_NANOS);
    const expected = frames.map((frame) => {
      const { crc, stuffBits, length } = encodeFrame(frame);
      const { identifier, extended, remote, dlc } = frame;
      return {
        identifier,
        extended,
        remote,
        dlc,
        data: [...frame.data],
        crc,
        stuffBits,
        bits: length,
      };
    });
    assert.deepEqual(decode(trace.text()), expected);
  },
);
