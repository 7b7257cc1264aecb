// SPDX-License-Identifier: MIT
/**
 * One firmware with five faults built in, each behind a switch in memory, and off.
 *
 * One build serves all: the switch is a byte behind the rules image, which the firmware never looks
 * at otherwise.
 */
import { compileRules } from '../../rules/compile.ts';
import { buildVariant, type Change } from '../../scripts/bench/variant.ts';
import { type Measured, loadMeasured } from '../../lab/measure/bench.ts';

/** The faults, by the value of the switch. */
export const FAULTS = {
  none: 0,
  noPreload: 1,
  slowLoop: 2,
  oneMoreByte: 3,
  slowWhenBetrayed: 4,
  unpacedConsole: 5,
} as const;

/** The rules image is loaded at 0x100000, 64 KiB; the switch is the last byte but some. */
const SWITCH_OFFSET = 0xf000;
const SWITCH_ADDRESS = '0x10f000';
/** Ticks of the 54 MHz counter in 3 microseconds. */
const DELAY_TICKS = 162;

const isOn = (fault: number): string => `memory_read8(${SWITCH_ADDRESS}) === ${fault}`;
const importInto = (file: string, before: string, abi: string): Change => ({
  file,
  from: before,
  to: `import { memory_read8 } from '${abi}';\n${before}`,
});

const CHANGES: readonly Change[] = [
  // The answer is not waiting in its buffer: it is loaded when the request is there.
  importInto(
    'src/cell/transmit/slot.ts',
    "import { Status } from '../../rt/status';",
    '../../abi/bsp',
  ),
  {
    file: 'src/cell/transmit/slot.ts',
    from: '  send(isAgl: bool): Status {\n',
    to: [
      '  send(isAgl: bool): Status {',
      `    if (${isOn(FAULTS.noPreload)}) {`,
      '      const answer = changetype<Frame>(memory.data(16, 8));',
      '      store<u64>(changetype<usize>(answer), this.header);',
      '      answer.data = this.data;',
      '      this.parts.controller.preload(this.buffer, answer);',
      '    }',
      '',
    ].join('\n'),
  },
  // Every step waits for 3 microseconds.
  importInto('src/cell/cell.ts', "import { Executive } from '../rt/executive';", '../abi/bsp'),
  {
    file: 'src/cell/cell.ts',
    from: '  step(): Status {\n',
    to: [
      '  step(): Status {',
      `    if (${isOn(FAULTS.slowLoop)}) {`,
      `      const until = this.parts.clock.nowTicks() + ${DELAY_TICKS};`,
      '      while (this.parts.clock.nowTicks() < until) {}',
      '    }',
      '',
    ].join('\n'),
  },
  // A session that a misbehaving peer has broken is given up 3 microseconds more slowly.
  importInto(
    'src/virtio/transport-driver.ts',
    "import { Clock } from '../hal/clock';",
    '../abi/bsp',
  ),
  {
    file: 'src/virtio/transport-driver.ts',
    from: '  withdraw(reason: Status): void {\n',
    to: [
      '  withdraw(reason: Status): void {',
      `    if (${isOn(FAULTS.slowWhenBetrayed)}) {`,
      `      const until = this.clock.nowTicks() + ${DELAY_TICKS};`,
      '      while (this.clock.nowTicks() < until) {}',
      '    }',
      '',
    ].join('\n'),
  },
  // A console character goes out whether or not the UART is empty.
  importInto('src/cell/console-task.ts', "import { Task } from '../rt/task';", '../abi/bsp'),
  {
    file: 'src/cell/console-task.ts',
    from: '    const isChecked = this.isAtRest;\n',
    to: [
      `    if (${isOn(FAULTS.unpacedConsole)}) {`,
      '      console.putOne();',
      '      return true;',
      '    }',
      '    const isChecked = this.isAtRest;',
      '',
    ].join('\n'),
  },
  // RX STATUS is clocked for a byte longer than it has to be.
  importInto(
    'src/driver/mcp2515/instructions.ts',
    "import { SPI_PART_BYTES_MAXIMUM, SpiBus } from '../../hal/spi-bus';",
    '../../abi/bsp',
  ),
  {
    file: 'src/driver/mcp2515/instructions.ts',
    from: 'store<u16>(TRANSACTION, INSTRUCTION_RX_STATUS);\n  return bus.transfer(TRANSACTION, 2);',
    to: `store<u16>(TRANSACTION, INSTRUCTION_RX_STATUS);\n  return bus.transfer(TRANSACTION, ${isOn(FAULTS.oneMoreByte)} ? 3 : 2);`,
  },
];

/** Builds the firmware; takes some seconds. */
export async function buildFaultyFirmware(): Promise<Measured> {
  return loadMeasured('image', { folder: await buildVariant('faulty', CHANGES) });
}

/** The rule image of a text, with the switch behind it. */
export function rulesWithFault(text: string, fault: number): Uint8Array {
  const image = new Uint8Array(SWITCH_OFFSET + 1);
  image.set(compileRules(text, 'rules.yaml').image);
  image[SWITCH_OFFSET] = fault;
  return image;
}
