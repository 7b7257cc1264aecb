/** The version that the cell says it has is the package's. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { it } from 'node:test';

it('the version of the firmware is that of the package, and fits the status page', async () => {
  const text = await readFile('src/cell/firmware-version.ts', 'utf8');
  const version = /FIRMWARE_VERSION: string = '([^']*)'/.exec(text)?.[1];
  const { version: expected } = JSON.parse(await readFile('package.json', 'utf8')) as {
    version: string;
  };
  assert.equal(version, expected);
  assert.ok(expected.length < 16, 'a NUL ends the 16 characters');
});
