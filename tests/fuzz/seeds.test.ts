// SPDX-License-Identifier: MIT
/**
 * Each fuzz target takes the inputs from which its corpus begins, and those that have failed once (FOUND).
 * `npm run soak -- fuzz` changes them for as long as it is given.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { readdirSync } from 'node:fs';
import { hasNativeCompiler } from '../../scripts/build/bridge.ts';
import { command, PROJECT } from '../../scripts/build/command.ts';
import { buildC, seedCorpus, TARGETS } from '../../scripts/fuzz/targets.ts';
import { skipForSetup } from '../../scripts/test/result.ts';

const FOLDER = 'build/test/fuzz';
const skip = hasNativeCompiler() ? false : skipForSetup('no C compiler for this machine here');

for (const target of TARGETS.filter(({ kind }) => kind === 'c')) {
  it(`${target.name} takes its seeds`, { skip }, async () => {
    const corpus = seedCorpus(target, `${PROJECT}${FOLDER}`);
    const files = readdirSync(corpus).map((name) => `${corpus}/${name}`);
    const program = await buildC(target, `${FOLDER}/built`, 'replay');
    assert.equal(await command(`${PROJECT}${program}`, files), `${files.length} inputs\n`);
  });
}

for (const target of TARGETS.filter(({ kind }) => kind === 'typescript')) {
  it(`${target.name} takes its seeds`, async () => {
    const { fuzz } = (await import(`./${target.name}.ts`)) as { fuzz: (data: Uint8Array) => void };
    assert.ok(target.seeds().size > 0);
    for (const bytes of target.seeds().values()) fuzz(bytes);
  });
}
