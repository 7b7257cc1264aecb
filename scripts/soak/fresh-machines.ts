// SPDX-License-Identifier: MIT
/**
 * The machines of `npm run soak -- fresh`, and the commands that a new user types on them.
 */

export interface FreshMachine {
  readonly name: string;
  /** Debian's name of the release. */
  readonly suite: string;
  /** Version of the npm package `node`. Undefined: the distribution's Node is new enough. */
  readonly node?: string;
}

export const FRESH_MACHINES: readonly FreshMachine[] = [
  { name: 'debian-12-node-22', suite: 'bookworm', node: '22' },
  { name: 'debian-12-node-24', suite: 'bookworm', node: '24' },
  { name: 'debian-13', suite: 'trixie' },
];

export interface FreshStep {
  readonly name: string;
  readonly command: string;
  /** A longer step is ended and has failed. */
  readonly limitMinutes: number;
}

/** Only Git and Node, installed as the README says and as the answer to an old Node says. */
export function preparation(machine: FreshMachine): readonly FreshStep[] {
  const install = 'DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends';
  return [
    { name: 'lists', command: 'apt-get update -q', limitMinutes: 15 },
    { name: 'git, Node', command: `${install} git nodejs npm`, limitMinutes: 30 },
    ...(machine.node === undefined
      ? []
      : [
          {
            name: `node@${machine.node}`,
            command: `npm install --global node@${machine.node}`,
            limitMinutes: 15,
          },
        ]),
  ];
}

/** The README's commands, and the figures with this compiler. */
export const STRANGERS_STEPS: readonly FreshStep[] = [
  { name: 'git clone', command: 'git clone -q /srv/canwarden.git canwarden', limitMinutes: 10 },
  { name: 'npm ci', command: 'cd canwarden && npm ci', limitMinutes: 30 },
  { name: 'npm start', command: 'cd canwarden && npm start', limitMinutes: 60 },
  { name: 'npm test', command: 'cd canwarden && npm test', limitMinutes: 240 },
  { name: 'bench --check', command: 'cd canwarden && npm run bench -- --check', limitMinutes: 120 },
];
