// SPDX-License-Identifier: MIT
/** Holds the import rules: who may know whom. The rules themselves are in import-rules.ts. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findForbiddenImports, SOURCE_LAYER_NAMES } from './import-rules.ts';
import { listFiles, readSource } from './source-tree.ts';

const FOLDERS = [
  'formats',
  'src',
  'cell-config',
  'rules',
  'twin',
  'lab',
  'web',
  'scripts',
  'tests',
];
const FILES = FOLDERS.flatMap((folder) => listFiles(folder, (path) => path.endsWith('.ts')));

/** One bad import for each rule, and a part of the sentence that must name it. */
const FORBIDDEN: readonly (readonly [path: string, specifier: string, reason: RegExp])[] = [
  ['src/can/frame.ts', '../hal/clock', /src\/can may import only src\/rt/],
  ['src/rt/executive.ts', '../can/frame', /src\/rt may import only itself/],
  ['src/rt/executive.ts', '../abi/bsp', /src\/rt may import only itself/],
  [
    'src/hal/clock.ts',
    '../chip/bcm2711/generic-timer',
    /src\/hal may import only src\/can, src\/rt/,
  ],
  ['src/driver/mcp2515/controller.ts', '../../abi/bsp', /src\/driver may/],
  ['src/driver/mcp2515/controller.ts', '../../chip/bcm2711/spi0', /src\/driver may/],
  ['src/responder/rules.ts', '../hal/clock', /src\/responder may/],
  ['src/virtio/split-queue.ts', '../abi/bsp', /src\/virtio may/],
  ['src/virtio/transport.ts', '../jailhouse/ivshmem', /src\/virtio may/],
  ['src/board/rpi4.ts', '../image/cell', /src\/board may/],
  ['src/cell/cell.ts', '../image/cell', /src\/cell may/],
  ['src/cell/parts.ts', '../chip/bcm2711/spi0', /src\/cell may/],
  ['src/cell/parts.ts', '../chip/arm/generic-timer', /src\/cell may/],
  ['src/cell/page/journal.ts', '../../jailhouse/console-port', /src\/cell may/],
  ['src/cell/command-line.ts', '../abi/bsp', /src\/cell may/],
  ['src/cell/start-up.ts', '../board/rpi4', /src\/cell may/],
  ['src/bridge/end.ts', '../chip/bcm2711/spi0', /src\/bridge may/],
  ['src/bridge/end.ts', '../driver/mcp2515/registers', /src\/bridge may/],
  ['src/bridge/end.ts', '../cell/parts', /src\/bridge may/],
  ['src/can/frame.ts', './identifier.ts', /no file suffix/],
  ['src/can/frame.ts', 'node:fs', /no packages/],
  ['twin/chip/mcp2515.ts', '../../src/driver/mcp2515/registers', /name the file suffix/],
  [
    'twin/chip/mcp2515.ts',
    '../../src/driver/mcp2515/registers.ts',
    /twin may import only cell-config/,
  ],
  [
    'lab/play/command.ts',
    '../../scripts/build.ts',
    /lab may import only formats, cell-config, rules, twin/,
  ],
  ['lab/play/command.ts', '../../web/protocol.ts', /lab may import only/],
  ['web/main.ts', '../scripts/build.ts', /web may import only formats, cell-config/],
  ['twin/board/board.ts', '../../lab/rig/rig.ts', /twin may import only cell-config/],
  ['twin/board/board.ts', '../../formats/counters.ts', /twin may import only cell-config/],
  ['lab/page/counters.ts', '../../build/generated/counters.ts', /no folder with import rules/],
  ['cell-config/rpi4-root.ts', '../twin/clock.ts', /cell-config may import only itself/],
  ['scripts/build.ts', '../src/abi/bsp.ts', /scripts may import only/],
  ['tests/system/demo.test.ts', '../../src/rt/status.ts', /tests may import only/],
  ['tests/unit/can/frame.spec.ts', '../../../twin/clock', /tests\/unit may import only src/],
];

describe('the import rules', () => {
  it('hold in every file', () => {
    assert.ok(FILES.length > 50, `only ${FILES.length} files were found`);
    const faults = FILES.flatMap((path) => findForbiddenImports(path, readSource(path)));
    assert.deepEqual(faults, [], faults.join('\n'));
  });

  it('know every folder of src', () => {
    const folders = new Set(listFiles('src').map((path) => path.split('/')[1]));
    folders.delete('tsconfig.json');
    assert.deepEqual(
      [...folders].filter((name) => !SOURCE_LAYER_NAMES.includes(name)),
      [],
    );
  });

  for (const [path, specifier, reason] of FORBIDDEN) {
    it(`would refuse ${specifier} in ${path}`, () => {
      const text = `/** Header. */\nimport { something } from '${specifier}';\n`;
      const faults = findForbiddenImports(path, text);
      assert.equal(faults.length, 1);
      assert.ok(faults[0].startsWith(`${path}:2: `), faults[0]);
      assert.match(faults[0], reason);
    });
  }

  it('see dynamic imports, type imports and re-exports too', () => {
    const lines = [
      "export { a } from '../src/rt/status.ts';",
      "import type { B } from '../src/rt/status.ts';",
      "const c = await import('../src/rt/status.ts');",
    ];
    for (const line of lines) {
      assert.equal(findForbiddenImports('twin/sample.ts', line).length, 1, line);
    }
  });
});
