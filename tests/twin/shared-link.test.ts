// SPDX-License-Identifier: MIT
/** The file that the twin shares with a real bridge, against docs/bridge.md. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { SharedLink } from '../../lab/live/shared-link.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const folder = temporaryFolder();

const OPTIONS = {
  sectionBytes: 0x40000,
  outputBytes: 0x20000,
  bridgeProtocol: 0xc024,
  cellProtocol: 0x8024,
};

describe('the shared file', () => {
  it('is laid out as version 2, with the output sections behind the R/W section', () => {
    const path = join(folder, 'new');
    new SharedLink({ ...OPTIONS, path });
    const bytes = readFileSync(path);
    assert.equal(bytes.length, 0x100000);
    assert.equal(bytes.toString('latin1', 0, 4), 'CWSM');
    const words = [0x04, 0x08, 0x0c, 0x10, 0x14, 0x18, 0x1c, 0x30, 0x34];
    assert.deepEqual(
      words.map((offset) => bytes.readUInt32LE(offset)),
      [2, 2, 0xc024, 0x8024, 0x1000, 0x2000, 0x40000, 0x42000, 0x20000],
    );
  });

  it('has each section at its place, side by side', () => {
    const path = join(folder, 'sections');
    const { stateTable, section, control } = new SharedLink({ ...OPTIONS, path });
    const sizes = [stateTable, section, control.requests, control.status].map(
      ({ length }) => length,
    );
    assert.deepEqual(sizes, [0x1000, 0x40000, 0x20000, 0x20000]);
    stateTable.writeUInt8(1, 0xfff);
    section.writeUInt8(2, 0x3ffff);
    control.requests.writeUInt8(3, 0x1ffff);
    control.status.writeUInt8(4, 0);
    const bytes = readFileSync(path);
    assert.deepEqual(
      [0x1fff, 0x41fff, 0x61fff, 0x62000].map((offset) => bytes[offset]),
      [1, 2, 3, 4],
    );
  });

  it('takes a bridge for dead that does not beat for 3 s of looking, and no pause for silence', () => {
    const link = new SharedLink({ ...OPTIONS, path: join(folder, 'beats') });
    const words = new Uint32Array(link.stateTable.buffer, 0, 0x1000 / 4);
    const states = new Uint32Array(link.stateTable.buffer, link.stateTable.byteOffset, 2);
    states[0] = 1;
    let millis = 50_000; // not the beginning of time
    const look = (pauseMillis: number): number => {
      link.tend((millis += pauseMillis));
      return link.bridgeState;
    };
    words[8] += 1;
    look(50);
    for (let looks = 0; looks < 29; looks += 1) assert.equal(look(20_000), 1, `look ${looks}`);
    words[8] += 1;
    look(50);
    for (let looks = 0; looks < 60; looks += 1) assert.equal(look(50), 1, `look ${looks}`);
    assert.equal(look(50), 0);
  });

  it('becomes longer when it is one of an earlier version', () => {
    const path = join(folder, 'old');
    writeFileSync(path, Buffer.alloc(0x80000, 0x77));
    new SharedLink({ ...OPTIONS, path });
    const bytes = readFileSync(path);
    assert.equal(bytes.length, 0x100000);
    assert.equal(bytes.readUInt32LE(0x04), 2);
    assert.equal(bytes[0x2000], 0x77, 'what is in it stays');
  });
});
