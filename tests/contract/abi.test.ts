// SPDX-License-Identifier: MIT
/**
 * The host ABI has two ends: src/abi/MODULE.ts and the C functions `w2c_MODULE_NAME` in bsp/.
 * The compilers never see both, so this test compares them.
 */
import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { describe, it } from 'node:test';
import { readAssemblyScript, readC } from './abi-signatures.ts';
import { listFiles, readSource } from './source-tree.ts';

const C_FILES = listFiles('bsp', (path) => /\.[ch]$/.test(path));
/** The C ends of each module: one for each kind of host. */
const HOSTS: Record<string, readonly string[]> = {
  bsp: ['bsp/rpi4/', 'bsp/linux/'],
  socket: ['bsp/linux/'],
};

describe('the host ABI', () => {
  const modules = listFiles('src/abi').map((path) => basename(path, '.ts'));

  it('has the modules bsp and socket', () => {
    assert.deepEqual(modules.toSorted(), ['bsp', 'socket']);
  });

  for (const module of modules) {
    const declared = readAssemblyScript(readSource(`src/abi/${module}.ts`));

    it(`declares functions of ${module} with snake_case names, which survive into C`, () => {
      assert.ok(declared.length > 0);
      for (const { name } of declared) assert.match(name, /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/);
    });

    for (const host of HOSTS[module] ?? []) {
      it(`has the same functions of ${module} in ${host}, with the same types, and no other`, () => {
        const files = C_FILES.filter((path) => path.startsWith(host));
        const defined = files.flatMap((path) => readC(readSource(path), module));
        const byName = (list: typeof declared) =>
          [...list].sort((left, right) => left.name.localeCompare(right.name));
        assert.deepEqual(byName(defined), byName(declared));
      });
    }
  }

  it('would notice a wrong width, a missing parameter and a missing result', () => {
    const declared = readAssemblyScript('export declare function put(at: u32, value: u64): u32;');
    const define = (text: string) => readC(`ABI ${text} { }`, 'bsp');
    assert.deepEqual(
      define('uint32_t w2c_bsp_put(struct w2c_bsp *b, uint32_t a, uint64_t v)'),
      declared,
    );
    for (const wrong of [
      'uint32_t w2c_bsp_put(struct w2c_bsp *b, uint32_t a, uint32_t v)',
      'uint32_t w2c_bsp_put(struct w2c_bsp *b, uint32_t a)',
      'void w2c_bsp_put(struct w2c_bsp *b, uint32_t a, uint64_t v)',
      'uint32_t w2c_bsp_puts(struct w2c_bsp *b, uint32_t a, uint64_t v)',
    ]) {
      assert.notDeepEqual(define(wrong), declared, wrong);
    }
  });
});
