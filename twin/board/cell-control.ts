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
 * One loop of the hypervisor's wait for a reply. `msg_reply_timeout` counts loops, not time: two cached
 * loads and a few compares, without a barrier, are 3 to 5 ns on a core of 1.5 GHz. The twin takes the
 * lower end. An assumption.
 */
const REPLY_LOOP_NANOS = 3;
/** How often the waiting hypervisor looks, in the twin. */
const REPLY_CHECK_NANOS = 10_000;

// MCP2515, DS20001801J: READ instruction (table 12-1), CANSTAT (register 10-2).
const INSTRUCTION_READ = 0x03;
const CANSTAT = 0x0e;
const CANSTAT_OPMOD_MASK = 0xe0;
const CANSTAT_OPMOD_CONFIGURATION = 0x80;

export type ShutdownOutcome = 'approved' | 'denied' | 'already down' | 'timeout' | 'unknown reply';

/**
 * Lets the board run until `untilNanos`. When the cell has ended, bus and AGL go on without it. Throws
 * when the cell has trapped and nobody expected it.
 */
export function runUntil(board: Board, untilNanos: number): RunResult {
  const { clock, engine } = board;
  // An event at the end of the span, so that a cell that idles stops there.
  const end = clock.schedule(untilNanos, () => {});
  const result = engine.run(untilNanos);
  clock.cancel(end);
  if (board.unexpectedTrap !== undefined) throw new Error(`the cell: ${board.unexpectedTrap}`);
  if (clock.now < untilNanos) clock.advanceTo(untilNanos);
  return result;
}

/**
 * What the start of a cell can do to the link: `DC IVAC` over all of the cell's memory drops lines that
 * others wrote and that no memory has yet (arm-common/control.c, arch_cell_reset). The section is zero
 * afterwards, and the state table as `states` says, by peer: what memory held before.
 */
export function loseSharedLines(board: Board, states: readonly number[]): void {
  board.section.fill(0);
  board.link.loseTable(states);
}

/** Sends the shutdown request and waits as long as the cell's `msg_reply_timeout` says. */
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
    // First: a step of the cell that goes on beyond the deadline may have replied behind it.
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

/** Whether the chip is in configuration mode, asked over its own SPI pins behind the cell's back. */
export function isChipInConfigurationMode({ chip, clock }: Board): boolean {
  chip.select(clock.now);
  chip.exchange(INSTRUCTION_READ, clock.now);
  chip.exchange(CANSTAT, clock.now);
  const canstat = chip.exchange(0, clock.now);
  chip.deselect(clock.now);
  return (canstat & CANSTAT_OPMOD_MASK) === CANSTAT_OPMOD_CONFIGURATION;
}
