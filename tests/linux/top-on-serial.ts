// SPDX-License-Identifier: MIT
/**
 * `canwarden top` in a guest: over a serial port, where keys end it, and into a file. Its shell, awk, stty and dd are
 * busybox's, the bridge and the cell behind it are real; of Jailhouse there are the two files that say that the cell
 * runs.
 *
 * Does not: boot the guest or start the bridge.
 */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { PROJECT } from '../../scripts/build/command.ts';
import type { Guest } from '../../scripts/linux-guest/guest.ts';
import { PATIENCE_SECONDS } from './live-link.ts';

/** What stands for / of the board: a guest's /sys cannot have Jailhouse's files. */
const ROOT = 'run/board';
const CELL = `${ROOT}/sys/devices/jailhouse/cells/1`;
const HELPER = `CANWARDEN_ROOT=/${ROOT} sh /${ROOT}/usr/bin/canwarden`;
const LIBRARY = 'agl/lib';

const ESCAPE = '\x1b';
const CLEAR = `${ESCAPE}[2J`;
const HOME = `${ESCAPE}[H`;
const ERASE_LINE = `${ESCAPE}[K`;
const ERASE_REST = `${ESCAPE}[J`;
const SCREENS = 3;
/** `top` asks the terminal where its cursor is (ECMA-48: DSR), in its far corner; one of 20 rows says this (CPR). */
const QUESTION = `${ESCAPE}7${ESCAPE}[999;999H${ESCAPE}[6n${ESCAPE}8`;
const ROWS = 20;
const CORNER = `${ESCAPE}[${ROWS};80R`;
const LOOK_MILLIS = 20;

/** The helper's files, for a guest. */
export function helperFiles(): Record<string, string> {
  const parts = readdirSync(join(PROJECT, LIBRARY)).map((name): [string, string] => [
    `${ROOT}/usr/lib/canwarden/${name}`,
    join(PROJECT, LIBRARY, name),
  ]);
  return Object.fromEntries([
    ...parts,
    [`${ROOT}/usr/bin/canwarden`, join(PROJECT, 'agl/canwarden')],
  ]);
}

/** The board's files around the running bridge, whose socket is in /run/canwarden. */
async function furnish(guest: Guest): Promise<void> {
  await guest.output(
    `mkdir -p /${CELL}; echo canwarden > /${CELL}/name; echo running > /${CELL}/state; ` +
      `ln -sfn /proc /${ROOT}/proc; ln -sfn /run /${ROOT}/run; ` +
      `ln -sf /bin/canwarden-bridge /${ROOT}/usr/bin/canwarden-bridge`,
  );
}

/** Answers that the cell has sent, by the bridge's own words. */
async function answersSent(guest: Guest): Promise<number> {
  const number = String.raw`s/.*"answers_sent":\([0-9]*\).*/\1/`;
  return Number(await guest.output(`canwarden-bridge --ask status --json | sed '${number}'`));
}

/** The figures of a screen must be the cell's: between what the bridge said before it and after it. */
function checkFigures(screen: string, before: number, after: number): void {
  assert.match(
    screen,
    /^canwarden \S+ {2}alive, \d+ ms ago, bus active \(TEC 0, REC 0\), session running$/m,
  );
  assert.match(screen, /^500000 bit\/s, load about \d+ %/m);
  assert.match(screen, /^rules: 1 \(/m);
  const found = /^ {2}answers +(\d+)\/s +(\d+) in all$/m.exec(screen);
  assert.ok(found, screen);
  const inAll = Number(found[2]);
  assert.ok(inAll >= before && inAll <= after, `${before}, ${inAll}, ${after}`);
  assert.ok(Number(found[1]) > 0, screen);
}

/** In a file: one screen without control characters. */
export async function checkTopInFile(guest: Guest): Promise<void> {
  await furnish(guest);
  const before = await answersSent(guest);
  await guest.output(`${HELPER} top > top.txt < /dev/null`);
  const after = await answersSent(guest);
  const shown = await guest.output('cat top.txt');
  assert.ok(!shown.includes(ESCAPE), JSON.stringify(shown));
  assert.equal(shown.match(/^canwarden /gm)?.length, 1);
  checkFigures(shown, before, after);
}

/** The name of the port on the PCI card. */
function portName(guest: Guest): Promise<string> {
  return guest.output(
    'for t in /sys/class/tty/ttyS*; do ' +
      'case "$(readlink -f $t/device)" in */pci*) [ "$(cat $t/type)" = 0 ] || basename $t ;; esac; done',
  );
}

/** At the other end of the serial port, `socketPath`: screens over each other until q. */
export async function checkTopOnSerial(guest: Guest, socketPath: string): Promise<void> {
  await furnish(guest);
  const port = `/dev/${(await portName(guest)).trim()}`;
  let seen = '';
  const socket = connect(socketPath);
  socket.setEncoding('latin1').on('data', (text: string) => {
    if (!seen.includes(QUESTION) && (seen + text).includes(QUESTION)) socket.write(CORNER);
    seen += text;
  });
  try {
    const before = await answersSent(guest);
    await guest.output(
      `(stty -g > before; ${HELPER} top; echo $? > status; stty -g > after) < ${port} > ${port} 2>&1 & echo $! > top`,
    );
    const screens = (): string[] => seen.split(HOME).slice(1);
    const endMillis = Date.now() + PATIENCE_SECONDS * 1000;
    while (screens().length <= SCREENS) {
      assert.ok(Date.now() < endMillis, `${screens().length} screens: ${JSON.stringify(seen)}`);
      await wait(LOOK_MILLIS);
    }
    socket.write('q');
    await guest.output('wait $(cat top)', PATIENCE_SECONDS);
    const after = await answersSent(guest);
    assert.equal(await guest.output('cat status'), '0\n');
    assert.equal(await guest.output('cat after'), await guest.output('cat before'));
    assert.ok(seen.startsWith(QUESTION + CLEAR + HOME), JSON.stringify(seen.slice(0, 40)));
    assert.equal(seen.split(CLEAR).length, 2);
    const whole = screens().slice(1, SCREENS);
    for (const screen of whole) {
      assert.ok(screen.endsWith(ERASE_REST), JSON.stringify(screen));
      const lines = screen.slice(0, -ERASE_REST.length).split('\r\n');
      assert.equal(lines.pop(), '');
      // Of its 21 lines those that fit, and the last row stays free.
      assert.equal(lines.length, ROWS - 1);
      for (const line of lines) assert.ok(line.startsWith(ERASE_LINE), JSON.stringify(line));
      const text = lines.map((line) => line.slice(ERASE_LINE.length)).join('\n');
      assert.ok(!text.includes(ESCAPE), JSON.stringify(text));
      checkFigures(text, before, after);
    }
    // They are of two moments.
    assert.notEqual(whole[0], whole[1]);
  } finally {
    socket.destroy();
  }
}
