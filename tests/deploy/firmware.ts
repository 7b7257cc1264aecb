// SPDX-License-Identifier: MIT
/**
 * What the Raspberry Pi's firmware makes of config.txt, for the tests: written from its documentation
 * ("Conditional Filters", "File Format", "DTBs, overlays and config.txt") and not from deploy.
 */

/** The board on which the file is read. */
export interface Board {
  /** Model filters that see this board. */
  readonly models: readonly string[];
  /** Other filters that hold, as they stand between the brackets. */
  readonly others?: readonly string[];
}

export const PI4: Board = { models: ['pi4'] };

/** The settings that count on a board, in order; for one value of each kind of filter the last counts. */
export function settingsFor(text: string, board: Board = PI4): string[] {
  let model = true;
  let rest: Record<string, boolean> = {};
  return text.split(/\r?\n/).flatMap((line) => {
    const setting = line.slice(0, 98).trim();
    const filter = /^\[(.*)\]$/.exec(setting)?.[1];
    if (filter === 'all') [model, rest] = [true, {}];
    else if (filter !== undefined && /^(pi|cm)\d|^none$/.test(filter)) {
      model = board.models.includes(filter);
    } else if (filter !== undefined) {
      const kind = /^(EDID|gpio|0x|tryboot)/.exec(filter)?.[1] ?? filter;
      rest[kind] = board.others?.includes(filter) === true;
    }
    const counts = model && Object.values(rest).every((holds) => holds);
    return !counts || filter !== undefined || setting === '' || setting.startsWith('#')
      ? []
      : [setting];
  });
}
