// SPDX-License-Identifier: MIT
/**
 * What lets a stranger judge a release: its signature by ssh-keygen, and the bills of material, whose components all
 * have a licence that goes with MIT.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { requireKey, signArchive } from '../../scripts/release/sign.ts';
import {
  billOf,
  type Component,
  licenceOf,
  readLock,
  PAGE_ROOTS,
  PRODUCTS,
} from '../../scripts/release/sbom.ts';
import { skipForSetup } from '../../scripts/test/result.ts';
import { describe, it } from '../skippable.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const folder = temporaryFolder();

const inFolder = (name: string): string => join(folder, name);

/** As docs/security.md says it. */
function verify(archive: string, identity = 'release@example.org'): boolean {
  const words = [
    '-Y',
    'verify',
    '-f',
    inFolder('signers'),
    '-I',
    identity,
    '-n',
    'canwarden-release',
  ];
  const command = [...words, '-s', inFolder('archive.sig')];
  return spawnSync('ssh-keygen', command, { input: readFileSync(archive) }).status === 0;
}

function makeKey(name: string): string {
  const words = ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', inFolder(name)];
  assert.equal(spawnSync('ssh-keygen', words).status, 0);
  return inFolder(name);
}

const skip =
  spawnSync('ssh-keygen', ['-?']).error !== undefined && skipForSetup('no ssh-keygen here');

describe('a signed release', { skip }, () => {
  it('verifies with the public key, and neither with another nor when a bit is changed', () => {
    const key = makeKey('own');
    const other = makeKey('other');
    const archive = inFolder('archive');
    writeFileSync(archive, 'the bytes of an archive');
    assert.equal(signArchive(archive, key), `${archive}.sig`);
    const allow = (which: string): void =>
      writeFileSync(
        inFolder('signers'),
        `release@example.org ${readFileSync(`${which}.pub`, 'utf8')}`,
      );
    allow(key);
    assert.ok(verify(archive));
    assert.ok(!verify(archive, 'somebody@example.org'));
    writeFileSync(inFolder('changed'), 'the bytes of an archivf');
    assert.ok(!verify(inFolder('changed')));
    allow(other);
    assert.ok(!verify(archive));
  });

  it('of the same key a second time replaces the signature, without a question', () => {
    const archive = inFolder('archive');
    const before = readFileSync(`${archive}.sig`, 'utf8');
    writeFileSync(archive, 'other bytes');
    signArchive(archive, inFolder('own'));
    assert.notEqual(readFileSync(`${archive}.sig`, 'utf8'), before);
  });

  it('is refused for a key that is not there, before anything is built', () => {
    assert.throws(() => requireKey(inFolder('nobody')), /--sign: there is no .*nobody/);
  });
});

/** Licences of what may be part of an MIT product as it is (SPDX). */
const FITTING = ['MIT', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', '0BSD'];
/** Imports of the page by their own names. */
const FOREIGN_IMPORT = /from '([^.'][^']*)'/g;

describe('the bills of material', () => {
  const lock = readLock();
  const bills = PRODUCTS.map((product) => billOf(product, '1.2.3', lock, 946_684_800));

  it('are CycloneDX 1.5, the same each time, and name every component with version and licence', () => {
    for (const [index, bill] of bills.entries()) {
      assert.deepEqual(billOf(PRODUCTS[index], '1.2.3', lock, 946_684_800), bill);
      assert.deepEqual([bill.bomFormat, bill.specVersion, bill.version], ['CycloneDX', '1.5', 1]);
      // RFC 4122: version 8, variant 1.
      assert.match(
        bill.serialNumber,
        /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/,
      );
      assert.ok(bill.components.length > 0);
      for (const component of bill.components) {
        const licence = licenceOf(component);
        assert.ok(FITTING.includes(licence), `${component['bom-ref']}: "${licence}"`);
      }
    }
  });

  it('have the packages whose code is in the product: of the page, what it imports and what that needs', () => {
    const names = (components: readonly Component[]): string[] =>
      components.map(({ name }) => name);
    assert.deepEqual(names(bills[0].components), ['assemblyscript', 'wabt']);
    assert.deepEqual(names(bills[1].components), ['assemblyscript', 'wabt']);
    const page = names(bills[2].components);
    // codemirror's own dependency, three deep: crelt.
    for (const name of ['@codemirror/view', 'crelt', 'style-mod', 'base64-js'])
      assert.ok(page.includes(name), name);
    assert.ok(!page.includes('vite'), 'a tool');
  });

  it('know every package that the page imports', () => {
    const sources = readdirSync('web', { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.ts'),
    );
    const imported = new Set<string>();
    for (const name of sources) {
      for (const [, module] of readFileSync(join('web', name), 'utf8').matchAll(FOREIGN_IMPORT)) {
        if (!module.startsWith('node:')) imported.add(module);
      }
    }
    assert.deepEqual(
      [...imported].filter((name) => !PAGE_ROOTS.includes(name)),
      [],
    );
  });
});
