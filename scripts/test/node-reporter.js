// SPDX-License-Identifier: MIT
/**
 * A node:test reporter that writes one JSON object for each finished test (type ReportLine of
 * node-report.ts).
 *
 * It has its own format, because the built-in ones differ between Node 20, 22 and 24. It is
 * JavaScript, because Node 20 loads reporters before tsx.
 */
import { inspect } from 'node:util';

/** What a test says with `context.diagnostic`, and the run is to show though the test passed, begins so. */
const SHOWN = 'shown: ';

function describeError(error) {
  const cause = error?.cause ?? error;
  return cause instanceof Error ? (cause.stack ?? cause.message) : inspect(cause);
}

/** True for the runner's own test of a whole file. */
function isWholeFile({ nesting, name }) {
  return nesting === 0 && name.endsWith('.test.ts');
}

/**
 * The report line of a finished test. Undefined for a suite that passed, because only its tests
 * count.
 */
function toReportLine({ type, data }, names) {
  const file = data.file ?? '';
  const name = names.slice(0, data.nesting + 1).join(' > ');
  const reason = data.skip ?? data.todo;
  if (reason !== undefined && reason !== false) {
    const text = reason === true || reason === '' ? 'no reason given' : reason;
    return { kind: 'skip', name, file, reason: text };
  }
  const isSuite = data.details?.type === 'suite';
  if (type === 'test:fail') {
    // The failed tests inside the suite are reported themselves.
    if (isSuite && data.details.error?.failureType === 'subtestsFailed') return undefined;
    const message = describeError(data.details?.error);
    return { kind: 'fail', name, file, message };
  }
  if (isSuite) return undefined;
  // The runner reports a file as a test only if the file has no tests.
  if (isWholeFile(data)) {
    return { kind: 'empty', file: data.name };
  }
  return { kind: 'pass', name, file };
}

/**
 * Follows the running test of each file. The events of two files are interleaved. The runner delays
 * some events to keep its order (pass, fail), so they come too late for a test that never ends.
 */
class Running {
  #names = new Map();

  /** Takes test:dequeue and test:complete. Undefined for the runner's own test of a whole file. */
  take({ type, data }) {
    if (isWholeFile(data)) return undefined;
    const names = this.#names.get(data.file) ?? [];
    this.#names.set(data.file, names);
    names.length = Math.min(names.length, data.nesting);
    names[data.nesting] = data.name;
    const name = names.join(' > ');
    return { kind: type === 'test:dequeue' ? 'begin' : 'end', name, file: data.file ?? '' };
  }
}

export default async function* nodeReporter(events) {
  const names = [];
  const running = new Running();
  for await (const event of events) {
    let line;
    if (event.type === 'test:dequeue' || event.type === 'test:complete') {
      line = running.take(event);
    } else if (event.type === 'test:start') {
      names.length = event.data.nesting;
      names.push(event.data.name);
    } else if (event.type === 'test:pass' || event.type === 'test:fail') {
      names[event.data.nesting] = event.data.name;
      line = toReportLine(event, names);
    } else if (event.type === 'test:diagnostic' && event.data.message.startsWith(SHOWN)) {
      line = { kind: 'remark', text: event.data.message.slice(SHOWN.length) };
    } else if (event.type === 'test:stderr') {
      line = { kind: 'stderr', file: event.data.file ?? '', text: event.data.message };
    }
    if (line !== undefined) yield `${JSON.stringify(line)}\n`;
  }
}
