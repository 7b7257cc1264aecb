// SPDX-License-Identifier: MIT
/** The soak run `mutations`: a million changed rule tables against the cell's check. */
import { mkdirSync } from 'node:fs';
import {
  HOSTILE_IMAGES,
  loadHostileTable,
  runHostileRules,
} from '../../lab/random/hostile-rules.ts';
import { nodeTool, PROJECT } from '../build/command.ts';
import type { SoakRun } from './runs.ts';

const MUTATIONS = 1_000_000;
/** Different from that of `npm test`. */
const SEED = 1_000;
const FOLDER = 'build/hostile-rules';

export const mutations: SoakRun = {
  name: 'mutations',
  what: `${MUTATIONS} mutations of rules.bin: refused, or nothing beyond the image is read`,
  run: async (progress) => {
    mkdirSync(`${PROJECT}${FOLDER}`, { recursive: true });
    const table = await loadHostileTable(nodeTool, `${FOLDER}/soak.wasm`);
    const report = runHostileRules(
      table,
      HOSTILE_IMAGES,
      { count: MUTATIONS, seed: SEED },
      (done) => progress(done, MUTATIONS),
    );
    return {
      lines: [`taken ${report.taken}, refused ${report.refused}`, ...report.problems],
      isRight: report.problems.length === 0,
    };
  },
};
