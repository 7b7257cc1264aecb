// SPDX-License-Identifier: MIT
/**
 * Reads `receive` of a rules file: the use of the chip's two receive buffers. The words are explained in
 * docs/rules.md and model.ts. With `auto` the table has no `receive`, and the cell decides.
 */
import { formatIdentifier } from '../model.ts';
import type { RuleTable } from '../model.ts';
import { assignPaths } from '../paths.ts';
import { isWindow, singleObstacleOf } from '../ways.ts';
import { RECEIVE_WORDS } from './words.ts';
import type { Entries, YamlReader } from './yaml-reader.ts';

/** The table's `receive` property. Empty for `auto` and after an error. */
export function parseReceive(
  reader: YamlReader,
  entries: Entries,
  table: RuleTable,
): Pick<RuleTable, 'receive'> {
  const entry = entries.byKey.get('receive');
  if (entry === undefined) return {};
  const receive = reader.word(entry, RECEIVE_WORDS);
  if (receive === undefined || receive === 'auto') return {};
  // After other errors the rules may be incomplete, and this check would mislead.
  if (receive === 'shared' || reader.diagnostics.hasErrors) return { receive };
  const paths = assignPaths({ ...table, receive });
  if (paths.some(({ number }) => number !== 0)) return { receive };
  const filters = assignPaths(table);
  const candidate = table.rules.find((_, index) => filters[index]?.number !== 0);
  if (receive === 'single' && candidate !== undefined) {
    const reason = `receive is single, but ${candidate.name} cannot be answered before it is read: ${singleObstacleOf(candidate)}; write match: { id: ${formatIdentifier(candidate.match.identifier, candidate.match.extended)}, remote: ${isWindow(candidate) ? 'never, ...' : 'any'} }, or receive: auto`;
    reader.diagnostics.error(entry.offset, reason);
    return { receive };
  }
  const reasons = table.rules.map(({ name }, index) => `${name}: ${filters[index]?.reason}`);
  const why = reasons.length === 0 ? 'there are no rules' : reasons.join('; ');
  const reason = `receive is ${receive}, but no hardware filter can recognise a request (${why}); write auto, or a rule whose answer ${receive === 'window' ? 'copies bytes' : 'needs nothing'} of the request`;
  reader.diagnostics.error(entry.offset, reason);
  return { receive };
}
