// SPDX-License-Identifier: MIT
/** `canwarden rules`: what is refused before anything changes, and how a table comes into force. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from '../skippable.ts';
import { FakeBoard, NEEDS_BUSYBOX, READY, RULES, ruleTable } from './fake-board.ts';

const REFUSED = 'canwarden: rules image refused at rule 2: every frame is forwarded (status 66)';

/** A board with a new table of two rules in /new.bin, which is named on the command line by its path. */
function withNewTable(board: FakeBoard, table: Buffer = ruleTable(2)): string {
  board.write('new.bin', table);
  return join(board.root, 'new.bin');
}

describe('canwarden rules', NEEDS_BUSYBOX, () => {
  it('says which table is installed', () => {
    const { status, stdout } = new FakeBoard().run('rules');
    assert.equal(status, 0);
    assert.equal(stdout, `/${RULES}: 6 rules, checksum 0x89abcdef\n`);
  });

  it('says what it means that there is none', () => {
    const { status, stdout } = new FakeBoard().remove(RULES).run('rules');
    assert.equal(status, 0);
    assert.match(stdout, /no rule table .* every frame is forwarded, none answered/);
  });

  it('says when the installed one is damaged', () => {
    const { status, stderr } = new FakeBoard().write(RULES, 'CWRLxxxx').run('rules');
    assert.equal(status, 1);
    assert.match(stderr, /is no rule table: it has 8 bytes, its header alone has 32/);
  });
});

describe('canwarden rules load', NEEDS_BUSYBOX, () => {
  it('refuses a file that is no table with exit status 2, and changes nothing', () => {
    const other = ruleTable(2);
    other.writeUInt16LE(3, 4);
    const short = ruleTable(2).subarray(0, 100);
    const counted = ruleTable(2);
    counted.writeUInt16LE(3, 16);
    for (const [table, what] of [
      [Buffer.from('version: 1\nrules:\n'), /does not begin with CWRL; is it the YAML text/],
      [Buffer.from('CWRL'), /its header alone has 32: cut off/],
      [other, /of format 3, this release knows 1 to 2/],
      [short, /says 160 bytes and has 100: cut off/],
      [counted, /3 rules and 0 filters do not fill its 160 bytes/],
      [Buffer.alloc(65537), /has 65537 bytes, a table has at most 65536/],
    ] as const) {
      const board = new FakeBoard().bringUp();
      const { status, stderr } = board.run('rules', 'load', withNewTable(board, table));
      assert.equal(status, 2);
      assert.match(stderr, what);
      assert.match(stderr, /npm run rules -- compile/);
      assert.equal(board.read(RULES), ruleTable(6).toString('latin1'));
      assert.deepEqual(board.commands, []);
    }
  });

  it('takes a table with filters, and counts them', () => {
    // Two rules and three filters of 8 bytes each (docs/rules.md, offset 24 of the header).
    const table = Buffer.concat([ruleTable(2), Buffer.alloc(24)]);
    table.writeUInt32LE(table.length, 8);
    table.writeUInt16LE(3, 24);
    const board = new FakeBoard();
    const { status, stderr } = board.run('rules', 'load', withNewTable(board, table));
    assert.equal(status, 0, stderr);
    assert.equal(board.read(RULES), table.toString('latin1'));
    table.writeUInt16LE(2, 24);
    const damaged = board.run('rules', 'load', withNewTable(board, table));
    assert.equal(damaged.status, 2);
    assert.match(damaged.stderr, /2 rules and 2 filters do not fill its 184 bytes: damaged/);
  });

  it('refuses a file that is not there, and needs root', () => {
    const missing = new FakeBoard().run('rules', 'load', '/nowhere.bin');
    assert.equal(missing.status, 2);
    assert.match(missing.stderr, /nowhere.bin is no rule table: there is no such file/);
    const folder = new FakeBoard();
    const refused = folder.run('rules', 'load', folder.root);
    assert.equal(refused.status, 2);
    assert.match(refused.stderr, /is no rule table: it is a folder or a device/);
    const board = new FakeBoard().write('fake/user', '5\n');
    const user = board.run('rules', 'load', withNewTable(board));
    assert.equal(user.status, 1);
    assert.match(user.stderr, /needs root/);
  });

  it('without a running cell, installs the table for the next start', () => {
    const board = new FakeBoard();
    const { status, stdout } = board.run('rules', 'load', withNewTable(board));
    assert.equal(status, 0);
    assert.match(stdout, /in force from the next 'canwarden up'/);
    assert.equal(board.read(RULES), ruleTable(2).toString('latin1'));
    assert.equal(board.read(`${RULES}.previous`), ruleTable(6).toString('latin1'));
    assert.ok(!board.has(`${RULES}.new`));
    assert.deepEqual(board.commands, []);
  });

  it('installs a first table where there was none, folder and all', () => {
    const board = new FakeBoard().remove('lib/firmware/canwarden');
    assert.equal(board.run('rules', 'load', withNewTable(board)).status, 0);
    assert.ok(board.has(RULES));
    assert.ok(!board.has(`${RULES}.previous`));
  });

  it('without a bridge that serves, restarts the cell and says so', () => {
    const board = new FakeBoard().bringUp();
    const { status, stdout } = board.run('rules', 'load', withNewTable(board));
    assert.equal(status, 0);
    assert.match(stdout, /restarting the cell: no urgent frame is answered for a moment/);
    assert.match(stdout, /^in force$/m);
    assert.deepEqual(
      board.commands.map((command) => command.split(' ').slice(0, 3).join(' ')),
      ['jailhouse [cell] [shutdown]', 'jailhouse [cell] [load]', 'jailhouse [cell] [start]'],
    );
  });

  it('fails when the cell refuses the table, and says how to go back', () => {
    const board = new FakeBoard().bringUp().write('fake/start-console', `${REFUSED}\n${READY}\n`);
    const { status, stderr } = board.run('rules', 'load', withNewTable(board));
    assert.equal(status, 1);
    assert.match(stderr, /the cell refused .*new.bin and answers nothing now/);
    assert.match(stderr, /status 66 RulesOverlap/);
    assert.match(stderr, /rules load --restart .*rules.bin.previous/);
  });

  it('lets a serving bridge swap it in without a restart', () => {
    const board = new FakeBoard().bringUp().openSocket();
    const { status, stdout } = board.run('rules', 'load', withNewTable(board));
    assert.equal(status, 0);
    assert.match(stdout, /in force: swapped in by the running cell/);
    assert.deepEqual(board.commands, ['canwarden-bridge [--ask] [rules] [load] [/new.bin]']);
    assert.equal(board.read(RULES), ruleTable(2).toString('latin1'));
  });

  it('changes nothing when a serving bridge refuses, and names the other way', () => {
    const board = new FakeBoard().bringUp().openSocket();
    board.write('fake/fail-bridge', 'no such request\n').write('fake/fail-bridge-status', '1\n');
    const file = withNewTable(board);
    const { status, stderr } = board.run('rules', 'load', file);
    assert.equal(status, 1);
    assert.match(stderr, /no such request/);
    assert.match(stderr, /rules load --restart/);
    assert.equal(board.read(RULES), ruleTable(6).toString('latin1'));
    assert.equal(board.run('rules', 'load', '--restart', file).status, 0);
    assert.equal(board.read(RULES), ruleTable(2).toString('latin1'));
  });

  it('changes nothing, and advises no restart, when the bridge finds that the file is no table', () => {
    const board = new FakeBoard().bringUp().openSocket();
    board.write('fake/fail-bridge', 'canwarden-bridge: new.bin is no rule table: damaged\n');
    const { status, stderr } = board.run('rules', 'load', withNewTable(board));
    assert.equal(status, 2);
    assert.equal(stderr, 'canwarden-bridge: new.bin is no rule table: damaged\n');
    assert.equal(board.read(RULES), ruleTable(6).toString('latin1'));
  });

  it('says when the table cannot be written', () => {
    // A file stands where the folder should be: root cannot write there either.
    const board = new FakeBoard().remove('lib/firmware/canwarden');
    board.write('lib/firmware/canwarden', '');
    const { status, stderr } = board.run('rules', 'load', withNewTable(board));
    assert.equal(status, 1);
    assert.match(stderr, /cannot write .*rules.bin.new/);
  });
});
