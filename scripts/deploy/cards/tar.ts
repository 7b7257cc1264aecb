// SPDX-License-Identifier: MIT
/**
 * An archive to unpack later on a card or a board.
 *
 * It holds the files of the root partition at their places, and those of the boot partition under boot/.
 * Instead of config.txt it has the lines that config.txt needs, for the user to add.
 * Does not: edit an archive that deploy did not write; it refuses it.
 */
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { InputError, readInput, writeWhole } from '../../../cell-config/files.ts';
import { readTar, type TarMember, writeTar } from '../../archive/tar.ts';
import type { Card, CardPath, ChangeSet, Found } from '../card.ts';

/** Only archives of deploy have this member. */
const OWN_MEMBER = 'usr/share/jailhouse/inmates/canwarden.bin';

export class TarCard implements Card {
  readonly title: string;
  readonly undoKind = 'own';
  readonly isWhole = false;
  readonly #path: string;
  readonly #members: readonly TarMember[];

  constructor(path: string) {
    this.#path = path;
    this.#members = existsSync(path) ? readOwn(path) : [];
    this.title = `the archive ${path}`;
  }

  look(places: readonly CardPath[]): Promise<Found[]> {
    return Promise.resolve(
      places.map((place): Found => {
        const member = this.#members.find(({ name }) => name === memberName(place));
        return member?.content ?? { kind: 'missing' };
      }),
    );
  }

  async exists(places: readonly CardPath[]): Promise<boolean[]> {
    return (await this.look(places)).map(({ kind }) => kind !== 'missing');
  }

  apply({ changes }: ChangeSet): Promise<void> {
    const members = new Map(this.#members.map((member) => [member.name, member]));
    for (const { at, after } of changes) {
      const name = memberName(at);
      if (after === undefined) members.delete(name);
      else members.set(name, { name, content: after });
    }
    const sorted = [...members.values()].sort((left, right) => (left.name < right.name ? -1 : 1));
    if (existsSync(this.#path) && !existsSync(this.#before)) {
      writeWhole(this.#before, readFileSync(this.#path));
    }
    writeWhole(this.#path, writeTar(sorted));
    return Promise.resolve();
  }

  describeUndo(): Promise<string[]> {
    if (!existsSync(this.#path)) return Promise.resolve([]);
    return Promise.resolve([
      existsSync(this.#before)
        ? `${this.#path} becomes ${this.#before}`
        : `${this.#path} is removed; a card it was unpacked on stays as it is`,
    ]);
  }

  undo(): Promise<void> {
    if (existsSync(this.#before)) renameSync(this.#before, this.#path);
    else rmSync(this.#path);
    return Promise.resolve();
  }

  get #before(): string {
    return `${this.#path}.canwarden-before`;
  }
}

function memberName({ volume, path }: CardPath): string {
  return volume === 'boot' ? `boot${path}` : path.slice(1);
}

function readOwn(path: string): TarMember[] {
  const members = readTar(readInput(path, 'deployed archive'));
  if (members?.some(({ name }) => name === OWN_MEMBER) === true) return members;
  throw new InputError(
    `${path} exists and is not an archive that deploy wrote. Next: name another file; ` +
      'a root file system in an archive is unpacked first, then --rootfs',
  );
}
