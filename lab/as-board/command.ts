// SPDX-License-Identifier: MIT
/**
 * `npm run twin -- --as-board`: a shell in which the helper's commands answer for the emulated board.
 *
 * At a terminal it prompts; from a pipe it reads commands until its end. It is a shell of this machine with the
 * board's commands in front, so pipes and redirections work, and so does everything else.
 */
import { spawn } from 'node:child_process';
import { constants, openSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { Socket } from 'node:net';
import { existsSync } from 'node:fs';
import { InputError, readTextInput } from '../../cell-config/files.ts';
import { compileRules } from '../../rules/compile.ts';
import { PLAYED_FAULTS } from '../selftest/faults.ts';
import type { Reply } from './questions.ts';
import { BoardRoot } from './root.ts';
import { BoardService, type ServedBoard } from './service.ts';

export interface AsBoardCommand extends ServedBoard {
  /** Absent: no table is installed. */
  readonly rulesFile?: string;
  /** Where the shell begins. */
  readonly folder: string;
}

const BUSYBOX = ['/bin/busybox', '/usr/bin/busybox'];
const WELCOME = `A board that is emulated: canwarden doctor, up, status, selftest, measure, latency ...;
systemctl start canwarden-bridge; bus 100#0102 sends a frame from another node. exit ends it.
`;

/** Runs until the shell ends. Returns its exit status. */
export async function runAsBoard(command: AsBoardCommand): Promise<number> {
  const { fault, rulesFile, folder } = command;
  if (fault !== undefined && !(fault in PLAYED_FAULTS)) {
    const names = Object.keys(PLAYED_FAULTS).join(', ');
    throw new InputError(`--fault: there is no fault "${fault}"; there are ${names}`);
  }
  const rules =
    rulesFile === undefined
      ? undefined
      : compileRules(readTextInput(rulesFile, 'rules file'), rulesFile).image;
  const root = new BoardRoot(rules);
  const service = new BoardService(root, command);
  const questions = new Socket({
    fd: openSync(root.questions, constants.O_RDWR | constants.O_NONBLOCK),
    readable: true,
    writable: false,
  });
  try {
    serve(questions, root.answers, service);
    return await shell(root, folder);
  } finally {
    questions.destroy();
    service.close();
    root.close();
  }
}

/** Answers one question after the other. */
function serve(questions: Socket, answers: string, service: BoardService): void {
  let waiting = '';
  let last = Promise.resolve();
  const reply = async (folder: string, words: readonly string[]): Promise<void> => {
    const said = await service.act(folder, words).catch((error: unknown) => ({
      status: 1,
      error: `the twin: ${(error as Error).message}`,
    }));
    await writeFile(answers, linesOf(said));
  };
  questions.setEncoding('utf8').on('data', (text: string) => {
    waiting += text;
    for (let end = waiting.indexOf('\n'); end >= 0; end = waiting.indexOf('\n')) {
      const [from = '', ...words] = waiting.slice(0, end).split('\t');
      waiting = waiting.slice(end + 1);
      last = last.then(() => reply(from, words));
    }
  });
}

/** A reply as scripts.ts reads it. */
function linesOf({ status, out = '', error = '' }: Reply): string {
  const marked = (mark: string, text: string): string[] =>
    text === ''
      ? []
      : text
          .replace(/\n$/, '')
          .split('\n')
          .map((line) => mark + line);
  return [...marked('o', out), ...marked('e', error), `x${status}`, ''].join('\n');
}

async function shell(root: BoardRoot, folder: string): Promise<number> {
  const busybox = BUSYBOX.find((path) => existsSync(path));
  const words = busybox === undefined ? ['sh'] : [busybox, 'sh'];
  if (process.stdin.isTTY) {
    process.stdout.write(WELCOME);
    words.push('-i');
  }
  // Ctrl+C is for the command that runs in the shell.
  const stay = (): void => {};
  process.on('SIGINT', stay);
  const child = spawn(words[0] ?? 'sh', words.slice(1), {
    cwd: folder,
    stdio: 'inherit',
    env: {
      ...process.env,
      PATH: `${root.commands}:${process.env['PATH'] ?? ''}`,
      PS1: 'board# ',
      CANWARDEN_ROOT: root.path,
      CANWARDEN_SHELL: busybox === undefined ? 'sh' : `${busybox} sh`,
    },
  });
  const status = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
  process.off('SIGINT', stay);
  return status;
}
