// SPDX-License-Identifier: MIT
/**
 * Runs the cell for a span of virtual time, and shuts it down as `jailhouse cell shutdown` does.
 *
 * Source: Jailhouse hypervisor/control.c, cell_exchange_message and cell_suspend.
 */
import type { RunResult } from '../engine/engine.ts';
import {
  CELL_FAILED,
  CELL_SHUT_DOWN,
  MESSAGE_SHUTDOWN_REQUEST,
  REPLY_APPROVED,
  REPLY_DENIED,
} from '../hypervisor/communication-region.ts';
import type { Board } from './board.ts';

/**
 * One loop of the hypervisor's wait for a reply. `msg_reply_timeout` counts loops, not time: two cached loads
 * and a few compares without a barrier take 3 to 5 ns on a core of 1.5 GHz. The twin takes the lower end. An
 * assumption.
 */
const REPLY_LOOP_NANOS = 3;
/** Interval at which the waiting hypervisor looks in the twin. */
const REPLY_CHECK_NANOS = 10_000;

// MCP2515, DS20001801J: READ instruction (table 12-1), CANSTAT (register 10-2).
const INSTRUCTION_READ = 0x03;
const CANSTAT = 0x0e;
const CANSTAT_OPMOD_MASK = 0xe0;
const CANSTAT_OPMOD_CONFIGURATION = 0x80;

// virtio over ivshmem: device status in the header of the R/W section, and its DRIVER_OK bit.
const HEADER_DEVICE_STATUS = 0x44;
const STATUS_DRIVER_OK = 4;
const PEER_READY = 1;

export type ShutdownOutcome = 'approved' | 'denied' | 'already down' | 'timeout' | 'unknown reply';

/**
 * Lets the board run until `untilNanos`. After the end of the cell, bus and AGL continue without it. Throws
 * on an unexpected trap of the cell.
 */
export function runUntil(board: Board, untilNanos: number): RunResult {
  const { clock, engine } = board;
  // An event at the end of the span, so that an idle cell stops there.
  const end = clock.schedule(untilNanos, () => {});
  const result = engine.run(untilNanos);
  clock.cancel(end);
  if (board.unexpectedTrap !== undefined) throw new Error(`the cell: ${board.unexpectedTrap}`);
  if (clock.now < untilNanos) clock.advanceTo(untilNanos);
  return result;
}

/** Both ends of the link are ready, and the driver has said DRIVER_OK. */
export function isSessionUp({ link, section }: Board): boolean {
  return (
    link.stateOf(0) === PEER_READY &&
    link.stateOf(1) === PEER_READY &&
    (section.readUInt32LE(HEADER_DEVICE_STATUS) & STATUS_DRIVER_OK) !== 0
  );
}

/**
 * Loses cache lines as the start of a cell can: `DC IVAC` over all of the cell's memory drops lines that
 * others wrote and that have not reached memory (arm-common/control.c, arch_cell_reset). Afterwards the
 * section is zero and the state table falls back to `states`, by peer.
 */
export function loseSharedLines(board: Board, states: readonly number[]): void {
  board.section.fill(0);
  board.link.loseTable(states);
}

/** Sends the shutdown request and waits for the cell's `msg_reply_timeout`. */
export function shutDown(board: Board): ShutdownOutcome {
  const { communication, clock, cell } = board;
  const isDown = (): boolean => [CELL_SHUT_DOWN, CELL_FAILED].includes(communication.cellState);
  // The hypervisor sends no message to a cell that is down or has failed.
  if (isDown()) return 'already down';
  const loops = cell.messageReplyTimeoutLoops === 0 ? Infinity : cell.messageReplyTimeoutLoops;
  const deadlineNanos = clock.now + loops * REPLY_LOOP_NANOS;
  communication.sendMessage(MESSAGE_SHUTDOWN_REQUEST);
  let outcome: ShutdownOutcome | undefined;
  while (outcome === undefined) {
    runUntil(board, clock.now + REPLY_CHECK_NANOS);
    const { reply } = communication;
    // Check the time first: a step of the cell that passes the deadline may have replied after it.
    if (clock.now >= deadlineNanos) outcome = 'timeout';
    else if (reply === REPLY_APPROVED || isDown()) outcome = 'approved';
    else if (reply === REPLY_DENIED) outcome = 'denied';
    else if (reply !== 0) outcome = 'unknown reply';
  }
  if (outcome === 'denied' || outcome === 'unknown reply') return outcome;
  communication.cellState = outcome === 'timeout' ? CELL_FAILED : CELL_SHUT_DOWN;
  board.cellEndpoint?.reset();
  return outcome;
}

/** Whether the chip is in configuration mode, read over its SPI pins without the cell. */
export function isChipInConfigurationMode({ chip, clock }: Board): boolean {
  // A cell that was parked in an instruction has left chip select low.
  if (chip.isSelected) chip.deselect(clock.now);
  chip.select(clock.now);
  chip.exchange(INSTRUCTION_READ, clock.now);
  chip.exchange(CANSTAT, clock.now);
  const canstat = chip.exchange(0, clock.now);
  chip.deselect(clock.now);
  return (canstat & CANSTAT_OPMOD_MASK) === CANSTAT_OPMOD_CONFIGURATION;
}
