/**
 * What the cell does when chip, line, crystal or bus are not as they should be, and its modes of
 * taking part, on both engines. The named cases of errors and sending are in tests/cases.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type Rig } from '../../lab/rig/rig.ts';
import { type RigOptions, openRig } from '../../lab/rig/open-rig.ts';
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

async function withRig(options: RigOptions, use: (rig: Rig) => void): Promise<void> {
  const settings = `${options.settings ?? ''} console=on`;
  const rig = await openRig({ ...options, settings });
  try {
    use(rig);
  } finally {
    rig.close();
  }
}

/** The lines of the cell with this status number. */
function linesWith(rig: Rig, status: number): string[] {
  rig.run(LINE_NANOS);
  return rig.lines.filter((line) => line.endsWith(`(status ${status})`));
}

function identifiersAtAgl(rig: Rig): number[] {
  return rig.agl.map(({ frame }) => frame.identifier);
}

onBothEngines('faults and modes', (engine) => {
  it('a chip that resets itself is noticed, set up again, and answers as before', async () => {
    await withRig({ engine, rules: ANSWERING, settings: 'errors=1' }, (rig) => {
      rig.board.chip.reset(rig.now);
      rig.run(30 * MILLISECOND);
      assert.equal(linesWith(rig, 53).length, 1);
      assert.ok(rig.lines.includes('canwarden: the MCP2515 is back on the bus, counters kept'));
      assert.equal(rig.register(CANSTAT) >> 5, 0, 'normal mode');
      assert.notEqual(rig.register(CNF1) | rig.register(CNF2), 0);
      rig.send({ identifier: 0x1a0 });
      rig.run(5 * MILLISECOND);
      const answers = rig.sentBy(rig.board.chip.name);
      assert.deepEqual(
        answers.map(({ identifier, data }) => [identifier, ...data]),
        [[0x1a1, 0x01, 0xa5]],
      );
      assert.deepEqual(
        rig.errors.map(({ classes }) => classes),
        [0x300],
      );
    });
  });

  it('a line that stays high does not cost frames, and is given up by name', async () => {
    await withRig({ engine }, (rig) => {
      rig.board.interruptWire.hold('high');
      for (let index = 0; index < 12; index++) {
        rig.send({ identifier: 0x100 + index }, index * 15 * MILLISECOND);
      }
      rig.run(250 * MILLISECOND);
      assert.deepEqual(
        identifiersAtAgl(rig),
        Array.from({ length: 12 }, (_, index) => 0x100 + index),
      );
      assert.equal(linesWith(rig, 54).length, 1);
    });
  });

  it('a line that stays low is given up, and frames come as before', async () => {
    await withRig({ engine }, (rig) => {
      rig.board.interruptWire.hold('low');
      rig.run(150 * MILLISECOND);
      assert.equal(linesWith(rig, 55).length, 1);
      rig.send({ identifier: 0x123 });
      rig.send({ identifier: 0x124 });
      rig.run(5 * MILLISECOND);
      assert.deepEqual(identifiersAtAgl(rig), [0x123, 0x124]);
    });
  });

  it('a wrong crystal is named with the values to try', async () => {
    const commandLine = 'bitrate=500000 osc=8000000';
    await withRig({ engine, oscillatorHertz: 16_000_000, commandLine }, (rig) => {
      for (let index = 0; index < 100; index++) {
        rig.send({ identifier: 0x100 }, index * 10 * MILLISECOND);
      }
      rig.run(1_000 * MILLISECOND);
      const [line, ...more] = linesWith(rig, 50);
      assert.equal(more.length, 0);
      assert.match(line, /no frame at 500000 bit\/s with the crystal of osc=/);
      assert.match(line, /try osc=12000000 osc=16000000/);
      assert.equal(rig.agl.length, 0);
    });
  });

  it('a crystal that cannot make the rate is not proposed', async () => {
    const commandLine = 'bitrate=1000000 osc=16000000';
    await withRig(
      { engine, bitrate: 1_000_000, oscillatorHertz: 12_000_000, commandLine },
      (rig) => {
        for (let index = 0; index < 100; index++) {
          rig.send({ identifier: 0x100 }, index * 10 * MILLISECOND);
        }
        rig.run(1_000 * MILLISECOND);
        const [line] = linesWith(rig, 50);
        assert.match(line, /try osc=12000000, or/);
      },
    );
  });

  it('listen-only: everything is heard, not a bit is sent', async () => {
    await withRig({ engine, rules: ANSWERING, settings: 'mode=listen-only' }, (rig) => {
      assert.match(rig.lines[0], /listen-only: nothing is sent \(status 57\)$/);
      rig.send({ identifier: 0x1a0 });
      rig.sendFromAgl({ identifier: 0x124 });
      rig.run(20 * MILLISECOND);
      assert.equal(rig.sentBy(rig.board.chip.name).length, 0);
      assert.ok(identifiersAtAgl(rig).every((identifier) => identifier === 0x1a0));
      assert.ok(rig.agl.length > 0);
      // Nobody else acknowledges, so the other node goes on trying: the cell did not help it.
      assert.ok(rig.wire.every(({ acknowledged }) => !acknowledged));
    });
  });

  it('loopback: what AGL sends comes back, and the bus sees none of it', async () => {
    await withRig({ engine, settings: 'mode=loopback' }, (rig) => {
      rig.sendFromAgl({ identifier: 0x124, data: [7] });
      rig.run(20 * MILLISECOND);
      assert.deepEqual(
        rig.agl.map(({ frame }) => [frame.identifier, ...frame.data]),
        [[0x124, 7]],
      );
      assert.equal(rig.wire.length, 0);
    });
  });

  it('triple sampling sets SAM', async () => {
    await withRig({ engine, settings: 'triple=1' }, (rig) => {
      assert.equal(rig.register(CNF2) & 0x40, 0x40);
    });
  });

  it('errors=0: error frames are not given to AGL', async () => {
    await withRig({ engine }, (rig) => {
      rig.board.chip.reset(rig.now);
      rig.run(30 * MILLISECOND);
      assert.equal(linesWith(rig, 53).length, 1);
      assert.equal(rig.errors.length, 0);
    });
  });
});
