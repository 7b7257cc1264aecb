/**
 * What the cell does when chip, line, crystal or bus are not as they should be, and its modes of
 * taking part, on both engines. The named cases of errors and sending are in tests/cases.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type Bench, type BenchOptions, startBench } from '../../lab/rig/rig.ts';
import { onBothEngines } from './play.ts';

const MILLISECOND = 1_000_000;
const CNF1 = 0x2a;
const CNF2 = 0x29;
const CANSTAT = 0x0e;
const ANSWERING = `
version: 1
rules:
  - name: status
    match: { id: 0x1A0 }
    answer: { id: 0x1A1, data: [0x01, 0xA5] }
    forward: true
`;

/** Time for a line to go out, a character in 100 us. */
const LINE_NANOS = 20 * MILLISECOND;

async function withBench(options: BenchOptions, use: (bench: Bench) => void): Promise<void> {
  const settings = `${options.settings ?? ''} console=on`;
  const bench = await startBench({ ...options, settings });
  try {
    use(bench);
  } finally {
    bench.close();
  }
}

/** The lines of the cell with this status number. */
function linesWith(bench: Bench, status: number): string[] {
  bench.run(LINE_NANOS);
  return bench.lines.filter((line) => line.endsWith(`(status ${status})`));
}

function identifiersAtAgl(bench: Bench): number[] {
  return bench.agl.map(({ frame }) => frame.identifier);
}

onBothEngines('faults and modes', (engine) => {
  it('a chip that resets itself is noticed, set up again, and answers as before', async () => {
    await withBench({ engine, rules: ANSWERING, settings: 'errors=1' }, (bench) => {
      bench.board.chip.reset(bench.now);
      bench.run(30 * MILLISECOND);
      assert.equal(linesWith(bench, 53).length, 1);
      assert.ok(bench.lines.includes('canwarden: the MCP2515 is back on the bus, counters kept'));
      assert.equal(bench.register(CANSTAT) >> 5, 0, 'normal mode');
      assert.notEqual(bench.register(CNF1) | bench.register(CNF2), 0);
      bench.send({ identifier: 0x1a0 });
      bench.run(5 * MILLISECOND);
      const answers = bench.sentBy(bench.board.chip.name);
      assert.deepEqual(
        answers.map(({ identifier, data }) => [identifier, ...data]),
        [[0x1a1, 0x01, 0xa5]],
      );
      assert.deepEqual(
        bench.errors.map(({ classes }) => classes),
        [0x300],
      );
    });
  });

  it('a line that stays high does not cost frames, and is given up by name', async () => {
    await withBench({ engine }, (bench) => {
      bench.board.interruptWire.hold('high');
      for (let index = 0; index < 12; index++) {
        bench.send({ identifier: 0x100 + index }, index * 15 * MILLISECOND);
      }
      bench.run(250 * MILLISECOND);
      assert.deepEqual(
        identifiersAtAgl(bench),
        Array.from({ length: 12 }, (_, index) => 0x100 + index),
      );
      assert.equal(linesWith(bench, 54).length, 1);
    });
  });

  it('a line that stays low is given up, and frames come as before', async () => {
    await withBench({ engine }, (bench) => {
      bench.board.interruptWire.hold('low');
      bench.run(150 * MILLISECOND);
      assert.equal(linesWith(bench, 55).length, 1);
      bench.send({ identifier: 0x123 });
      bench.send({ identifier: 0x124 });
      bench.run(5 * MILLISECOND);
      assert.deepEqual(identifiersAtAgl(bench), [0x123, 0x124]);
    });
  });

  it('a wrong crystal is named with the values to try', async () => {
    const commandLine = 'bitrate=500000 osc=8000000';
    await withBench({ engine, oscillatorHertz: 16_000_000, commandLine }, (bench) => {
      for (let index = 0; index < 100; index++) {
        bench.send({ identifier: 0x100 }, index * 10 * MILLISECOND);
      }
      bench.run(1_000 * MILLISECOND);
      const [line, ...more] = linesWith(bench, 50);
      assert.equal(more.length, 0);
      assert.match(line, /no frame at 500000 bit\/s with the crystal of osc=/);
      assert.match(line, /try osc=12000000 osc=16000000/);
      assert.equal(bench.agl.length, 0);
    });
  });

  it('a crystal that cannot make the rate is not proposed', async () => {
    const commandLine = 'bitrate=1000000 osc=16000000';
    await withBench(
      { engine, bitrate: 1_000_000, oscillatorHertz: 12_000_000, commandLine },
      (bench) => {
        for (let index = 0; index < 100; index++) {
          bench.send({ identifier: 0x100 }, index * 10 * MILLISECOND);
        }
        bench.run(1_000 * MILLISECOND);
        const [line] = linesWith(bench, 50);
        assert.match(line, /try osc=12000000, or/);
      },
    );
  });

  it('listen-only: everything is heard, not a bit is sent', async () => {
    await withBench({ engine, rules: ANSWERING, settings: 'mode=listen-only' }, (bench) => {
      assert.match(bench.lines[0], /listen-only: nothing is sent \(status 57\)$/);
      bench.send({ identifier: 0x1a0 });
      bench.sendFromAgl({ identifier: 0x124 });
      bench.run(20 * MILLISECOND);
      assert.equal(bench.sentBy(bench.board.chip.name).length, 0);
      assert.ok(identifiersAtAgl(bench).every((identifier) => identifier === 0x1a0));
      assert.ok(bench.agl.length > 0);
      // Nobody else acknowledges, so the other node goes on trying: the cell did not help it.
      assert.ok(bench.wire.every(({ acknowledged }) => !acknowledged));
    });
  });

  it('loopback: what AGL sends comes back, and the bus sees none of it', async () => {
    await withBench({ engine, settings: 'mode=loopback' }, (bench) => {
      bench.sendFromAgl({ identifier: 0x124, data: [7] });
      bench.run(20 * MILLISECOND);
      assert.deepEqual(
        bench.agl.map(({ frame }) => [frame.identifier, ...frame.data]),
        [[0x124, 7]],
      );
      assert.equal(bench.wire.length, 0);
    });
  });

  it('triple sampling sets SAM', async () => {
    await withBench({ engine, settings: 'triple=1' }, (bench) => {
      assert.equal(bench.register(CNF2) & 0x40, 0x40);
    });
  });

  it('errors=0: error frames are not given to AGL', async () => {
    await withBench({ engine }, (bench) => {
      bench.board.chip.reset(bench.now);
      bench.run(30 * MILLISECOND);
      assert.equal(linesWith(bench, 53).length, 1);
      assert.equal(bench.errors.length, 0);
    });
  });
});
