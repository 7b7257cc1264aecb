// SPDX-License-Identifier: MIT
/** X1 to X7: what sending costs, in which order frames leave, and what becomes of those that cannot. */
import assert from 'node:assert/strict';
import type { Rig } from '../../lab/rig/rig.ts';
import type { RigOptions } from '../../lab/rig/open-rig.ts';
import { LogNode } from '../../twin/bus/log-node.ts';
import { MILLISECOND, onBoth, onWasm, textOf, linesOf, withRig, withLines } from './case.ts';
import {
  ALTERNATING,
  CAN_ERR_ACK,
  CAN_ERR_BUSOFF,
  CAN_ERR_CRTL,
  CAN_ERR_CRTL_TX_PASSIVE,
  CAN_ERR_LOSTARB,
  CAN_ERR_RESTARTED,
  CAN_ERR_TX_TIMEOUT,
  failNextSends,
  messageOf,
} from './disturbance.ts';

// DS20001801J, table 12-1, registers 3-1, 10-1 and 10-2.
const INSTRUCTION_WRITE = 0x02;
const INSTRUCTION_READ = 0x03;
const INSTRUCTION_BIT_MODIFY = 0x05;
const INSTRUCTION_RTS = 0x80;
const TXBCTRL = [0x30, 0x40, 0x50];
const TXBCTRL_ABTF = 0x40;
const TXBCTRL_MLOA = 0x20;
const TXBCTRL_TXREQ = 0x08;
const CANSTAT = 0x0e;
const CANSTAT_OPMOD = 0xe0;
const TEC = 0x1c;
const CELL = 'canwarden';

/** LOAD TX BUFFER 0x40..0x45 and RTS 0x80..0x87. */
function isSending([instruction]: readonly number[]): boolean {
  return (instruction >= 0x40 && instruction <= 0x45) || (instruction & 0xf8) === INSTRUCTION_RTS;
}

function sentByCell(rig: Rig): string[] {
  return rig.sentBy(CELL).map(textOf);
}

/** On chips of which TXREQ falls, after an abort, with the end of the frame; and at once. */
async function eachAbort(options: RigOptions, use: (rig: Rig) => void): Promise<void> {
  for (const abortClearsRequest of [false, true]) {
    await withRig({ ...options, faults: { abortClearsRequest } }, use);
  }
}

/** Keeps the bus busy with `count` frames that win against anything else here. */
function occupyBus(rig: Rig, count: number): void {
  for (let index = 0; index < count; index++) rig.send({ identifier: 0x001, data: [index] });
}

onBoth('X1 sending costs at most 7 + DLC bytes, and TXREQ is set by RTS alone', (engine) =>
  withRig({ engine }, (rig) => {
    for (const extended of [false, true]) {
      for (let dlc = 0; dlc <= 8; dlc++) {
        const from = rig.transactions.length;
        rig.sendFromAgl({ identifier: 0x321, extended, data: Array(dlc).fill(dlc) });
        rig.run(3 * MILLISECOND);
        const sending = rig.mosi.slice(from).filter(isSending);
        assert.ok(sending.flat().length <= 7 + dlc, `DLC ${dlc}: ${sending.flat().length} bytes`);
        assert.equal(sending.filter(([byte]) => (byte & 0xf8) === INSTRUCTION_RTS).length, 1);
      }
    }
    assert.equal(rig.sentBy(CELL).length, 18);
    const written = rig.mosi.filter(([instruction, address, first, second]) => {
      if (!TXBCTRL.includes(address)) return false;
      if (instruction === INSTRUCTION_WRITE) return (first & TXBCTRL_TXREQ) !== 0;
      return instruction === INSTRUCTION_BIT_MODIFY && (first & second & TXBCTRL_TXREQ) !== 0;
    });
    assert.deepEqual(written, []);
  }),
);

onBoth(
  'X2 three frames of AGL leave in the order they came, whatever their identifiers',
  (engine) =>
    withRig({ engine }, (rig) => {
      occupyBus(rig, 5);
      for (const identifier of [0x700, 0x100, 0x400]) rig.sendFromAgl({ identifier });
      rig.run(20 * MILLISECOND);
      assert.deepEqual(sentByCell(rig), ['700#', '100#', '400#']);
    }),
);

onBoth('X3 an answer stronger than two frames of AGL that wait goes before them', (engine) => {
  const rules =
    'version: 1\nrules:\n  - name: urgent\n    match: { id: 0x002 }\n    answer: { id: 0x0F0, data: [1] }\n';
  return withRig({ engine, rules }, (rig) => {
    occupyBus(rig, 20);
    for (const identifier of [0x100, 0x101]) rig.sendFromAgl({ identifier });
    rig.run(MILLISECOND);
    assert.deepEqual(sentByCell(rig), [], 'the bus is taken, AGL has to wait');
    rig.send({ identifier: 0x002 });
    rig.run(20 * MILLISECOND);
    assert.deepEqual(sentByCell(rig), ['0F0#01', '100#', '101#']);
  });
});

onBoth('X3 an answer weaker than a frame of AGL that waits goes after it', (engine) => {
  const rules =
    'version: 1\nrules:\n  - name: weak\n    match: { id: 0x002 }\n    answer: { id: 0x7F0, data: [1] }\n';
  return withRig({ engine, rules }, (rig) => {
    rig.send({ identifier: 0x002 });
    for (let index = 0; index < 20; index++) rig.send({ identifier: 0x003, data: [index] });
    rig.run(MILLISECOND);
    assert.equal(rig.board.sender.transmitPending, true, 'the answer is in the chip');
    assert.deepEqual(sentByCell(rig), [], 'the bus is taken');
    for (const identifier of [0x100, 0x101]) rig.sendFromAgl({ identifier });
    rig.run(20 * MILLISECOND);
    assert.deepEqual(sentByCell(rig), ['100#', '101#', '7F0#01']);
  });
});

onBoth('X3 of two answers that wait, the stronger one goes first', (engine) => {
  // Each waits in a buffer of its own; the one of the weaker identifier is asked for first.
  const rules = `version: 1
rules:
  - { name: strong, match: { id: 0x003 }, answer: { id: 0x0F0, data: [1] } }
  - { name: weak, match: { id: 0x002 }, answer: { id: 0x0F1, data: [2] } }
`;
  return withRig({ engine, rules }, (rig) => {
    occupyBus(rig, 20);
    rig.sendFromAgl({ identifier: 0x100 });
    rig.run(MILLISECOND);
    rig.send({ identifier: 0x002 });
    rig.send({ identifier: 0x003 });
    rig.send({ identifier: 0x004 });
    rig.run(20 * MILLISECOND);
    assert.deepEqual(sentByCell(rig), ['0F0#01', '0F1#02', '100#']);
  });
});

onBoth(
  'X4 no acknowledgement: passive, never bus-off; taken back in time, the buffer usable',
  (engine) =>
    withLines({ engine, settings: 'errors=1 txtimeout-ms=50' }, (rig) => {
      rig.board.sender.participation = 'absent';
      rig.sendFromAgl({ identifier: 0x123 });
      rig.run(45 * MILLISECOND);
      assert.equal(rig.register(TEC), 128, 'the rule for missing acknowledgements');
      assert.equal(rig.register(TXBCTRL[0]) & TXBCTRL_TXREQ, TXBCTRL_TXREQ);
      rig.run(60 * MILLISECOND);
      assert.equal(rig.register(TXBCTRL[0]) & TXBCTRL_TXREQ, 0);
      const classes = rig.errors.map(({ classes, data }) => [classes, data[1]]);
      assert.ok(
        classes.some(([bits, state]) => bits & CAN_ERR_CRTL && state & CAN_ERR_CRTL_TX_PASSIVE),
      );
      assert.ok(classes.some(([bits]) => bits & CAN_ERR_TX_TIMEOUT && bits & CAN_ERR_ACK));
      assert.ok(classes.every(([bits]) => (bits & CAN_ERR_BUSOFF) === 0));
      assert.match(linesOf(rig), /nobody acknowledges.*status \d+/);
      rig.board.sender.participation = 'active';
      rig.sendFromAgl({ identifier: 0x124 });
      rig.run(10 * MILLISECOND);
      assert.deepEqual(sentByCell(rig), ['124#']);
    }),
);

onWasm('X5 one-shot: lost arbitration is told, and the frame not sent again', (engine) =>
  withRig({ engine, settings: 'errors=1 oneshot=1' }, (rig) => {
    occupyBus(rig, 20);
    rig.sendFromAgl({ identifier: 0x700 });
    rig.run(20 * MILLISECOND);
    assert.equal(rig.register(TXBCTRL[0]) & (TXBCTRL_MLOA | TXBCTRL_TXREQ), TXBCTRL_MLOA);
    // A READ of that register alone: the look at what the buffers hold reads it with the header.
    const asked = rig.transactions.filter(
      ({ mosi: [instruction, address, ...rest], miso }) =>
        instruction === INSTRUCTION_READ &&
        address === TXBCTRL[0] &&
        rest.length === 1 &&
        (miso[2] & TXBCTRL_MLOA) !== 0,
    );
    assert.equal(asked.length, 1, 'the cell has seen MLOA');
    assert.deepEqual(rig.errors.map(messageOf), [[CAN_ERR_LOSTARB, 0, 0, 0]]);
    assert.deepEqual(sentByCell(rig), []);
    rig.sendFromAgl({ identifier: 0x701 });
    rig.run(5 * MILLISECOND);
    assert.deepEqual(sentByCell(rig), ['701#']);
  }),
);

onBoth('X6 abort of one frame clears its TXREQ; abort of all shows in ABTF', async (engine) => {
  await withRig({ engine, settings: 'errors=1 txtimeout-ms=5' }, (rig) => {
    occupyBus(rig, 100);
    rig.sendFromAgl({ identifier: 0x700 });
    rig.run(MILLISECOND);
    assert.equal(rig.register(TXBCTRL[0]) & TXBCTRL_TXREQ, TXBCTRL_TXREQ);
    rig.run(9 * MILLISECOND);
    assert.equal(rig.register(TXBCTRL[0]) & TXBCTRL_TXREQ, 0);
    assert.equal(rig.board.sender.transmitPending, true, 'the bus is still taken');
    assert.deepEqual(rig.errors.map(messageOf), [[CAN_ERR_TX_TIMEOUT, 0, 0, 0]]);
    rig.run(20 * MILLISECOND);
    assert.deepEqual(sentByCell(rig), [], 'and it never leaves');
  });
  await withRig({ engine, settings: 'restart-ms=0' }, (rig) => {
    failNextSends(rig, 32);
    rig.sendFromAgl(ALTERNATING);
    rig.run(20 * MILLISECOND);
    assert.equal(rig.register(TXBCTRL[0]) & (TXBCTRL_ABTF | TXBCTRL_TXREQ), TXBCTRL_ABTF);
  });
});

onBoth(
  'X6 abort of a frame on the wire: it is sent, told as sent, and the next one whole',
  (engine) => {
    // 147 bits or so at 20 kbit/s: each is on the wire for 7 ms, and taken back 5 ms after it was the
    // first in the chip: the second and the third are that when the one before is taken back.
    const data = [1, 2, 3, 4, 5, 6, 7, 8];
    const frames = [0x15555555, 0x15555556, 0x15555557].map((identifier) => ({
      identifier,
      extended: true,
      data,
    }));
    return eachAbort({ engine, bitrate: 20_000, settings: 'errors=1 txtimeout-ms=5' }, (rig) => {
      let aborts = 0;
      rig.onTransaction = ({ mosi: [instruction, address, mask, value] }) => {
        if (instruction !== INSTRUCTION_BIT_MODIFY || !TXBCTRL.includes(address)) return;
        if ((mask & ~value & TXBCTRL_TXREQ) !== 0) aborts++;
      };
      for (const frame of frames) rig.sendFromAgl(frame);
      rig.run(50 * MILLISECOND);
      assert.equal(aborts, 3);
      assert.deepEqual(sentByCell(rig), [
        '15555555#0102030405060708',
        '15555556#0102030405060708',
        '15555557#0102030405060708',
      ]);
      assert.deepEqual(rig.errors.map(messageOf), []);
    });
  },
);

onBoth('X7 bus-off: told, off the bus; back after restart-ms and 128 x 11 bits', (engine) =>
  withRig({ engine, settings: 'errors=1 restart-ms=50' }, (rig) => {
    failNextSends(rig, 32);
    rig.sendFromAgl(ALTERNATING);
    rig.run(10 * MILLISECOND);
    const off = rig.errors.find(({ classes }) => classes & CAN_ERR_BUSOFF);
    assert.ok(off, 'CAN_ERR_BUSOFF');
    rig.run(30 * MILLISECOND);
    assert.equal(rig.errors.at(-1), off, 'nothing before its time');
    rig.run(40 * MILLISECOND);
    const back = rig.errors.at(-1);
    assert.ok(back && back.classes & CAN_ERR_RESTARTED, 'CAN_ERR_RESTARTED');
    // Both have the same way to AGL; a look every millisecond lies between bus-off and its message.
    const recovery = 128 * 11 * rig.bitNanos;
    const took = back.nanos - off.nanos;
    assert.ok(took >= 49 * MILLISECOND, `${took} ns`);
    assert.ok(took <= 52 * MILLISECOND + recovery, `${took} ns`);
    rig.forget();
    rig.sendFromAgl({ identifier: 0x124 });
    rig.send({ identifier: 0x125 });
    rig.run(10 * MILLISECOND);
    assert.deepEqual(sentByCell(rig), ['124#']);
    assert.equal(rig.agl.length, 1);
  }),
);

onBoth(
  'X7 bus-off on a busy bus: back after 128 frames of others, however short restart-ms',
  (engine) =>
    withRig({ engine, settings: 'errors=1 restart-ms=1' }, (rig) => {
      // They begin with the last attempt of the cell: eleven recessive bits after each frame, and no more.
      failNextSends(rig, 32, () => {
        for (let index = 0; index < 300; index++) rig.send({ identifier: 0x100 + index });
      });
      const { clock, bus } = rig.board;
      new LogNode({ clock, bus, name: 'witness' });
      rig.sendFromAgl(ALTERNATING);
      rig.run(100 * MILLISECOND);
      const off = rig.errors.find(({ classes }) => classes & CAN_ERR_BUSOFF);
      const back = rig.errors.find(({ classes }) => classes & CAN_ERR_RESTARTED);
      assert.ok(off && back, 'CAN_ERR_BUSOFF and CAN_ERR_RESTARTED');
      const [first] = rig.agl;
      // The error delimiter and the intermission after the last attempt are the first of the 128 times.
      assert.equal(first.frame.identifier, 0x100 + 127);
      assert.equal(rig.agl.length, 300 - 127);
      const meanwhile = rig.wire.filter(
        ({ sender, endNanos }) => sender === 'ecu' && endNanos < back.nanos,
      );
      assert.ok(meanwhile.length >= 127 && meanwhile.length <= 132, `${meanwhile.length} frames`);
    }),
);

onWasm('X7 bus-off on an idle bus: back 128 x 11 bits after it, if restart-ms is over', (engine) =>
  withRig({ engine, settings: 'errors=1 restart-ms=1' }, (rig) => {
    failNextSends(rig, 32);
    rig.sendFromAgl(ALTERNATING);
    rig.run(100 * MILLISECOND);
    const off = rig.errors.find(({ classes }) => classes & CAN_ERR_BUSOFF);
    const back = rig.errors.find(({ classes }) => classes & CAN_ERR_RESTARTED);
    assert.ok(off && back, 'CAN_ERR_BUSOFF and CAN_ERR_RESTARTED');
    assert.ok(rig.errors.every(({ classes }) => (classes & CAN_ERR_TX_TIMEOUT) === 0));
    // Each is seen up to 64 bits late, the return by two looks; and each has its way to AGL.
    const took = (back.nanos - off.nanos) / rig.bitNanos;
    assert.ok(took >= 128 * 11 - 80 && took <= 128 * 11 + 2 * 64 + 20, `${took} bits`);
  }),
);

onWasm('X7 bus-off: before restart-ms is over the cell takes no part in the bus', (engine) =>
  withRig({ engine, settings: 'errors=1 restart-ms=50' }, (rig) => {
    failNextSends(rig, 32);
    rig.sendFromAgl(ALTERNATING);
    rig.run(15 * MILLISECOND);
    assert.ok(rig.errors.some(({ classes }) => classes & CAN_ERR_BUSOFF));
    assert.notEqual(rig.register(CANSTAT) & CANSTAT_OPMOD, 0, 'the chip is off the bus');
    rig.send({ identifier: 0x125 });
    rig.run(15 * MILLISECOND);
    assert.ok(rig.wire.every(({ sender, acknowledged }) => sender === CELL || !acknowledged));
    assert.deepEqual(rig.agl, []);
    rig.run(40 * MILLISECOND);
    assert.equal(rig.agl.length, 1, 'repeated, and received');
  }),
);

onWasm('X7 bus-off on a bus that is stuck: back as soon as it is free again', (engine) =>
  withRig({ engine, settings: 'errors=1 restart-ms=10' }, (rig) => {
    // Dominant for 200 ms at 500 kbit/s. TEC grows by 8 for each 8 of these bits.
    rig.board.bus.injectFault({ kind: 'stuck-dominant', bit: 30, bits: 100_000 });
    rig.sendFromAgl(ALTERNATING);
    rig.run(190 * MILLISECOND);
    assert.ok(rig.errors.some(({ classes }) => classes & CAN_ERR_BUSOFF));
    assert.ok(rig.errors.every(({ classes }) => (classes & CAN_ERR_RESTARTED) === 0));
    assert.notEqual(rig.register(CANSTAT) & CANSTAT_OPMOD, 0, 'it does not count any more');
    rig.run(20 * MILLISECOND);
    assert.ok(rig.errors.some(({ classes }) => classes & CAN_ERR_RESTARTED));
    rig.forget();
    rig.sendFromAgl({ identifier: 0x124 });
    rig.send({ identifier: 0x125 });
    rig.run(10 * MILLISECOND);
    assert.deepEqual(sentByCell(rig), ['124#']);
    assert.equal(rig.agl.length, 1);
  }),
);

onWasm('X7 bus-off with restart-ms=0: the cell waits to be started again', (engine) =>
  withRig({ engine, settings: 'errors=1 restart-ms=0' }, (rig) => {
    failNextSends(rig, 32);
    rig.sendFromAgl(ALTERNATING);
    rig.run(1000 * MILLISECOND);
    assert.ok(rig.errors.some(({ classes }) => classes & CAN_ERR_BUSOFF));
    assert.ok(rig.errors.every(({ classes }) => (classes & CAN_ERR_RESTARTED) === 0));
    assert.notEqual(rig.register(CANSTAT) & CANSTAT_OPMOD, 0);
    rig.sendFromAgl({ identifier: 0x124 });
    rig.run(10 * MILLISECOND);
    assert.deepEqual(sentByCell(rig), []);
  }),
);
