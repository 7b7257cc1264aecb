// SPDX-License-Identifier: MIT
/**
 * Answers `canwarden-bridge --ask WORDS` by the bridge that runs on the emulated board: its module writes the texts.
 *
 * What is said when there is no page is that of bsp/linux/control-answer.c in short.
 * Does not: follow a trace; it ends where the trace does.
 */
import { readFileSync } from 'node:fs';
import { NUMBERS } from '../../formats/status-page.ts';
import { BridgeHost } from '../../twin/agl/bridge-host.ts';
import { type QuestionExports, textOf } from '../../twin/agl/bridge-questions.ts';
import type { Board } from '../../twin/board/board.ts';
import { runUntil } from '../../twin/board/cell-control.ts';

export interface Reply {
  readonly status: number;
  readonly out?: string;
  readonly error?: string;
}

const MILLISECOND = 1_000_000;
/** Until the bridge knows whether the cell lives, and the page is not being written. */
const PAGE_MILLIS = 2_500;
const CELL_MILLIS = 5_000;
const TRACE = 0;
const RECORDER = 1;
const BAD_INPUT = 2;

const WITHOUT_PAGE: Readonly<Record<number, string>> = {
  1: 'the cell has written no status page: it does not run. Next: canwarden doctor',
  2: "the cell's status page has another layout. Next: npm run build",
  3: 'the cell is writing its status page, try again',
  4: "the cell's status page is damaged. Next: canwarden down; canwarden up",
  5: 'it is not known yet whether the cell lives, try again',
  6: 'the cell keeps no latencies: its image is older than this bridge. Next: npm run build',
};

/** Answers the question; virtual time passes until the answer is there. */
export function answer(board: Board, words: readonly string[]): Reply {
  const bridge = board.bridge;
  if (!(bridge instanceof BridgeHost) || !bridge.isRunning) return failed('nobody answers');
  const [question = '', ...rest] = words;
  const asJson = rest[0] === '--json' ? 1 : 0;
  switch (question) {
    case 'status':
      return page(board, bridge, asJson);
    case 'latency':
      return rest[0] === '--reset'
        ? request(board, bridge, NUMBERS.REQUEST_RESET_LATENCY, Buffer.alloc(0), 0)
        : page(board, bridge, 2 + asJson);
    case 'trace':
      return stream(board, bridge, TRACE);
    case 'recorder':
      return stream(board, bridge, RECORDER);
    case 'live': {
      const bytes = Buffer.from(rest.slice(1).map((byte) => Number.parseInt(byte, 16)));
      return request(board, bridge, NUMBERS.REQUEST_LIVE_VALUES, bytes, Number(rest[0]));
    }
    case 'rules':
      return request(board, bridge, NUMBERS.REQUEST_RULE_TABLE, readFileSync(rest[1] ?? ''), 0);
    default:
      return { status: BAD_INPUT, error: `canwarden-bridge: unknown question "${question}"` };
  }
}

function failed(what: string): Reply {
  return { status: 1, error: `canwarden-bridge: ${what}` };
}

/** Tries `attempt` each millisecond until it gives something, for so many milliseconds. */
function within<T>(board: Board, millis: number, attempt: () => T | undefined): T | undefined {
  for (let passed = 0; passed < millis; passed += 1) {
    const result = attempt();
    if (result !== undefined) return result;
    runUntil(board, board.clock.now + MILLISECOND);
  }
  return attempt();
}

function page(board: Board, bridge: BridgeHost, what: number): Reply {
  let state = 1;
  const text = within(board, PAGE_MILLIS, () =>
    bridge.question((exports) => {
      state = exports.control_status(what);
      return state === 0 ? textOf(exports) : undefined;
    }),
  );
  return text === undefined
    ? failed(WITHOUT_PAGE[state] ?? `state ${state}`)
    : { status: 0, out: text };
}

function stream(board: Board, bridge: BridgeHost, number: number): Reply {
  const without = page(board, bridge, 0);
  if (without.status !== 0) return without;
  const text = bridge.question((exports) => {
    const end = exports.control_head(number);
    let cursor = exports.control_oldest(number);
    let all = '';
    while (cursor !== end && exports.control_entries(number, cursor, end) === 0) {
      const part = textOf(exports);
      if (part === '' && exports.control_cursor() === cursor) break;
      all += part;
      cursor = exports.control_cursor();
    }
    return all;
  });
  return { status: 0, out: text ?? '' };
}

function request(
  board: Board,
  bridge: BridgeHost,
  kind: number,
  payload: Buffer,
  argument: number,
): Reply {
  const send = (exports: QuestionExports): number | undefined => {
    new Uint8Array(exports.memory.buffer, exports.control_text()).set(payload);
    return exports.control_request(kind, payload.length, argument) || undefined;
  };
  const sequence = within(board, PAGE_MILLIS, () => bridge.question(send));
  if (sequence === undefined) return page(board, bridge, 0);
  const outcome = within(board, CELL_MILLIS, () =>
    bridge.question((exports) =>
      exports.control_finished(sequence) === 0 ? undefined : exports.control_outcome(),
    ),
  );
  if (outcome === undefined) return failed('the cell did not finish the request within 5 s');
  if (outcome !== 0) return failed(`the cell refused it: status ${outcome}`);
  const done: Readonly<Record<number, string>> = {
    [NUMBERS.REQUEST_RULE_TABLE]: 'the cell has the new rule table in force',
    [NUMBERS.REQUEST_LIVE_VALUES]: 'the cell has the new live values',
    [NUMBERS.REQUEST_RESET_LATENCY]: 'the latencies begin anew',
  };
  return { status: 0, out: `${done[kind]}\n` };
}
