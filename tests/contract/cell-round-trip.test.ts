// SPDX-License-Identifier: MIT
/**
 * Decoding undoes encoding, for random configurations and both revisions.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeFile } from '../../cell-config/format/decode.ts';
import { encodeCell, encodeSystem } from '../../cell-config/format/encode.ts';
import { CellRandom, randomCell, randomSystem } from './cell-random.ts';
import * as stock from './cell-stock.ts';

describe('decoding what was encoded', () => {
  for (const revision of [13, 14] as const) {
    it(`gives the same cell and the same bytes, revision ${revision}, 200 random cells`, () => {
      const random = new CellRandom(revision);
      for (let round = 0; round < 200; round += 1) {
        const cell = randomCell(random);
        const bytes = encodeCell(cell, { revision });
        const file = decodeFile(bytes);
        // Only x86 has ports; revision 13 has nothing else that says it.
        const architecture = revision === 13 && cell.portRanges.length > 0 ? 0 : 2;
        assert.deepEqual(file, { kind: 'cell', revision, architecture, cell });
        assert.deepEqual(encodeCell(cell, { revision }), bytes);
      }
    });

    it(`gives the same system and the same bytes, revision ${revision}, 200 random systems`, () => {
      const random = new CellRandom(100 + revision);
      for (let round = 0; round < 200; round += 1) {
        const system = randomSystem(random);
        const bytes = encodeSystem(system, { revision });
        const file = decodeFile(bytes);
        assert.ok(file.kind === 'system' && file.revision === revision);
        assert.deepEqual(file.system, system);
        assert.deepEqual(encodeSystem(file.system, { revision }), bytes);
      }
    });
  }

  it('gives the same bytes for the stock files', () => {
    for (const bytes of [
      encodeCell(stock.STOCK_RPI4_INMATE_DEMO),
      encodeCell(stock.STOCK_RPI4_LINUX_DEMO, { revision: 13 }),
      encodeSystem(stock.STOCK_RPI4),
      encodeSystem(stock.STOCK_QEMU, { architecture: 1 }),
    ]) {
      const file = decodeFile(bytes);
      const { revision, architecture } = file;
      const again =
        file.kind === 'cell'
          ? encodeCell(file.cell, { revision, architecture })
          : encodeSystem(file.system, { revision, architecture });
      assert.deepEqual(again, bytes);
    }
  });
});
