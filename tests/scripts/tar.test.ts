// SPDX-License-Identifier: MIT
/** The tar writer against the format's own numbers, and against the tar of this machine. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { readTar, type TarMember, withFolders, writeTar } from '../../scripts/archive/tar.ts';

const entry = (name: string, content = 'x', mode = 0o644): TarMember => ({
  name,
  content: { kind: 'file', bytes: Buffer.from(content), mode },
});

/** Names as the machine's tar lists them. */
function list(archive: Buffer): string[] {
  const { status, stdout, stderr } = spawnSync('tar', ['tf', '-'], {
    input: archive,
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  return stdout.trim().split('\n');
}

describe('the tar writer', () => {
  it('fills whole blocks of 512 bytes and ends with two empty ones', () => {
    const archive = writeTar([entry('a', 'y'.repeat(513))], 0);
    assert.equal(archive.length, (1 + 2 + 2) * 512);
    assert.ok(archive.subarray(-1024).every((byte) => byte === 0));
  });

  it('writes the header fields where POSIX has them', () => {
    const header = writeTar([entry('a', 'hello', 0o755)], 946_684_800).subarray(0, 512);
    const text = (from: number, length: number) => header.toString('latin1', from, from + length);
    assert.equal(text(0, 2), 'a\0');
    assert.equal(text(100, 8), '0000755\0');
    assert.equal(text(124, 12), '00000000005\0');
    assert.equal(text(136, 12), '07033241600\0');
    assert.equal(text(156, 1), '0');
    assert.equal(text(257, 8), 'ustar\x0000');
    const sum = [...header].reduce(
      (total, byte, index) => total + (index >= 148 && index < 156 ? 0x20 : byte),
      0,
    );
    assert.equal(parseInt(text(148, 6), 8), sum);
  });

  it('puts folders before their files and sorts by name, whatever the order given', () => {
    const files = [entry('z/b'), entry('a/c/d'), entry('z/a')];
    const expected = ['a/', 'a/c/', 'a/c/d', 'z/', 'z/a', 'z/b'];
    assert.deepEqual(list(writeTar(withFolders(files))), expected);
    assert.deepEqual(withFolders([...files].reverse()), withFolders(files));
  });

  it('carries paths of more than 100 bytes, and refuses what does not fit', () => {
    const long = `${'folder/'.repeat(20)}${'n'.repeat(100)}`;
    assert.equal(list(writeTar([entry(long)])).at(-1), long);
    assert.throws(() => writeTar([entry('n'.repeat(101))]), /too long for a tar archive/);
    assert.throws(() => writeTar([entry(`${'f/'.repeat(100)}n`.repeat(2))]), /too long/);
  });

  it('is read back: files, links, modes and long paths', () => {
    const link: TarMember = { name: 'l', content: { kind: 'link', target: '/etc/hosts' } };
    const long = `${'folder/'.repeat(20)}n`;
    const members = [entry(long, 'y'.repeat(513), 0o755), link];
    assert.deepEqual(readTar(writeTar(members)), members);
    assert.equal(list(writeTar(members)).at(-1), 'l');
    const target = 'n'.repeat(101);
    assert.throws(() => writeTar([{ name: 'l', content: { kind: 'link', target } }]), /too long/);
  });

  it('is not read when it is cut, changed or none', () => {
    const archive = writeTar([entry('a', 'hello')]);
    assert.equal(readTar(archive.subarray(0, 1024)), undefined);
    const changed = Buffer.from(archive);
    changed[0] ^= 1;
    assert.equal(readTar(changed), undefined);
    assert.equal(readTar(Buffer.from('no archive')), undefined);
  });
});
