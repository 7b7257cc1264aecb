// SPDX-License-Identifier: MIT
/** Names of functions of the module, for people and tables. */

/** Without type parameters and folders: `file/Class#method`. */
export function plainName(name: string): string {
  const start = name.split('<')[0].split('/').slice(-2).join('/');
  const end = name.includes('<') ? name.slice(name.lastIndexOf('>') + 1) : '';
  return start + end;
}
