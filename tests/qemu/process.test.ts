// SPDX-License-Identifier: MIT
/**
 * A connection to a QEMU that starts slowly: unix(7) lets a socket's file be there before anybody listens at it.
 *
 * A program of ours stands for QEMU, so that the moment does not depend on the machine.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { QemuProcess } from '../../lab/qemu/qemu-process.ts';

/** A file that refuses a connection as a socket that was bound does, then what `next` says. */
function refusing(next: string): QemuProcess {
  const program = `
    const { rmSync, writeFileSync } = require('node:fs');
    const { createServer } = require('node:net');
    const path = process.argv[1];
    writeFileSync(path, '');
    setTimeout(() => { ${next} }, 300);`;
  return new QemuProcess(process.execPath, (folder) => ['-e', program, `${folder}/port`]);
}

describe('a connection to QEMU', () => {
  it('waits until it listens, when the file is there before', async () => {
    const qemu = refusing(
      "rmSync(path); createServer((socket) => socket.end('hello')).listen(path);",
    );
    try {
      const socket = await qemu.connect('port');
      let seen = '';
      for await (const part of socket.setEncoding('utf8')) seen += String(part);
      assert.equal(seen, 'hello');
    } finally {
      await qemu.stop();
    }
  });

  it('ends with its last words, when it ended without listening', async () => {
    const qemu = refusing("console.error('no such machine'); process.exitCode = 1;");
    try {
      await assert.rejects(
        qemu.connect('port'),
        /^Error: QEMU: cannot connect to port \(.*ECONNREFUSED.*\); it said: no such machine$/,
      );
      assert.equal(await qemu.ended, 1);
    } finally {
      await qemu.stop();
    }
  });
});
