// SPDX-License-Identifier: MIT
/**
 * The console after "ready": silent unless `console=on`, while status page and trace tell all the same.
 *
 * The UART behind the hypercall, 115,200 bit/s: eight characters have room, each further one holds the
 * core 87 us (BCM2711 peripherals, Jailhouse uart.c).
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { readTrace } from '../../lab/page/rings.ts';
import { settledStatusPage } from '../../lab/verify/status-check.ts';
import { type Rig } from '../../lab/rig/rig.ts';
import { openRig } from '../../lab/rig/open-rig.ts';
import { onBothEngines } from './play.ts';

const MILLISECOND = 1_000_000;
// src/rt/status.ts, src/page/trace-event.ts.
const NOT_ACKNOWLEDGED = 51;
const SESSION_BEGUN = 9;
const STATUS_SAID = 16;

/** Nobody acknowledges: the only other node is gone while AGL sends. */
async function alone(engine: 'image' | 'wasm', settings?: string): Promise<Rig> {
  const rig = await openRig({ engine, settings });
  rig.board.sender.participation = 'absent';
  rig.sendFromAgl({ identifier: 0x123, data: [1] });
  rig.run(400 * MILLISECOND);
  return rig;
}

onBothEngines('the console', (engine) => {
  it('ends with "ready", and the status page and the trace go on', async () => {
    const rig = await alone(engine);
    assert.match(rig.lines.at(-1) ?? '', /^canwarden: ready, /);
    const section = rig.board.control?.status;
    assert.ok(section);
    const page = settledStatusPage(rig.board);
    assert.equal(page?.said.get(NOT_ACKNOWLEDGED)?.times, 1);
    assert.equal(page?.lastStatus, NOT_ACKNOWLEDGED);
    const trace = readTrace(section);
    assert.ok(trace.some(({ code }) => code === SESSION_BEGUN));
    const said = trace.find(({ code, a }) => code === STATUS_SAID && a === NOT_ACKNOWLEDGED);
    // The bit rate stands above the transmit error counter.
    assert.equal((said?.b ?? 0) >> 8, 500_000);
    rig.close();
  });

  it('goes on with console=on, and no character holds the core', async () => {
    const rig = await alone(engine, 'console=on');
    assert.ok(rig.lines.includes('canwarden: AGL connected'), rig.lines.join('\n'));
    assert.ok(
      rig.lines.some((line) => line.endsWith('(status 51)')),
      rig.lines.join('\n'),
    );
    const page = settledStatusPage(rig.board);
    const row = page?.tasks.find(({ name }) => name === 'console');
    assert.ok(row && page);
    assert.ok(row.runs > 100, 'lines went out');
    assert.equal(row.misses, 0);
    assert.ok((row.worstTicks / page.ticksPerSecond) * 1e6 < 4, `${row.worstTicks} ticks`);
    rig.close();
  });

  it('lets the cell rest again when the last character is out', async () => {
    const rig = await openRig({ engine, settings: 'console=on' });
    rig.run(50 * MILLISECOND);
    let rounds = 0;
    rig.board.machine.onIdle = () => void rounds++;
    rig.run(10 * MILLISECOND);
    // Three timers of a millisecond, and the pieces of a page refresh; a due timer makes thousands.
    assert.ok(rounds < 500, `${rounds} rounds in 10 ms`);
    rig.close();
  });
});
