/**
 * Reads `receive` of a rules file: how the two receive buffers of the chip are used.
 *
 * What the words mean: docs/rules.md, model.ts.
 * Does not: choose; with `auto` the table has no `receive`, and the cell decides.
 */
import type { RuleTable } from './model.ts';
import { assignPaths } from './paths.ts';
import type { Entries, YamlReader } from './yaml-reader.ts';

/** The part of the table that `receive` says; nothing for `auto`, or after an error. */
export function parseReceive(
  reader: YamlReader,
  entries: Entries,
  table: RuleTable,
): Pick<RuleTable, 'receive'> {
  const entry = entries.byKey.get('receive');
  if (entry === undefined) return {};
  const receive = reader.word(entry, ['auto', 'shared', 'urgent-first']);
  if (receive === undefined || receive === 'auto') return {};
  // The rules may be incomplete after errors; then this one would only be in the way.
  if (receive === 'urgent-first' && !reader.diagnostics.hasErrors) {
    const paths = assignPaths(table);
    if (paths.every(({ number }) => number === 0)) {
      const reasons = table.rules.map(({ name }, index) => `${name}: ${paths[index]?.reason}`);
      const why = reasons.length === 0 ? 'there are no rules' : reasons.join('; ');
      const reason = `receive is urgent-first, but no hardware filter can recognise a request (${why}); write auto, or a rule with a static answer`;
      reader.diagnostics.error(entry.offset, reason);
    }
  }
  return { receive };
}
