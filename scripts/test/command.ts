// SPDX-License-Identifier: MIT
/**
 * Runs one command of the test run to its end and keeps its output.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';

export interface CommandResult {
  /** Exit status. Undefined: the command could not start, was killed or took too long. */
  readonly status: number | undefined;
  /** Standard output and standard error, each complete. */
  readonly stdout: string;
  readonly stderr: string;
  /** Why there is no status. Empty if there is a status. */
  readonly problem: string;
}

const running = new Set<ChildProcess>();

/** Ends a child and the processes that it started. Each child leads its own process group. */
export function killGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  } catch {
    // The group has already ended.
  }
}

/** Ends the children as well, on Ctrl-C and at the end of this process. */
export function endChildrenWithUs(): void {
  for (const [signal, status] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.on(signal, () => {
      running.forEach(killGroup);
      process.exit(status);
    });
  }
}

/**
 * The environment of a child: `more` is added, colours are off, and no sign of an outer test runner
 * is left.
 */
function childEnvironment(more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = {
    ...process.env,
    ...{ NO_COLOR: '1', FORCE_COLOR: '0' },
    ...more,
  };
  // If this is set, `node --test` behaves like a file of an outer run and reports nothing.
  delete environment.NODE_TEST_CONTEXT;
  return environment;
}

/**
 * Starts `command`, which answers messages (`send`, `on('message')`) until `killGroup`. What it prints to standard
 * output is left away.
 */
export function startHelper(command: readonly string[], folder: string): ChildProcess {
  const child = spawn(command[0], command.slice(1), {
    ...{ cwd: folder, detached: true, env: childEnvironment() },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  running.add(child);
  child.on('exit', () => running.delete(child));
  return child;
}

/** Runs `command` (argument 0 is the program). Kills it after `timeoutSeconds`. */
export function runCommand(
  command: readonly string[],
  options: {
    readonly timeoutSeconds: number;
    readonly folder?: string;
    /** Added to the environment. */
    readonly environment?: Readonly<Record<string, string>>;
  },
): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = spawn(command[0], command.slice(1), {
      cwd: options.folder,
      detached: true,
      env: childEnvironment(options.environment),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(child);
    const output = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (text: string) => (output[stream] += text));
    }
    let problem = '';
    const timer = setTimeout(() => {
      problem = `took longer than ${options.timeoutSeconds} s and was ended`;
      killGroup(child);
    }, options.timeoutSeconds * 1000);

    const finish = (status: number | null, signal: string | null) => {
      clearTimeout(timer);
      running.delete(child);
      if (problem === '' && status === null) problem = `was ended by ${signal ?? 'a signal'}`;
      resolve({ ...output, problem, status: problem === '' ? (status ?? undefined) : undefined });
    };
    child.on('error', (error) => {
      problem = `could not start: ${error.message}`;
      finish(null, null);
    });
    child.on('close', finish);
  });
}
