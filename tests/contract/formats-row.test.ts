// SPDX-License-Identifier: MIT
/**
 * A counter is one row and the place that counts it, a setting one row and the code that follows it: both
 * are put into a copy of the tree, and appear in the firmware, the bridge's text and JSON, the twin's
 * reader and the documents.
 *
 * Does not: need a build, or a compiler besides asc: the copy runs on the wasm engine.
 */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { copyTree, type Change } from '../../scripts/bench/variant.ts';
import { PROJECT } from '../../scripts/build/command.ts';
import type * as Data from '../../scripts/build/data.ts';
import type * as Documents from '../../scripts/build/formats/documents.ts';
import type * as WasmBuild from '../../scripts/build/wasm.ts';
import type * as Counters from '../../lab/page/counters.ts';
import type * as OpenRig from '../../lab/rig/open-rig.ts';
import type * as StatusPage from '../../lab/page/status-page.ts';
import { statusOf } from '../bridge-status.ts';

const FOLDER = join(PROJECT, 'build/contract/formats-row');
const BRIDGE = join(FOLDER, 'build/bridge.wasm');
const PATHS = [
  ...['formats', 'src', 'scripts/build', 'lab', 'twin', 'rules', 'cell-config', 'docs'],
  ...['package.json', 'asconfig.json', 'tsconfig.json', 'rules.yaml'],
];

const COUNTER_ROW = "  probes: { number: 74, what: 'probes of a test' },\n";
const SETTING_ROW = `  probe: {
    ...{ field: 'probeCount', kind: 'number', minimum: 0, maximum: 9, initial: 0 },
    what: 'how often a test probes',
  },\n`;

/** Nothing here depends on what the optimizers do, and they take long. */
const UNOPTIMISED: readonly Change[] = [
  { file: 'asconfig.json', from: '"optimizeLevel": 2', to: '"optimizeLevel": 0' },
  { file: 'asconfig.json', from: '"shrinkLevel": 1', to: '"shrinkLevel": 0' },
  { file: 'asconfig.json', from: '"converge": true', to: '"converge": false' },
  { file: 'scripts/build/wasm.ts', from: "    '-O2',\n    '--converge',\n", to: "    '-O0',\n" },
];

const CHANGES: readonly Change[] = [
  ...UNOPTIMISED,
  {
    file: 'formats/counters.ts',
    from: '} as const satisfies Record<string, CounterRow>;',
    to: `${COUNTER_ROW}} as const satisfies Record<string, CounterRow>;`,
  },
  {
    file: 'formats/settings.ts',
    from: '} as const satisfies Record<string, SettingRow>;',
    to: `${SETTING_ROW}} as const satisfies Record<string, SettingRow>;`,
  },
  // The code that follows the setting, which is the place that counts.
  {
    file: 'src/cell/bus/settings.ts',
    from: "import { AnyParts } from '../parts';",
    to: "import { Counter } from '../../rt/counters';\nimport { AnyParts } from '../parts';",
  },
  {
    file: 'src/cell/bus/settings.ts',
    from: '  modes.oneShot = settings.oneShot;',
    to: `  for (let probe: u32 = 0; probe < settings.probeCount; probe++) {
    parts.counters.count(Counter.Probes);
  }
  modes.oneShot = settings.oneShot;`,
  },
];

async function load<T>(path: string): Promise<T> {
  return (await import(pathToFileURL(join(FOLDER, path)).href)) as T;
}

describe('a row of a counter and one of a setting', { timeout: 900_000 }, () => {
  let rigs: typeof OpenRig;
  let section: Buffer;

  before(async () => {
    copyTree(FOLDER, PATHS, CHANGES);
    const { buildWasm } = await load<typeof WasmBuild>('scripts/build/wasm.ts');
    const { buildCells } = await load<typeof Data>('scripts/build/data.ts');
    await Promise.all([buildWasm('cell'), buildWasm('bridge'), buildCells()]);
    rigs = await load<typeof OpenRig>('lab/rig/open-rig.ts');
    const rig = await rigs.openRig({ engine: 'wasm', settings: 'probe=7' });
    rig.run(30_000_000);
    assert.ok(rig.board.control);
    section = Buffer.from(rig.board.control.status);
    rig.close();
  });

  it('are followed and counted by the firmware, and read by the twin', async () => {
    const { readStatusPage } = await load<typeof StatusPage>('lab/page/status-page.ts');
    const { namedCounters } = await load<typeof Counters>('lab/page/counters.ts');
    const page = readStatusPage(section);
    assert.ok(page);
    assert.equal(namedCounters(page.counters).probes, 7);
  });

  it('are in what a refused command line says', async () => {
    const refused = rigs.openRig({ engine: 'wasm', settings: 'probe=10' });
    await assert.rejects(refused, /bad value in "probe=10"; valid: .* probe=0\.\.9 \(/);
  });

  it('are in the text and the JSON of `canwarden status`', async () => {
    assert.match(await statusOf(BRIDGE, section, false), /^probes +7$/m);
    const { counters } = JSON.parse(await statusOf(BRIDGE, section, true)) as {
      counters: Record<string, number>;
    };
    assert.equal(counters.probes, 7);
  });

  it('are in the tables of the documents', async () => {
    const { withTables } = await load<typeof Documents>('scripts/build/formats/documents.ts');
    const made = (path: string): string => withTables(readFileSync(join(FOLDER, path), 'utf8'));
    assert.match(made('docs/status-page.md'), /^\| 74 \| `probes` \| probes of a test \|$/m);
    assert.match(
      made('docs/settings.md'),
      /^\| `probe=` \| 0 to 9 \| 0 \| how often a test probes \|$/m,
    );
    assert.match(made('docs/troubleshooting.md'), /keys are .*`probe`/);
  });
});
