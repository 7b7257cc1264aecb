/**
 * Words for the numbers of the status page. A number that no cell writes is "unknown".
 */
const UNKNOWN = 'unknown';

/** The bus as the controller sees it (FAULT_STATE). */
export function faultStateWord(value: u32): string {
  if (value === 0) return 'active';
  if (value === 1) return 'warning';
  if (value === 2) return 'passive';
  return value === 3 ? 'bus-off' : UNKNOWN;
}

/** The cell's role on the link (LINK_ROLE). */
export function linkRoleWord(value: u32): string {
  if (value === 0) return 'none';
  if (value === 1) return 'front-end';
  return value === 2 ? 'back-end' : UNKNOWN;
}

/** The session with AGL (SESSION); whatever the page says, there is none with a cell that is not alive. */
export function sessionWord(value: u32, isCellAlive: bool): string {
  if (!isCellAlive) return 'no cell';
  if (value === 0) return 'no peer';
  if (value === 1) return 'negotiating';
  return value === 2 ? 'running' : UNKNOWN;
}

/** Where the rule table comes from (RULES_SOURCE). */
export function rulesSourceWord(value: u32): string {
  if (value === 0) return 'built-in';
  if (value === 1) return 'loaded at start';
  return value === 2 ? 'by request' : UNKNOWN;
}

/** What makes a task run (TASK_TRIGGER). */
export function triggerWord(value: u32): string {
  if (value === 0) return 'line';
  if (value === 1) return 'queue';
  if (value === 2) return 'timer';
  return value === 3 ? 'always' : UNKNOWN;
}

/** What histogram `index` counts. */
export function histogramWord(index: u32): string {
  if (index === 0) return 'static';
  return index === 1 ? 'computed' : 'steps';
}
