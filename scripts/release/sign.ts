// SPDX-License-Identifier: MIT
/**
 * Signs the archive with the user's own SSH key, so that whoever has the public key can tell it from another.
 *
 * `ssh-keygen -Y` (OpenSSH 8.1) makes and checks the signature; an agent or a hardware key does as well as a file.
 * Does not: make, keep or read a key.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { InputError } from '../../cell-config/files.ts';

/** What the signature is for: one made for anything else does not verify. */
const SIGNATURE_NAMESPACE = 'canwarden-release';

/** Throws InputError if there is no such file, or no ssh-keygen; before anything is built. */
export function requireKey(key: string): void {
  if (!existsSync(key)) {
    throw new InputError(
      `--sign: there is no ${key}; name an SSH key of yours, private, or public with an agent`,
    );
  }
  // Without words it would make a key. It prints its usage for an option that it does not know.
  const { error } = spawnSync('ssh-keygen', ['-?'], { stdio: 'ignore' });
  if (error !== undefined) {
    throw new InputError(
      '--sign needs ssh-keygen of OpenSSH. Next: apt-get install openssh-client',
    );
  }
}

/** Writes `archive`.sig. `key`: a private key, or a public one whose private half an agent has. */
export function signArchive(archive: string, key: string): string {
  requireKey(key);
  const signature = `${archive}.sig`;
  // ssh-keygen asks before it overwrites.
  rmSync(signature, { force: true });
  const words = ['-Y', 'sign', '-f', key, '-n', SIGNATURE_NAMESPACE, archive];
  const { status } = spawnSync('ssh-keygen', words, { stdio: ['inherit', 'ignore', 'inherit'] });
  if (status !== 0)
    throw new InputError(`--sign: ssh-keygen refused ${key}, and nothing was signed`);
  return signature;
}
