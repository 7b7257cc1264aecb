// SPDX-License-Identifier: MIT
/** The main job: urgent frames are answered on the bus, the rest reaches AGL, AGL's frames the bus. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { framesOf, logOf, onBothEngines, play } from './play.ts';
import { EACH_KIND } from '../rule-tables.ts';

const BUS = logOf(
  'ecu',
  '0.000 111#0102030405060708',
  '0.001 1A0#01',
  '0.002 2B0#0A0B0C',
  '0.003 18DA10F1#0322F190',
  '0.004 3C0#R',
  '0.005 7F3#00',
  '0.006 12345678#',
  '0.007 222#R4',
);

onBothEngines('the main job', (engine) => {
  it('answers, forwards, drops and sends for AGL exactly as the rules say', async () => {
    const agl = logOf('can0', '0.0005 300#AA', '0.0095 1ABCDEF0#BBCC', '0.0100 301#R');
    const result = await play(engine, { bus: BUS, agl });
    assert.deepEqual(result.problems, []);
    const onBus = framesOf(result.busLog);
    assert.deepEqual(onBus.filter((line) => line.startsWith('canwarden')).sort(), [
      'canwarden 18DAF110#037F2278',
      'canwarden 1A1#010064A5',
      'canwarden 1ABCDEF0#BBCC',
      'canwarden 2B1#500A0B0000000000',
      'canwarden 300#AA',
      'canwarden 301#R',
      'canwarden 3C0#11',
    ]);
    const aglFrames = framesOf(result.aglLog).map((line) => line.split(' ')[1]);
    assert.deepEqual(aglFrames, ['111#0102030405060708', '2B0#0A0B0C', '12345678#', '222#R4']);
    assert.deepEqual(result.summary.frames, {
      onBus: 15,
      received: 8,
      urgentRequests: 4,
      answered: 4,
      forwarded: 4,
      fromAgl: 3,
      sentForAgl: 3,
      lost: 0,
      dropped: { rule: 1 },
    });
  });

  it('stops answering when the rule is removed, and forwards the frame instead', async () => {
    const rules = EACH_KIND.replace(/ {2}- name: status\n(.*\n){2}/, '');
    assert.ok(!rules.includes('0x1A0'), 'the rule is gone');
    const result = await play(engine, { rules, bus: logOf('ecu', '0.0 1A0#01') });
    assert.deepEqual(result.problems, []);
    assert.deepEqual(framesOf(result.busLog), ['ecu 1A0#01']);
    assert.equal(framesOf(result.aglLog).length, 1);
  });

  it('sends other bytes when the data of the rule are changed', async () => {
    const rules = EACH_KIND.replace('0x64, 0xA5', '0x65, 0xFF');
    const result = await play(engine, { rules, bus: logOf('ecu', '0.0 1A0#01') });
    assert.deepEqual(result.problems, []);
    assert.deepEqual(framesOf(result.busLog), ['ecu 1A0#01', 'canwarden 1A1#010065FF']);
  });

  it('keeps the order of frames that AGL gives faster than the bus can take them', async () => {
    const entries = Array.from({ length: 150 }, (_, index) => {
      const byte = index.toString(16).padStart(2, '0');
      return `0.000 ${index % 2 === 0 ? '400' : '200'}#${byte}`;
    });
    const agl = logOf('can0', ...entries);
    const result = await play(engine, { bus: logOf('ecu', '0.0 111#'), agl });
    assert.deepEqual(result.problems, []);
    const sent = framesOf(result.busLog).filter((line) => line.startsWith('canwarden'));
    assert.deepEqual(
      sent.map((line) => line.split(' ')[1]),
      framesOf(agl).map((line) => line.split(' ')[1]?.toUpperCase()),
    );
  });

  for (const [bitrate, oscillatorHertz] of [
    [125_000, 8_000_000],
    [250_000, 16_000_000],
    [1_000_000, 16_000_000],
  ] as const) {
    it(`works at ${bitrate / 1000} kbit/s with a ${oscillatorHertz / 1e6} MHz crystal`, async () => {
      const result = await play(engine, { bus: BUS, bitrate, oscillatorHertz });
      assert.deepEqual(result.problems, []);
      assert.equal(result.summary.frames.answered, 4);
    });
  }

  it('works without the INT line, by asking the chip over SPI', async () => {
    const commandLine = 'bitrate=500000 osc=12000000 spi=10000000 int=spi';
    const result = await play(engine, { bus: BUS, commandLine });
    assert.deepEqual(result.problems, []);
    assert.equal(result.summary.frames.answered, 4);
  });
});
