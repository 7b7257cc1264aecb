// SPDX-License-Identifier: MIT
/**
 * The fault campaign in small: the same five rounds each time, others from a new seed, the scripts of former findings,
 * and a script that is played again from its text. `npm run soak -- campaign` plays new seeds for 30 minutes.
 *
 * `SEED=n` plays that round alone.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { describeFailure } from '../../lab/campaign/failure.ts';
import { playScript, type RoundReport } from '../../lab/campaign/play.ts';
import { newSeed, readScript, scriptOf, scriptText } from '../../lab/campaign/script.ts';

const CHOSEN = process.env.SEED === undefined ? undefined : Number(process.env.SEED);
const FIRST = CHOSEN ?? 6000;
const ROUNDS = CHOSEN === undefined ? 5 : 1;

/** What went wrong in a round, with what plays it again. */
function assertRight({ script, problems }: RoundReport): void {
  const again = `SEED=${script.seed} node --import tsx --test tests/cases/campaign.test.ts`;
  assert.deepEqual(problems, [], `again: ${again}\nor as a file:\n${scriptText(script)}`);
}

it(`no promise is broken by faults of every kind, ${ROUNDS} rounds from seed ${FIRST}`, async () => {
  for (let round = 0; round < ROUNDS; round++)
    assertRight(await playScript(scriptOf(FIRST + round)));
});

/** How long the rounds of the new seed are for the bus: some 160 of them. */
const NEW_SECONDS = 120;

it(
  `no promise is broken by faults of every kind, ${NEW_SECONDS} s of the bus from a new seed`,
  { skip: CHOSEN === undefined ? false : 'SEED plays one round alone' },
  async (context) => {
    const first = newSeed();
    context.diagnostic(`shown: campaign: ${NEW_SECONDS} s of the bus from seed ${first}`);
    let nanos = 0;
    for (let round = first; nanos < NEW_SECONDS * 1e9; round++) {
      const report = await playScript(scriptOf(round));
      if (report.problems.length > 0) {
        assert.fail((await describeFailure(report, 'build/test/campaign')).join('\n'));
      }
      nanos += report.nanos;
    }
  },
);

/** Scripts that have failed, shrunk, with what was wrong. */
const FINDINGS: readonly (readonly [what: string, script: string])[] = [
  [
    'INT stuck low does not keep answers waiting in the cell',
    `{"seed":48,"role":"driver","bitrate":500000,"entries":[
      {"atMicros":363130,"kind":"int-low","forMicros":114501,"value":893705723},
      {"atMicros":372056,"kind":"no-acknowledge","forMicros":10161,"value":1585574732}]}`,
  ],
  [
    'a start is refused while SPI has errors, tried again, and all is well',
    `{"seed":152776546,"role":"driver","bitrate":250000,"entries":[
      {"atMicros":374675,"kind":"miso-errors","forMicros":9989,"value":1146759329},
      {"atMicros":384350,"kind":"started-anew","forMicros":0,"value":906299702}]}`,
  ],
  [
    'two bursts of a frozen AGL are sent before the page is compared with the wires',
    `{"seed":1119180582,"role":"driver","bitrate":250000,"entries":[
      {"atMicros":35405,"kind":"int-low","forMicros":114300,"value":2111667394},
      {"atMicros":144260,"kind":"agl-frozen","forMicros":214769,"value":1868174386},
      {"atMicros":193667,"kind":"frame-burst","forMicros":0,"value":95749196},
      {"atMicros":259260,"kind":"frame-burst","forMicros":0,"value":1145192208}]}`,
  ],
  [
    "a frame of AGL's that a wrong bit on SPI put into the buffer of a static answer does not stay there",
    `{"seed":1454027276,"role":"driver","bitrate":250000,"entries":[
      {"atMicros":61478,"kind":"oscillator-stops","forMicros":3756,"value":262664146},
      {"atMicros":108724,"kind":"spi-stops","forMicros":0,"value":1148766768},
      {"atMicros":115219,"kind":"mosi-errors","forMicros":9694,"value":1767262431}]}`,
  ],
  [
    'a single frame that INT did not tell of does not keep frames in the cell',
    `{"seed":1125127259,"role":"device","bitrate":500000,"entries":[
      {"atMicros":46912,"kind":"agl-killed","forMicros":25214,"value":1303130446},
      {"atMicros":194519,"kind":"oscillator-stops","forMicros":3862,"value":1226904639},
      {"atMicros":342914,"kind":"shut-down","forMicros":11508,"value":1256929019},
      {"atMicros":379258,"kind":"int-high","forMicros":10719,"value":1321319617}]}`,
  ],
];

for (const [what, script] of FINDINGS) {
  it(`of a former finding: ${what}`, async () => {
    assertRight(await playScript(readScript(script)));
  });
}

it('a script and its text play the same round', async () => {
  const script = scriptOf(7);
  const again = readScript(scriptText(script));
  assert.deepEqual(again, script);
  assert.deepEqual(await playScript(again), await playScript(script));
});

it('a script that is none is refused by what is wrong with it', () => {
  assert.throws(() => readScript('{"seed":1}'), /a script has seed, role/);
  assert.throws(
    () =>
      readScript(
        '{"seed":1,"role":"driver","bitrate":500000,"entries":[{"atMicros":0,"kind":"rain","forMicros":0,"value":0}]}',
      ),
    /no fault is called rain; there are flips,/,
  );
});
