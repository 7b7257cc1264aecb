// SPDX-License-Identifier: MIT
/**
 * Transfers of ISO 15765-2 with the real can-isotp of a Linux kernel: a tester on the bus, the cell, the bridge, and
 * isotprecv and isotpsend in a guest in QEMU. The cell answers a first frame by what the kernel would have said, and the
 * kernel takes the transfer.
 *
 * The tester is written by the standard: 6 bytes in a first frame, 7 in each of the others, numbers from 1 modulo 16.
 * `CANWARDEN_KVM=1` uses hardware virtualisation. Where no guest can be made it is skipped by name.
 */
import assert from 'node:assert/strict';
import { after, before, it } from '../skippable.ts';
import type { Guest } from '../../scripts/linux-guest/guest.ts';
import { CELL_SENDER } from '../../twin/board/board.ts';
import { type CanFrame, makeFrame } from '../../twin/bus/can-frame.ts';
import { bootBeside, describeGuest, record, STOP_RECORDING } from './guest-suite.ts';
import { LiveLink } from './live-link.ts';

const MILLISECOND = 1_000_000;
const [REQUEST, ANSWER, PADDING] = [0x7e0, 0x7e8, 0xcc];
const RULES = `version: 1
diagnosis: { physical: 0x7E0, answer: 0x7E8, agl: { services: [0x2E], pending: { at-most: 3 } } }
rules:
  - { name: status, match: { id: 0x1A0 }, answer: { id: 0x1A1, data: [1] } }
`;
/** The least that needs two frames, the last byte of a frame and the first of the next, and past number 15. */
const LENGTHS = [8, 13, 14, 118, 119, 250];

/** The frames of a message. */
function framesOf(identifier: number, message: readonly number[]): CanFrame[] {
  const first = [0x10 | (message.length >> 8), message.length & 0xff, ...message.slice(0, 6)];
  const rest = Array.from({ length: Math.ceil((message.length - 6) / 7) }, (_, index) => {
    const bytes = message.slice(6 + 7 * index, 13 + 7 * index);
    const filled = Array.from({ length: 7 - bytes.length }, () => PADDING);
    return [0x20 | ((index + 1) & 0xf), ...bytes, ...filled];
  });
  return [first, ...rest].map((data) => makeFrame({ identifier, data }));
}

function messageOf(length: number): number[] {
  return Array.from({ length }, (_, index) => (index === 0 ? 0x2e : (index * 7 + length) & 0xff));
}

function hexOf(bytes: readonly number[]): string {
  return bytes.map((byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join(' ');
}

describeGuest('can-isotp of a real Linux, through the bridge', (parts) => {
  let guest: Guest;
  let link: LiveLink;

  /** Data of the frames 0x7E8 that the cell sent since `from`, as far as the wire has them. */
  const answers = (from: number): number[][] =>
    link.live.seen.wire
      .slice(from)
      .filter(({ sender, frame }) => sender === CELL_SENDER && frame.identifier === ANSWER)
      .map(({ frame }) => [...frame.data]);
  const ofKind = (from: number, kind: number): number[][] =>
    answers(from).filter(([code]) => code >> 4 === kind);

  before(async () => {
    const say = (line: string): void => console.log(`# ${line}`);
    link = await LiveLink.start({ engine: 'wasm', rules: RULES, onConsoleLine: say });
    const onLine = (): void => undefined;
    let resource: string;
    ({ guest, resource } = await bootBeside(link, parts, { programs: [], onLine }));
    await guest.output('mkdir -p canwarden');
    const command = `canwarden-bridge --shm ${resource} --create`;
    await guest.output(`${command} > /dev/null 2> bridge.log & echo $! > pid`);
    await link.until('a session', () => link.live.isLinkUp);
    await guest.output('until ip link show vcan0 > /dev/null 2>&1; do sleep 0.1; done');
  });
  after(async () => {
    await guest?.stop();
    await link?.stop();
  });

  it('takes each long request, and would have said what the cell says', async () => {
    const ids = '-s 7E8 -d 7E0 -p CC:CC';
    await record(guest, 'said', 'vcan0,7e8:7ff');
    for (const length of LENGTHS) {
      // It is ready when the kernel lists it, and ends with the message.
      await guest.output(
        `isotprecv ${ids} vcan0 > got & echo $! > receiver; ` +
          'until grep -q isotp /proc/net/can/rcvlist_*; do sleep 0.02; done',
      );
      const from = link.live.seen.wire.length;
      const message = messageOf(length);
      const [first, ...rest] = framesOf(REQUEST, message);
      link.sendOnBus([first], 0);
      await link.until('flow control', () => ofKind(from, 3).length > 0);
      link.sendOnBus(rest, MILLISECOND);
      const got = await guest.output('wait $(cat receiver); cat got');
      assert.equal(got.trim(), hexOf(message), `${length} bytes`);
      assert.equal(ofKind(from, 3).length, 1, "the kernel's own is kept from the bus");
    }
    await guest.output(STOP_RECORDING);
    const said = (await guest.output('sed "s/.*#//" said')).trim().split('\n');
    const flows = said.filter((line) => line.startsWith('3'));
    assert.equal(flows.length, LENGTHS.length, said.join());
    for (const flow of flows) {
      assert.equal(flow, hexOf(ofKind(0, 3)[0]).replaceAll(' ', ''), 'byte by byte');
    }
  });

  it('sends a long answer by the flow control of a tester', async () => {
    for (const length of LENGTHS) {
      const from = link.live.seen.wire.length;
      const message = messageOf(length);
      const text = hexOf(message);
      await guest.output(`echo ${text} | isotpsend -s 7E8 -d 7E0 -p CC:CC vcan0 & true`);
      await link.until('a first frame', () => ofKind(from, 1).length > 0);
      const clear = [0x30, 0, 0, ...Array.from({ length: 5 }, () => PADDING)];
      link.sendOnBus([makeFrame({ identifier: REQUEST, data: clear })], 0);
      const frames = framesOf(ANSWER, message).map(({ data }) => [...data]);
      const seen = (): number[][] =>
        answers(from).filter(([code]) => code >> 4 === 1 || code >> 4 === 2);
      await link.until('the whole answer', () => seen().length >= frames.length);
      assert.deepEqual(seen(), frames, `${length} bytes`);
    }
  });

  it('is not asked when its bridge has ended: the tester hears overflow at once', async () => {
    await guest.output('kill $(cat pid); wait $(cat pid); true');
    await link.until('the end of the session', () => !link.live.isLinkUp);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const from = link.live.seen.wire.length;
    link.sendOnBus(framesOf(REQUEST, messageOf(20)).slice(0, 1), 0);
    await link.until('flow control', () => ofKind(from, 3).length > 0);
    assert.deepEqual(ofKind(from, 3)[0].slice(0, 3), [0x32, 0, 0]);
  });
});
