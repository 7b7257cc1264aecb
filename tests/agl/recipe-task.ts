// SPDX-License-Identifier: MIT
/**
 * Runs a task of the layer's recipes as bitbake would: its shell, with bitbake's variables set.
 *
 * Does not: parse metadata. Of a recipe it takes one shell function, and the variables are given.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';

/** What the install variables stand for (OpenEmbedded-Core, `meta/conf/bitbake.conf`). */
const FOLDERS: Readonly<Record<string, string>> = {
  bindir: '/usr/bin',
  datadir: '/usr/share',
  docdir: '/usr/share/doc',
  nonarch_base_libdir: '/lib',
  nonarch_libdir: '/usr/lib',
  sysconfdir: '/etc',
  systemd_system_unitdir: '/lib/systemd/system',
};
const WITH_SYSTEMD = "${@bb.utils.contains('DISTRO_FEATURES', 'systemd', 'true', 'false', d)}";

/** The body of the shell function `name` of a recipe: the lines up to the first "}" alone (bitbake, "Functions"). */
export function taskOf(recipe: string, name: string): string {
  const lines = recipe.split('\n');
  const from = lines.indexOf(`${name}() {`);
  const to = lines.indexOf('}', from);
  assert.ok(from >= 0 && to > from, `no task ${name}`);
  return lines.slice(from + 1, to).join('\n');
}

/**
 * Runs the task `name` of a recipe on a distribution with systemd. Bitbake replaces the variables of a task before
 * the shell sees it; here the shell does, and refuses one that is not set.
 */
export function runTask(
  recipe: string,
  name: string,
  variables: Readonly<Record<string, string>>,
): void {
  const script = taskOf(recipe, name).replaceAll(WITH_SYSTEMD, 'true');
  const env = { PATH: process.env['PATH'], ...FOLDERS, ...variables };
  const { status, stderr } = spawnSync('sh', ['-eu', '-c', script], { env, encoding: 'utf8' });
  assert.equal(status, 0, `${name}: ${stderr}`);
}
