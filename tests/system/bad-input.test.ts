// SPDX-License-Identifier: MIT
/** Everything that can be wrong from outside: one clear numbered line each, and no hang. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { inFormat1, sealed } from '../format-1.ts';
import { compileRules } from '../../rules/compile.ts';
import type { Cell } from '../../cell-config/format/model.ts';
import type { EngineName } from '../../twin/engine/engine.ts';
import { cellLines, framesOf, logOf, onBothEngines, play, type PlayOptions } from './play.ts';
import { EACH_KIND } from '../rule-tables.ts';

// Cell states, Jailhouse hypercall.h.
const CELL_SHUT_DOWN = 2;
const CELL_FAILED = 3;
const CELL_FAILED_COMM_REVISION = 4;

const REQUEST = logOf('ecu', '0.0 1A0#01');
const SETTINGS = 'bitrate=500000 osc=12000000 spi=10000000';

interface FatalCase extends PlayOptions {
  readonly what: string;
  readonly status: number;
  readonly says: RegExp;
  readonly cellState?: number;
}

/** The cell cannot guard the bus: it says why, reports itself failed and stays down. */
const FATAL: readonly FatalCase[] = [
  {
    what: 'an unknown command-line key',
    commandLine: `${SETTINGS} speed=3`,
    status: 10,
    says: /speed/,
  },
  {
    what: 'a command-line value that is no number',
    commandLine: 'bitrate=fast',
    status: 11,
    says: /bitrate/,
  },
  {
    what: 'a command line of 4,000 characters',
    commandLine: 'errors=1 '.repeat(444),
    status: 12,
    says: /no end within 256 bytes/,
  },
  {
    what: 'a bit rate that the crystal cannot give',
    ...{ commandLine: 'bitrate=1000000 osc=8000000', oscillatorHertz: 8_000_000 },
    status: 20,
    says: /1000000 bit\/s.*8000000 Hz/,
  },
  {
    what: 'a chip that reads 0x00',
    faults: { missingChipByte: 0x00 },
    status: 21,
    says: /MCP2515.*0x00/,
  },
  {
    what: 'a chip that reads 0xff',
    faults: { missingChipByte: 0xff },
    status: 22,
    says: /MCP2515.*0xff/i,
  },
  {
    what: 'a communication region of another revision',
    faults: { communicationRevision: 1 },
    status: 31,
    says: /revision 1/,
    cellState: CELL_FAILED_COMM_REVISION,
  },
];

/** The table of EACH_KIND with one thing wrong and the checksum right again. */
function damaged(damage: (image: Buffer) => void): Buffer {
  const image = Buffer.from(compileRules(EACH_KIND, 'rules.yaml').image);
  damage(image);
  return sealed(image);
}

const RULE_0 = 64;

/** Two rules for one frame, which format 1 does not allow. */
function overlapping(): Buffer {
  const image = inFormat1(compileRules(EACH_KIND, 'rules.yaml').image);
  image.copy(image, 32 + 64, 32, 32 + 64);
  return sealed(image);
}

/** Rule images that the cell must refuse. Offsets: format 2 of rules.bin. */
const BAD_TABLES: readonly (readonly [what: string, status: number, image: () => Buffer])[] = [
  ['of another format version', 61, () => damaged((image) => image.writeUInt16LE(3, 4))],
  [
    'with an impossible size',
    62,
    () => damaged((image) => image.writeUInt32LE(image.length + 1, 8)),
  ],
  [
    'with a flipped bit',
    63,
    () => {
      const image = damaged(() => {});
      image.writeUInt8(image.readUInt8(RULE_0 + 33) ^ 1, RULE_0 + 33);
      return image;
    },
  ],
  [
    'with an identifier out of range',
    65,
    () =>
      damaged((image) => {
        image.writeUInt32LE(0x800, RULE_0);
        image.writeUInt32LE(0xc0000fff, RULE_0 + 4);
      }),
  ],
  ['with overlapping rules', 66, overlapping],
  ['with a reserved byte set', 67, () => damaged((image) => image.writeUInt8(1, 46))],
];

const playRequest = (engine: EngineName, options: PlayOptions) =>
  play(engine, { bus: REQUEST, ...options });

/** Half of the 128 KiB that each output section of the control link should have. */
const withSmallOutputs = (cell: Cell): Cell => ({
  ...cell,
  memoryRegions: cell.memoryRegions.map((region) =>
    region.size === 0x20000 ? { ...region, size: 0x10000 } : region,
  ),
});

const SMALL_OUTPUTS: PlayOptions = {
  changeCell: withSmallOutputs,
  changeSystem: (system) => ({ ...system, rootCell: withSmallOutputs(system.rootCell) }),
};

onBothEngines('bad input', (engine) => {
  for (const { what, status, says, cellState, ...options } of FATAL) {
    it(`${what}: one line with status ${status}, and the cell stays down`, async () => {
      const result = await playRequest(engine, options);
      assert.equal(result.cellEnd, 'stopped');
      assert.equal(result.cellStateBefore, cellState ?? CELL_FAILED);
      const lines = cellLines(result);
      assert.equal(lines.length, 1, lines.join('\n'));
      assert.match(lines[0] ?? '', new RegExp(`\\(status ${status}\\)$`));
      assert.match(lines[0] ?? '', says);
      assert.deepEqual(framesOf(result.busLog), [], 'nothing was played to a cell that is down');
    });
  }

  it('no ivshmem device: said once with status 32, and urgent frames are answered', async () => {
    const result = await playRequest(engine, { faults: { withoutIvshmem: true } });
    assert.deepEqual(framesOf(result.busLog), ['ecu 1A0#01', 'canwarden 1A1#010064A5']);
    const numbered = cellLines(result).filter((line) => line.includes('(status'));
    assert.equal(numbered.length, 2, cellLines(result).join('\n'));
    assert.match(numbered[0] ?? '', /\(status 32\)$/);
    assert.match(numbered[1] ?? '', /no status page.*\(status 38\)$/);
    assert.equal(result.cellState, CELL_SHUT_DOWN);
  });

  for (const [what, status, options] of [
    ['no control device', 38, { faults: { withoutControl: true } }],
    ['a control device with less memory', 39, SMALL_OUTPUTS],
  ] as const) {
    it(`${what}: said once with status ${status}, and everything else works`, async () => {
      const result = await playRequest(engine, options);
      assert.deepEqual(result.problems, []);
      assert.deepEqual(framesOf(result.busLog), ['ecu 1A0#01', 'canwarden 1A1#010064A5']);
      const numbered = cellLines(result).filter((line) => line.includes('(status'));
      assert.equal(numbered.length, 1, cellLines(result).join('\n'));
      assert.match(
        numbered[0] ?? '',
        new RegExp(`^canwarden: no status page.*\\(status ${status}\\)$`),
      );
      assert.equal(result.cellState, CELL_SHUT_DOWN);
    });
  }

  for (const [what, status, image] of BAD_TABLES) {
    it(`a rule table ${what}: status ${status}, and everything is forwarded`, async () => {
      const rules = 'version: 1\nrules: []\n';
      const result = await playRequest(engine, { rules, rulesImage: image() });
      assert.deepEqual(result.problems, []);
      assert.equal(framesOf(result.aglLog).length, 1);
      const numbered = cellLines(result).filter((line) => line.includes('(status'));
      assert.equal(numbered.length, 1, cellLines(result).join('\n'));
      assert.match(numbered[0] ?? '', new RegExp(`rules.*\\(status ${status}\\)$`));
    });
  }

  it('no rule table: said in one line, and everything is forwarded', async () => {
    const rules = 'version: 1\nrules: []\n';
    const result = await playRequest(engine, { rules, rulesImage: 'none' });
    assert.deepEqual(result.problems, []);
    assert.equal(framesOf(result.aglLog).length, 1);
    assert.equal(cellLines(result).filter((line) => line.includes('no rules image')).length, 1);
  });
});
