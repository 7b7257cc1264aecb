// SPDX-License-Identifier: MIT
/** Mutations of valid images of format 2: each is refused, or stays within its image. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { before, describe, it } from 'node:test';
import {
  HOSTILE_IMAGES,
  loadHostileTable,
  type HostileTable,
  LOCKED_IMAGE,
  runHostileRules,
} from '../../lab/random/hostile-rules.ts';
import { nodeTool, PROJECT } from '../../scripts/build/command.ts';

const MUTATIONS = 50_000;
const FOLDER = 'build/hostile-rules';

describe('a hostile rules.bin of format 2', () => {
  let table: HostileTable;

  before(async () => {
    mkdirSync(`${PROJECT}${FOLDER}`, { recursive: true });
    table = await loadHostileTable(nodeTool, `${FOLDER}/table.wasm`);
  });

  it('is taken as it is before anything is changed', () => {
    for (const image of HOSTILE_IMAGES) {
      new Uint8Array(table.memory.buffer).set(image, table.place());
      assert.equal(table.adopt(), 0);
    }
  });

  it(`is refused, or reads nothing beyond itself, in ${MUTATIONS} mutations`, () => {
    const report = runHostileRules(table, HOSTILE_IMAGES, { count: MUTATIONS, seed: 1 });
    assert.deepEqual(report.problems, []);
    assert.ok(report.taken > MUTATIONS / 20, `${report.taken} of them were taken`);
    assert.ok(report.refused > MUTATIONS / 20, `${report.refused} of them were refused`);
  });

  it('judges none that comes after it, though its wall is locked', () => {
    const images = [LOCKED_IMAGE, ...HOSTILE_IMAGES];
    const { problems, taken } = runHostileRules(table, images, { count: 300, seed: 2 });
    assert.deepEqual(problems, []);
    assert.ok(taken > 15, `${taken} of them were taken`);
  });
});
