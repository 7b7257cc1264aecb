// SPDX-License-Identifier: MIT
/**
 * What hardware may do that no emulation does: DONE that sticks, a clock that is another one, a read path
 * without margin, an SError. Source of the first: Linux, spi-bcm2835.c, bcm2835_spi_reset_hw ("transmission
 * sometimes breaks unless the DONE bit is written at the end of every transfer").
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { COUNTER } from '../../lab/page/counters.ts';
import { type Rig } from '../../lab/rig/rig.ts';
import { openRig } from '../../lab/rig/open-rig.ts';
import { settledStatusPage } from '../../lab/verify/status-check.ts';
import type { Spi0Behaviour } from '../../twin/soc/spi0-behaviour.ts';
import { STATUS_RULE } from '../rule-tables.ts';

const MILLISECOND = 1_000_000;
const SECOND = 1_000 * MILLISECOND;
const READY = /^canwarden: ready, /;

function boot(spi0: Partial<Spi0Behaviour> = {}, coreClockHertz?: number): Promise<Rig> {
  return openRig({
    engine: 'image',
    rules: STATUS_RULE,
    spi0,
    coreClockHertz,
    settings: 'console=on',
  });
}

/** Fifty requests of which each gets its answer, and as many frames of AGL's that are sent. */
function assertWorks(rig: Rig): void {
  for (let index = 0; index < 50; index++) {
    rig.send({ identifier: 0x1a0, data: [index] }, index * MILLISECOND);
    rig.sendFromAgl({ identifier: 0x100, data: [index] });
  }
  rig.run(80 * MILLISECOND);
  const own = rig.sentBy('canwarden').map(({ identifier }) => identifier);
  assert.equal(own.filter((identifier) => identifier === 0x1a1).length, 50);
  assert.equal(own.filter((identifier) => identifier === 0x100).length, 50);
}

function readyLine({ lines }: Rig): string {
  const line = lines.find((text) => READY.test(text));
  assert.ok(line !== undefined, lines.join('\n'));
  return line;
}

describe('SPI0 whose DONE is left from the transfer before', () => {
  for (const [what, behaviour] of [
    ['until 1 is written to it', { doneSticks: true }],
    ['for the first two reads', { staleDoneReads: 2 }],
  ] as const) {
    it(`carries every byte of every transaction: ${what}`, async () => {
      const rig = await boot(behaviour);
      assertWorks(rig);
      rig.close();
    });
  }
});

describe('the core clock that SCLK is made of', () => {
  it('is not doubted at 500 MHz', async () => {
    const rig = await boot();
    assert.match(readyLine(rig), /, SPI 10000000 Hz, rules 1$/);
    rig.close();
  });

  it('of 550 MHz, as with a 4K screen, is seen: SCLK stays below the 10 MHz of the chip', async () => {
    const rig = await boot({}, 550_000_000);
    assert.match(readyLine(rig), /SPI \d+ Hz instead of 10000000: .*core_freq.*\(status 18\)/);
    rig.forget();
    assertWorks(rig);
    const bytes = rig.transactions.flatMap(({ mosi, lastByteNanos, selectNanos }) =>
      mosi.length >= 6 ? [(lastByteNanos - selectNanos) / mosi.length] : [],
    );
    // Nine clocks of 100 ns are 900 ns.
    assert.ok(bytes.length > 0 && Math.min(...bytes) >= 900, `${Math.min(...bytes)} ns a byte`);
    rig.close();
  });

  it('of 250 MHz, as of a board that idles, is told, and everything works', async () => {
    const rig = await boot({}, 250_000_000);
    const [, hertz] =
      /SPI (\d+) Hz instead of 10000000: .*\(status 18\)/.exec(readyLine(rig)) ?? [];
    assert.ok(Math.abs(Number(hertz) - 5_000_000) < 250_000, `${hertz} Hz`);
    assertWorks(rig);
    rig.close();
  });
});

describe('a read path without margin', () => {
  for (const [limit, used] of [
    [9_000_000, 5_000_000],
    [4_000_000, 2_000_000],
    [1_500_000, 1_000_000],
  ]) {
    it(`that is good to ${limit} Hz makes the cell use ${used} Hz, and say so`, async () => {
      const rig = await boot({ misoLimitHertz: limit });
      assert.match(
        readyLine(rig),
        new RegExp(`SPI ${used} Hz instead of 10000000.*\\(status 19\\)`),
      );
      assert.equal(settledStatusPage(rig.board)?.lastStatus, 19);
      assertWorks(rig);
      rig.close();
    });
  }

  it('at no clock ends the start with the register that differs', async () => {
    await assert.rejects(boot({ misoLimitHertz: 1 }), /MCP2515 .*\(status 2[35]\)/);
  });
});

it('an SError that the core masks is counted and told once, and the cell goes on', async () => {
  const rig = await boot();
  rig.run(20 * MILLISECOND);
  assert.equal(settledStatusPage(rig.board)?.counters[COUNTER.systemErrors], 0);
  rig.board.machine.systemErrorPending = true;
  rig.run(2 * SECOND);
  const told = rig.lines.filter((line) => line.includes('(status 95)'));
  assert.equal(told.length, 1, rig.lines.join('\n'));
  assert.equal(settledStatusPage(rig.board)?.counters[COUNTER.systemErrors], 1);
  assertWorks(rig);
  rig.close();
});
