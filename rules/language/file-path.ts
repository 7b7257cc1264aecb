// SPDX-License-Identifier: MIT
/**
 * Paths of files that a rules file names, as text: in the folder of the rules file.
 *
 * Does not: read a file, or ask a file system; a web page has none.
 */

/** The path of `named` if it is absolute, else from the folder of `rulesFile`, without `.` and `x/..`. */
export function pathBeside(rulesFile: string, named: string): string {
  if (named.startsWith('/')) return named;
  const folder = rulesFile.slice(0, rulesFile.lastIndexOf('/') + 1);
  const isAbsolute = folder.startsWith('/');
  const kept: string[] = [];
  for (const part of `${folder}${named}`.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') kept.push(part);
    else if (kept.length > 0 && kept.at(-1) !== '..') kept.pop();
    // The root's own parent is the root.
    else if (!isAbsolute) kept.push(part);
  }
  return `${isAbsolute ? '/' : ''}${kept.join('/')}` || '.';
}
