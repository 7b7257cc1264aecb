/**
 * A node:test reporter that writes one JSON object per finished test, for node-report.ts to read
 * (its type ReportLine says which).
 *
 * Used by: `node --test --test-reporter` in stages.ts. Its own format, because the built-in ones
 * differ between Node 20, 22 and 24. JavaScript, because Node 20 loads reporters before tsx.
 */
import { inspect } from 'node:util';

function describeError(error) {
  const cause = error?.cause ?? error;
  return cause instanceof Error ? (cause.stack ?? cause.message) : inspect(cause);
}

/** What a finished test becomes; undefined for a suite that passed (its tests count, not it). */
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
    // The failed tests inside are reported themselves.
    if (isSuite && data.details.error?.failureType === 'subtestsFailed') return undefined;
    const message = describeError(data.details?.error);
    return { kind: 'fail', name, file, message };
  }
  if (isSuite) return undefined;
  // The runner reports a file as a test only when the file holds none.
  if (data.nesting === 0 && data.name.endsWith('.test.ts')) {
    return { kind: 'empty', file: data.name };
  }
  return { kind: 'pass', name, file };
}

export default async function* nodeReporter(events) {
  const names = [];
  for await (const event of events) {
    let line;
    if (event.type === 'test:start') {
      names.length = event.data.nesting;
      names.push(event.data.name);
    } else if (event.type === 'test:pass' || event.type === 'test:fail') {
      names[event.data.nesting] = event.data.name;
      line = toReportLine(event, names);
    } else if (event.type === 'test:stderr') {
      line = { kind: 'stderr', file: event.data.file ?? '', text: event.data.message };
    }
    if (line !== undefined) yield `${JSON.stringify(line)}\n`;
  }
}
