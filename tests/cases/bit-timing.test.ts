// SPDX-License-Identifier: MIT
/**
 * T1 to T21: the CNF registers that the firmware writes, for every crystal and bit rate.
 *
 * Expected values: Linux's can_calc_bittiming (v6.3) with the limits of its mcp251x driver, compiled and
 * run apart from this project. "impossible" is what Linux says too.
 */
import assert from 'node:assert/strict';
import { bringUp, makeRig } from '../../lab/rig/open-rig.ts';
import { type Rig } from '../../lab/rig/rig.ts';
import type { EngineName } from '../../twin/engine/engine.ts';
import { MILLISECOND, onBoth, onWasm } from './case.ts';

// DS20001801J, table 11-1 and registers 5-1 to 5-3.
const CNF3 = 0x28;
const CNF2 = 0x29;
const CNF1 = 0x2a;
const CELL_FAILED = 3;

const CRYSTALS = [8_000_000, 12_000_000, 16_000_000];
const IMPOSSIBLE = 'impossible';

/** CNF1 CNF2 CNF3 per crystal. */
const TABLE: readonly (readonly [name: string, bitrate: number, ...cnf: string[]])[] = [
  ['T1', 10_000, '18 b5 01', '27 ad 01', '31 b5 01'],
  ['T2', 20_000, '09 bf 02', '13 ad 01', '18 b5 01'],
  ['T3', 31_250, '07 b5 01', '0b b5 01', '0f b5 01'],
  ['T4', 33_333, '07 ad 01', '0b ad 01', '0e b5 01'],
  ['T5', 40_000, '04 bf 02', '09 ad 01', '09 bf 02'],
  ['T6', 50_000, '04 b5 01', '07 ad 01', '09 b5 01'],
  ['T7', 80_000, '04 9a 01', '04 ad 01', '04 bf 02'],
  ['T8', 83_333, '02 b5 01', '03 b6 02', '05 b5 01'],
  ['T9', 95_000, '02 ac 01', '42 bf 03', '05 ac 01'],
  ['T10', 100_000, '01 bf 02', '03 ad 01', '04 b5 01'],
  ['T11', 125_000, '01 b5 01', '02 b5 01', '03 b5 01'],
  ['T12', 200_000, '00 bf 02', '01 ad 01', '01 bf 02'],
  ['T13', 250_000, '00 b5 01', '01 a3 01', '01 b5 01'],
  ['T14', 500_000, '00 91 01', '00 a3 01', '00 b5 01'],
  ['T15', 666_666, '00 88 01', '00 92 01', '00 9b 02'],
  ['T16', 800_000, IMPOSSIBLE, IMPOSSIBLE, '00 9a 01'],
  ['T17', 1_000_000, IMPOSSIBLE, '00 88 01', '00 91 01'],
];
const ON_BOTH = ['T1', 'T9', 'T14', 'T17'];

/** Boots the firmware with these settings, whatever it makes of them. */
async function boot(engine: EngineName, commandLine: string, bitrate: number): Promise<Rig> {
  const oscillatorHertz = Number(/osc=(\d+)/.exec(commandLine)?.[1]);
  const rig = await makeRig({
    engine,
    bitrate,
    oscillatorHertz,
    commandLine,
    withoutAgl: true,
  });
  bringUp(rig.board);
  return rig;
}

/** What the chip has in CNF1, CNF2, CNF3, or `impossible` when the cell refused to start. */
async function timingOf(
  engine: EngineName,
  oscillatorHertz: number,
  bitrate: number,
): Promise<string> {
  const rig = await boot(engine, `bitrate=${bitrate} osc=${oscillatorHertz}`, bitrate);
  rig.run(100 * MILLISECOND);
  try {
    const { cellState } = rig.board.communication;
    if (cellState !== CELL_FAILED) {
      assert.match(rig.lines.join('\n'), /ready/);
      return [CNF1, CNF2, CNF3].map((address) => hex(rig.register(address))).join(' ');
    }
    const said = rig.lines.join('\n');
    assert.ok(said.includes(String(bitrate)) && said.includes(String(oscillatorHertz)), said);
    assert.match(said, /status \d+/);
    return IMPOSSIBLE;
  } finally {
    rig.close();
  }
}

function hex(value: number): string {
  return value.toString(16).padStart(2, '0');
}

/** A bit in quanta, as the registers say. */
function partsOf(text: string) {
  const [cnf1, cnf2, cnf3] = text.split(' ').map((byte) => parseInt(byte, 16));
  assert.equal(cnf2 & 0x80, 0x80, 'BTLMODE: PS2 is from CNF3');
  const propagation = (cnf2 & 7) + 1;
  const phase1 = ((cnf2 >> 3) & 7) + 1;
  const phase2 = (cnf3 & 7) + 1;
  const quanta = 1 + propagation + phase1 + phase2;
  return {
    prescaler: (cnf1 & 0x3f) + 1,
    jumpWidth: (cnf1 >> 6) + 1,
    propagation,
    phase1,
    phase2,
    quanta,
  };
}

for (const [name, bitrate, ...expected] of TABLE) {
  const declare = ON_BOTH.includes(name) ? onBoth : onWasm;
  declare(`${name} CNF registers for ${bitrate} bit/s at 8, 12 and 16 MHz`, async (engine) => {
    const found: string[] = [];
    for (const crystal of CRYSTALS) found.push(await timingOf(engine, crystal, bitrate));
    assert.deepEqual(found, expected);
  });
}

onBoth(
  'T18 8 MHz with 1 Mbit/s, 8 and 12 MHz with 800 kbit/s are refused by name',
  async (engine) => {
    assert.equal(await timingOf(engine, 8_000_000, 1_000_000), IMPOSSIBLE);
    assert.equal(await timingOf(engine, 8_000_000, 800_000), IMPOSSIBLE);
    assert.equal(await timingOf(engine, 12_000_000, 800_000), IMPOSSIBLE);
  },
);

onWasm('T19 every timing that is accepted obeys the rules of the datasheet', async (engine) => {
  const odd = [
    5_000, 7_777, 12_345, 47_619, 57_600, 111_111, 133_333, 150_000, 307_692, 400_000, 700_000,
  ];
  let accepted = 0;
  for (const crystal of [...CRYSTALS, 20_000_000, 40_000_000]) {
    for (const bitrate of odd) {
      const text = await timingOf(engine, crystal, bitrate);
      if (text === IMPOSSIBLE) continue;
      accepted++;
      const bit = partsOf(text);
      const about = `${crystal} Hz, ${bitrate} bit/s: ${text}`;
      assert.ok(bit.phase2 > bit.jumpWidth, about);
      assert.ok(bit.phase2 >= 2, about);
      assert.ok(bit.propagation + bit.phase1 >= bit.phase2, about);
      assert.ok(bit.quanta >= 5 && bit.quanta <= 25, about);
      const made = crystal / (2 * bit.prescaler * bit.quanta);
      assert.ok(Math.abs(made / bitrate - 1) <= 0.051, `${about} makes ${made}`);
    }
  }
  assert.ok(accepted > 40, `${accepted} accepted`);
});

onWasm(
  'T20 a sample point of 100 % cannot be asked for (T19: PS2 >= 2 TQ, so none is chosen)',
  async (engine) => {
    const rig = await boot(engine, 'bitrate=500000 osc=16000000 sample-point=100', 500_000);
    assert.equal(rig.board.communication.cellState, CELL_FAILED);
    assert.match(rig.lines.join('\n'), /sample-point=100.*status \d+/);
    rig.close();
  },
);

onWasm('T21 a bit rate that comes no nearer than 5 % is refused', async (engine) => {
  // 8 MHz and 6 quanta are 666,666 bit/s: 4.8 % below 700,000, but 6.1 % below 710,000.
  assert.equal(await timingOf(engine, 8_000_000, 700_000), '00 88 01');
  assert.equal(await timingOf(engine, 8_000_000, 710_000), IMPOSSIBLE);
  // The prescaler ends at 64: 40 MHz reach down to 12,500 bit/s, 13.5 % above 11,000.
  assert.equal(await timingOf(engine, 40_000_000, 11_000), IMPOSSIBLE);
});
