// SPDX-License-Identifier: MIT
/**
 * Faults that a maintainer could make, put into the source by name: where `scope` of `file` has the text `from`, it
 * becomes `to`. `npm run soak -- planted` puts in each, and each must be noticed.
 *
 * `by` is a unit spec that notices it (tests/unit/NAME.spec.ts).
 *
 * A row whose text is no longer there stops the run: it then says nothing about the source of today.
 */
import type { Planted } from './order.ts';

export interface PlantedFault extends Planted {
  readonly by: string;
}

const DRIVER = 'src/driver/mcp2515';

export const PLANTED: readonly PlantedFault[] = [
  {
    name: 'wrong register bit: TXP is written one bit too high',
    ...{ file: `${DRIVER}/transmit-buffers.ts`, scope: 'TransmitBuffers.setPriority' },
    by: 'driver/controller',
    from: 'modifyRegister(this.bus, controlOf(buffer), TXBCTRL_TXP_MASK, priority)',
    to: 'modifyRegister(this.bus, controlOf(buffer), TXBCTRL_TXP_MASK, priority << 1)',
  },
  {
    name: 'wrong register bit: the neighbour of TXnIF is cleared before an abort',
    ...{ file: `${DRIVER}/transmit-buffers.ts`, scope: 'TransmitBuffers.step' },
    by: 'driver/transmit-outcome',
    from: 'CANINTF_TX0IF << bufferOfBit(bit)',
    to: 'CANINTF_TX0IF << (bufferOfBit(bit) + 1)',
  },
  {
    name: 'wrong register: READ of the control register of the next buffer',
    ...{ file: `${DRIVER}/transmit-buffers.ts`, scope: 'controlOf' },
    by: 'driver/transmit-outcome',
    from: 'TXB0CTRL + (buffer << 4)',
    to: 'TXB0CTRL + ((buffer + 1) << 4)',
  },
  {
    name: 'wrong SPI instruction: RTS for another buffer',
    ...{ file: `${DRIVER}/instructions.ts`, scope: 'requestToSend' },
    by: 'driver/controller',
    from: 'INSTRUCTION_RTS | (1 << index)',
    to: 'INSTRUCTION_RTS | index',
  },
  {
    name: 'swapped buffer: READ RX BUFFER of the other one',
    ...{ file: `${DRIVER}/instructions.ts`, scope: 'readReceiveHeader' },
    by: 'driver/controller',
    from: 'INSTRUCTION_READ_RX_BUFFER | (index << 2)',
    to: 'INSTRUCTION_READ_RX_BUFFER | ((1 - index) << 2)',
  },
  {
    name: 'missing bound: a length code above 8 is taken as a length',
    ...{ file: `${DRIVER}/frame-codec.ts`, scope: 'decodeHeader' },
    by: 'driver/frame-codec',
    from: 'code > DATA_BYTES_MAXIMUM ? DATA_BYTES_MAXIMUM : code',
    to: 'code',
  },
  {
    name: 'wrong abort outcome: a frame that left the wire counts as aborted',
    ...{ file: `${DRIVER}/transmit-ends.ts`, scope: 'TransmitEnds.concludeBy' },
    by: 'driver/transmit-outcome',
    from: 'wasAborted && !hadAttempt(outcome)',
    to: 'wasAborted',
  },
  {
    name: 'abort: not waited until the frame must have left the wire',
    ...{ file: `${DRIVER}/transmit-buffers.ts`, scope: 'TransmitBuffers.cleared' },
    by: 'driver/transmit-outcome',
    from: 'nowTicks + this.frameTicks',
    to: 'nowTicks',
  },
  {
    name: 'lost overflow: RX1OVR is not counted',
    ...{ file: `${DRIVER}/fault-monitor.ts`, scope: 'FaultMonitor.takeFlags' },
    by: 'driver/faults',
    from: 'this.counters.count(Counter.ReceiveOverflow1)',
    to: '',
  },
  {
    name: 'TXP not following: it is written through an empty mask',
    ...{ file: `${DRIVER}/transmit-buffers.ts`, scope: 'TransmitBuffers.setPriority' },
    by: 'driver/controller',
    from: 'TXBCTRL_TXP_MASK',
    to: '0',
  },
  {
    name: 'stale table: the rules of the old table answer after a swap',
    ...{ file: 'src/responder/rule-table.ts', scope: 'RuleTable.swap' },
    by: 'responder/responder',
    from: 'this.use(this.check.sections)',
    to: '',
  },
  {
    name: 'stale table: the filters of the old table stay',
    ...{ file: 'src/responder/rule-table.ts', scope: 'RuleTable.swap' },
    by: 'responder/rule-table',
    from: 'this.filters.use(this.filterRecords, header.filterCount)',
    to: '',
  },
  {
    name: 'missing bound: a table that says it is larger than its place is copied whole',
    ...{ file: 'src/responder/rule-table.ts', scope: 'RuleTable.stagedBytes' },
    by: 'responder/rule-table',
    from: 'totalBytes < RULES_IMAGE_BYTES_MAXIMUM ? totalBytes : RULES_IMAGE_BYTES_MAXIMUM',
    to: 'totalBytes',
  },
  {
    name: 'missing barrier: the used index before its element',
    ...{ file: 'src/virtio/virtqueue-device.ts', scope: 'VirtqueueDevice.putUsed' },
    by: 'virtio/barriers',
    from: 'this.section.barrierFull()',
    to: '',
  },
  {
    name: 'missing barrier: the available index before its message',
    ...{ file: 'src/virtio/transmit-queue.ts', scope: 'TransmitQueue.send' },
    by: 'virtio/barriers',
    from: 'section.barrierWrite()',
    to: '',
  },
  {
    name: 'missing barrier: an element before the index that tells of it',
    ...{ file: 'src/virtio/virtqueue-driver.ts', scope: 'VirtqueueDriver.takeUsed' },
    by: 'virtio/barriers',
    from: 'this.section.barrierRead()',
    to: '',
  },
  {
    name: 'off by one in the ring: the slot behind is taken',
    ...{ file: 'src/virtio/virtqueue-device.ts', scope: 'VirtqueueDevice.take' },
    by: 'virtio/barriers',
    from: 'this.availableIndex & (this.size - 1)',
    to: '(this.availableIndex + 1) & (this.size - 1)',
  },
  {
    name: 'off by one in the ring: the peer may offer one chain too many',
    ...{ file: 'src/virtio/virtqueue-device.ts', scope: 'VirtqueueDevice.take' },
    by: 'virtio/can-device-requests',
    from: 'pending > this.size',
    to: 'pending > this.size + 1',
  },
  {
    name: 'missing bound: a chain that the peer does not hold comes back',
    ...{ file: 'src/virtio/virtqueue-driver.ts', scope: 'VirtqueueDriver.takeUsed' },
    by: 'virtio/can-driver-messages',
    from: 'head >= this.size || load<u8>(this.held + head) === 0',
    to: 'head >= this.size',
  },
  {
    name: 'missing bound: a buffer that ends beyond the section is used',
    ...{ file: 'src/virtio/descriptor-chain.ts', scope: 'DescriptorChain.walk' },
    by: 'virtio/can-device-requests',
    from: 'address <= <u64>sectionBytes && length <= sectionBytes - <u32>address',
    to: 'address <= <u64>sectionBytes',
  },
  {
    name: 'E2E: a repeated frame counts as a new one',
    ...{ file: 'src/responder/e2e-check.ts', scope: 'resultOf' },
    by: 'cell/frame-check',
    from: 'result = CheckResult.Repeated',
    to: 'result = CheckResult.Ok',
  },
  {
    name: 'rate: nothing is charged, so two responders storm',
    ...{ file: 'src/responder/rate.ts', scope: 'charge' },
    by: 'cell/rule-actions',
    from: 'state.due = due',
    to: '',
  },
  {
    name: 'safe state: it begins in the time that AGL has to start',
    ...{ file: 'src/cell/safe-state.ts', scope: 'SafeState.look' },
    by: 'cell/safe-state',
    from: 'this.wasThere || nowTicks >= this.graceEnds',
    to: 'true',
  },
];
