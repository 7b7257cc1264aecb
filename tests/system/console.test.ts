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
import { type Bench, startBench } from '../../lab/rig/rig.ts';
import { onBothEngines } from './play.ts';

const MILLISECOND = 1_000_000;
// src/rt/status.ts, src/page/trace-event.ts.
const NOT_ACKNOWLEDGED = 51;
const SESSION_BEGUN = 9;
const STATUS_SAID = 16;

/** Nobody acknowledges: the only other node is gone while AGL sends. */
async function alone(engine: 'image' | 'wasm', settings?: string): Promise<Bench> {
  const bench = await startBench({ engine, settings });
  bench.board.sender.participation = 'absent';
  bench.sendFromAgl({ identifier: 0x123, data: [1] });
  bench.run(400 * MILLISECOND);
  return bench;
}

onBothEngines('the console', (engine) => {
  it('ends with "ready", and the status page and the trace go on', async () => {
    const bench = await alone(engine);
    assert.match(bench.lines.at(-1) ?? '', /^canwarden: ready, /);
    const section = bench.board.control?.status;
    assert.ok(section);
    const page = settledStatusPage(bench.board);
    assert.equal(page?.said.get(NOT_ACKNOWLEDGED)?.times, 1);
    assert.equal(page?.lastStatus, NOT_ACKNOWLEDGED);
    const trace = readTrace(section);
    assert.ok(trace.some(({ code }) => code === SESSION_BEGUN));
    const said = trace.find(({ code, a }) => code === STATUS_SAID && a === NOT_ACKNOWLEDGED);
    // The bit rate stands above the transmit error counter.
    assert.equal((said?.b ?? 0) >> 8, 500_000);
    bench.close();
  });

  it('goes on with console=on, and no character holds the core', async () => {
    const bench = await alone(engine, 'console=on');
    assert.ok(bench.lines.includes('canwarden: AGL connected'), bench.lines.join('\n'));
    assert.ok(
      bench.lines.some((line) => line.endsWith('(status 51)')),
      bench.lines.join('\n'),
    );
    const page = settledStatusPage(bench.board);
    const row = page?.tasks.find(({ name }) => name === 'console');
    assert.ok(row && page);
    assert.ok(row.runs > 100, 'lines went out');
    assert.equal(row.misses, 0);
    assert.ok((row.worstTicks / page.ticksPerSecond) * 1e6 < 4, `${row.worstTicks} ticks`);
    bench.close();
  });

  it('lets the cell rest again when the last character is out', async () => {
    const bench = await startBench({ engine, settings: 'console=on' });
    bench.run(50 * MILLISECOND);
    let rounds = 0;
    bench.board.machine.onIdle = () => void rounds++;
    bench.run(10 * MILLISECOND);
    // Three timers of a millisecond, and the pieces of a page refresh; a due timer makes thousands.
    assert.ok(rounds < 500, `${rounds} rounds in 10 ms`);
    bench.close();
  });
});
