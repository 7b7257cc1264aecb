// SPDX-License-Identifier: MIT
/**
 * Reads `receive` of a rules file: the use of the chip's two receive buffers. The words are explained in
 * docs/rules.md and model.ts. With `auto` the table has no `receive`, and the cell decides.
 */
import type { RuleTable } from './model.ts';
import { assignPaths } from './paths.ts';
import type { Entries, YamlReader } from './yaml-reader.ts';

/** The table's `receive` property. Empty for `auto` and after an error. */
export function parseReceive(
  reader: YamlReader,
  entries: Entries,
  table: RuleTable,
): Pick<RuleTable, 'receive'> {
  const entry = entries.byKey.get('receive');
  if (entry === undefined) return {};
  const receive = reader.word(entry, ['auto', 'shared', 'urgent-first']);
  if (receive === undefined || receive === 'auto') return {};
  // After other errors the rules may be incomplete, and this check would mislead.
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
