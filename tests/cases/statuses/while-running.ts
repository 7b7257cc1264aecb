// SPDX-License-Identifier: MIT
/**
 * What goes wrong while the cell runs, and the status that says so: bus, chip, INT, requests that wait, the end, traps.
 *
 * Does not: look at what the cell does about it; other tests do.
 */
import { bringUp, makeRig, openRig, type RigOptions } from '../../../lab/rig/open-rig.ts';
import { loadFirmware } from '../../../lab/rig/firmware.ts';
import { RequestWriter, ruleTableRequest } from '../../../lab/page/requests.ts';
import type { Rig } from '../../../lab/rig/rig.ts';
import { compileRules } from '../../../rules/compile.ts';
import { shutDown } from '../../../twin/board/cell-control.ts';
import { LogNode } from '../../../twin/bus/log-node.ts';
import { EACH_KIND } from '../../rule-tables.ts';
import { ALTERNATING, failNextSends } from '../disturbance.ts';
import { controlOf } from './of-agl.ts';
import { type StatusCase, statusesSeen, type StatusName } from './seen.ts';

const MICROSECOND = 1_000;
const MILLISECOND = 1_000_000;

function running(
  what: string,
  provokes: readonly StatusName[],
  act: (rig: Rig) => void,
  options: Partial<RigOptions> = {},
): StatusCase {
  const play: StatusCase['play'] = async () => {
    const rig = await openRig({ engine: 'wasm', rules: EACH_KIND, ...options });
    try {
      rig.run(5 * MILLISECOND);
      act(rig);
      // The page is refreshed within 50 ms.
      rig.run(60 * MILLISECOND);
      return statusesSeen(rig);
    } finally {
      rig.close();
    }
  };
  return { what, provokes, play };
}

/** Frames at intervals, so that the cell can look at INT in between. */
function spaced(rig: Rig, frames: number): void {
  for (let index = 0; index < frames; index++) {
    rig.send({ identifier: 0x200 + index });
    rig.run(8 * MILLISECOND);
  }
}

/** The cell's core meets `message` in the middle of its work; V8 words it so (twin/engine/wasm.ts). */
function trap(message: string): (rig: Rig) => void {
  return ({ board: { machine } }) => {
    const read = machine.readDevice.bind(machine);
    machine.readDevice = () => {
      machine.readDevice = read;
      throw new WebAssembly.RuntimeError(message);
    };
  };
}

const SINGLE = `version: 1
receive: single
rules:
  - { name: one, match: { id: 0x010, remote: any }, answer: { id: 0x011, data: [1] } }
`;
const READ_BY_SOFTWARE = `version: 1
rules:
  - { name: one, match: { id: 0x010 }, answer: { id: 0x110, data: [1] } }
  - { name: two, match: { id: 0x011 }, answer: { id: 0x111, data: [2] } }
  - { name: weak, match: { id: 0x012, data: [~] }, answer: { id: 0x7f0, data: [0], copy: [{ from: 0, to: 0 }] } }
`;
/** As many answers may wait, and a few are in the chip (docs/rules.md, "Limits"). */
const MORE_THAN_MAY_WAIT = 40;

/** YIELD, the idle hint, and B (Arm ARM DDI 0487, C6.2); the vectors are at 0x800 (bsp/rpi4/start.S). */
const YIELD = 0xd503203f;
const BRANCH = 0x14000000;
const BRANCH_MASK = 0x03ffffff;
/** Vector 5: an interrupt, current exception level with its own stack (Arm ARM, D1.3). */
const VECTOR_INTERRUPT = 0x800 + 5 * 0x80;

/** An image whose core, the first time it has nothing to do, comes to the vector of an interrupt. */
function interrupted(): RigOptions['firmware'] {
  const firmware = loadFirmware('image');
  const image = Buffer.from(firmware.files.image ?? []);
  for (let place = 0; place + 4 <= image.length; place += 4) {
    if (image.readUInt32LE(place) !== YIELD) continue;
    const words = (VECTOR_INTERRUPT - place) >> 2;
    image.writeUInt32LE((BRANCH | (words & BRANCH_MASK)) >>> 0, place);
  }
  return { ...firmware, files: { ...firmware.files, image } };
}

export const WHILE_RUNNING: readonly StatusCase[] = [
  running(
    'a crystal of half the frequency of osc=, and a bus that runs',
    ['BusOnlyErrors', 'CrystalDiffers'],
    (rig) => {
      const { clock, bus } = rig.board;
      new LogNode({ clock, bus, name: 'witness' });
      for (let index = 0; index < 800; index++)
        rig.send({ identifier: 0x100 }, index * MILLISECOND);
      rig.run(1_500 * MILLISECOND);
    },
    { oscillatorHertz: 8_000_000, commandLine: 'bitrate=500000 osc=16000000' },
  ),
  running(
    'a bus without another node, and a table asked for',
    ['NotAcknowledged', 'RequestTimeout'],
    (rig) => {
      const { bus, sender } = rig.board;
      bus.onFrame(() => (sender.participation = 'absent'));
      rig.send({ identifier: 0x1a0, data: [1] });
      rig.run(200 * MILLISECOND);
      const { image } = compileRules(EACH_KIND.replaceAll('0x64', '0x65'), 'rules.yaml');
      new RequestWriter(controlOf(rig).requests).write(ruleTableRequest(image));
      // It waits 2 s for answers under way. The core stands still for most of it, which is cheap to emulate.
      rig.stall(rig.now + 10 * MILLISECOND, 1_995 * MILLISECOND);
      rig.run(2_010 * MILLISECOND);
    },
    { bitrate: 20_000, settings: 'txtimeout-ms=0' },
  ),
  running('32 failed attempts to send', ['BusOff'], (rig) => {
    failNextSends(rig, 32);
    rig.sendFromAgl(ALTERNATING);
    rig.run(30 * MILLISECOND);
  }),
  running('a brown-out', ['ChipLostSettings'], (rig) => rig.board.chip.brownOut(rig.now)),
  running('an INT that stays high', ['InterruptSilent'], (rig) => {
    rig.board.interruptWire.hold('high');
    spaced(rig, 12);
  }),
  running('an INT that stays low', ['InterruptStuck'], (rig) => {
    rig.board.interruptWire.hold('low');
    spaced(rig, 12);
  }),
  running(
    'a core that stands still for 5 ms, and a step that is late by it',
    ['ReceiveOverflow', 'StepLate'],
    (rig) => {
      for (let index = 0; index < 20; index++) rig.send({ identifier: 0x200 + index });
      rig.run(200 * MICROSECOND);
      rig.onTransaction = () => {
        rig.onTransaction = undefined;
        rig.stallUntil(rig.now + 5 * MILLISECOND);
      };
      rig.run(1_100 * MILLISECOND);
    },
  ),
  running(
    'txtimeout-ms=2 without another node',
    ['TransmitTimeout'],
    (rig) => {
      rig.board.sender.participation = 'absent';
      rig.sendFromAgl({ identifier: 0x100 });
      rig.run(20 * MILLISECOND);
    },
    { settings: 'txtimeout-ms=2' },
  ),
  running(
    'more weak answers than may wait',
    ['AnswerDropped'],
    (rig) => {
      for (let index = 0; index < MORE_THAN_MAY_WAIT; index++) {
        rig.send({ identifier: 0x012, data: [index] });
      }
      rig.run(30 * MILLISECOND);
    },
    { rules: READ_BY_SOFTWARE },
  ),
  running(
    'INT low for nothing, six times, with receive: single',
    ['RequestLineDisturbed'],
    (rig) => {
      for (let times = 0; times < 6; times++) {
        rig.board.interruptWire.hold('low');
        rig.run(20 * MICROSECOND);
        rig.board.interruptWire.hold(undefined);
        rig.run(3 * MILLISECOND);
      }
    },
    { rules: SINGLE },
  ),
  running('a shutdown', ['ShutdownRequested'], (rig) => void shutDown(rig.board)),
  running('a system error', ['SystemErrorPending'], (rig) => {
    rig.board.machine.systemErrorPending = true;
    rig.run(1_100 * MILLISECOND);
  }),
  running('a trap: memory', ['TrapMemory'], trap('memory access out of bounds'), {
    trapsExpected: true,
  }),
  running('a trap: arithmetic', ['TrapArithmetic'], trap('divide by zero'), {
    trapsExpected: true,
  }),
  running('a trap: unreachable', ['TrapUnreachable'], trap('unreachable'), { trapsExpected: true }),
  running(
    'an exception (ARM64 image)',
    ['TrapException'],
    ({ board: { engine } }) => engine.takeException?.(),
    {
      engine: 'image',
      trapsExpected: true,
    },
  ),
  {
    what: 'a core that comes to the vector of an interrupt (ARM64 image)',
    provokes: ['TrapInterrupt'],
    play: async () => {
      const firmware = interrupted();
      const rig = await makeRig({ engine: 'image', firmware, trapsExpected: true });
      bringUp(rig.board);
      const seen = statusesSeen(rig);
      rig.close();
      return seen;
    },
  },
];
