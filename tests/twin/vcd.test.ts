// SPDX-License-Identifier: MIT
/** The value change dump: IEEE 1364-2005, 18.2, and the lines of one SPI byte in mode 0,0. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CanBus } from '../../twin/bus/can-bus.ts';
import { makeFrame } from '../../twin/bus/can-frame.ts';
import { encodeFrame } from '../../twin/bus/frame-bits.ts';
import { LogNode } from '../../twin/bus/log-node.ts';
import { VirtualClock } from '../../twin/clock.ts';
import { BoardTrace } from '../../twin/trace/board-trace.ts';
import { VcdWriter } from '../../twin/trace/vcd.ts';

/** Value changes only, as `#time` and `level code`. */
function changesOf(text: string): string[] {
  return text.slice(text.indexOf('#0')).trim().split('\n');
}

describe('a value change dump', () => {
  it('names its signals, gives their first levels, then changes in order of time', () => {
    const vcd = new VcdWriter([
      { name: 'A', initial: 0 },
      { name: 'B', initial: 1 },
    ]);
    vcd.change('B', 30, 0);
    vcd.change('A', 20, 1);
    vcd.change('A', 25, 1);
    assert.equal(
      vcd.text(),
      [
        ...['$timescale 1 ns $end', '$scope module board $end'],
        ...['$var wire 1 ! A $end', '$var wire 1 " B $end', '$upscope $end'],
        ...['$enddefinitions $end', '#0', '$dumpvars', '0!', '1"', '$end'],
        ...['#20', '1!', '#30', '0"', ''],
      ].join('\n'),
    );
  });

  it('ends with its last time, even if nothing changes then', () => {
    const vcd = new VcdWriter([{ name: 'A', initial: 0 }]);
    vcd.change('A', 10, 1);
    vcd.change('A', 90, 1);
    assert.deepEqual(changesOf(vcd.text()).slice(4), ['#10', '1!', '#90']);
  });

  it('refuses a signal that it does not have', () => {
    assert.throws(() => new VcdWriter([]).change('SCK', 0, 1), /no signal is called SCK/);
  });

  it('shows a byte with data before the rising edge, most significant bit first, ninth clock idle', () => {
    const trace = new BoardTrace();
    trace.selected(1000);
    // 0x81 out, 0x00 in: nine clocks of 100 ns that end at 2000.
    trace.byte(0x81, 0x00, 2000, 900);
    trace.deselected(2100);
    // Codes in order of declaration: SCK !, MOSI ", MISO #, CS $.
    assert.deepEqual(changesOf(trace.text()).slice(14, 24), [
      ...['#1000', '0$', '#1100', '1"', '0#', '#1150', '1!', '#1200'],
      ...['0!', '0"'],
    ]);
    const rising = changesOf(trace.text()).filter((line) => line === '1!');
    assert.equal(rising.length, 8);
    assert.ok(!changesOf(trace.text()).includes('#1950'), 'the ninth clock');
  });
});

it('the lines of a CAN controller TX is the frame of the sender, the acknowledgement of a receiver, and nothing of a loser', () => {
  const clock = new VirtualClock();
  const bus = new CanBus({ clock, bitrate: 500_000 });
  const [winner, loser, receiver] = ['winner', 'loser', 'receiver'].map(
    (name) => new LogNode({ clock, bus, name }),
  );
  const frame = makeFrame({ identifier: 0x123, data: [0x55] });
  // It differs first in bit 10, the last but one of the identifier: SOF is bit 0.
  const weaker = makeFrame({ identifier: 0x125, data: [0x55] });
  const seen: { levels: Uint8Array; tx: Uint8Array[] }[] = [];
  bus.onLevels((levels, _, drivenBy) => {
    seen.push({ levels, tx: [winner, loser, receiver].map((node) => drivenBy(node)) });
  });
  winner.enqueue(frame, 0, 'winner');
  loser.enqueue(weaker, 0, 'loser');
  clock.advanceTo(200_000);
  const { levels, tx } = seen[0];
  const { bits, acknowledgeSlot, length } = encodeFrame(frame);
  assert.deepEqual([...tx[0]], [...bits].slice(0, length));
  const onlyAcknowledge = Array.from({ length }, (_, bit) => (bit === acknowledgeSlot ? 0 : 1));
  assert.deepEqual([...tx[2]], onlyAcknowledge);
  const lost = 9;
  assert.deepEqual(
    [...tx[1]],
    [...encodeFrame(weaker).bits.slice(0, lost), ...onlyAcknowledge.slice(lost)],
  );
  assert.deepEqual(
    [...levels],
    [...tx[0]].map((level, bit) => level & tx[1][bit] & tx[2][bit]),
  );
});
