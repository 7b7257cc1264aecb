// SPDX-License-Identifier: MIT
/**
 * What the user wants at the other end of the emulated bus, and whether it is to be had: a log, a TCP port, a
 * CAN interface of this machine.
 */
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { InputError } from '../../../cell-config/files.ts';
import { readBusLog } from '../../../lab/play/command.ts';
import { asInput } from '../../../lab/play/command.ts';
import { prepareInput, type TimedFrame } from '../../../lab/play/log-input.ts';

export type BusWish =
  | { readonly kind: 'log'; readonly frames: readonly TimedFrame[] }
  | { readonly kind: 'port'; readonly port: number }
  | { readonly kind: 'host'; readonly name: string };

export interface BusOptions {
  readonly bus: string;
  readonly busPort?: string;
  readonly busHost?: string;
}

/** Reads the options. Throws InputError with the cure. */
export async function readBusWish({ bus, busPort, busHost }: BusOptions): Promise<BusWish> {
  if (busPort !== undefined && busHost !== undefined) {
    throw new InputError('--bus-port and --bus-host are two ways. Next: leave one out');
  }
  if (busHost !== undefined) return hostWish(busHost);
  if (busPort === undefined) {
    const { entries } = asInput(() => readBusLog({ busFile: bus, namesAreSenders: true }));
    return { kind: 'log', frames: prepareInput(entries, [], undefined).bus };
  }
  const port = Number(busPort);
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new InputError(`no port: ${busPort}. Next: --bus-port with a number from 1 to 65535`);
  }
  await refuseBusyPort(port);
  return { kind: 'port', port };
}

function hostWish(name: string): BusWish {
  if (!/^[\w.-]{1,15}$/.test(name) || !existsSync(`/sys/class/net/${name}`)) {
    throw new InputError(
      `this machine has no interface ${name}. Next: ip link add ${name} type vcan; ip link set ${name} up`,
    );
  }
  return { kind: 'host', name };
}

/** QEMU would say the same, but only after the files were made. */
async function refuseBusyPort(port: number): Promise<void> {
  const server = createServer();
  const problem = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    server.once('error', resolve);
    server.listen(port, '127.0.0.1', () => resolve(undefined));
  });
  if (problem === undefined) {
    await new Promise((resolve) => server.close(resolve));
    return;
  }
  const why = problem.code === 'EADDRINUSE' ? 'another program listens there' : problem.message;
  throw new InputError(`port ${port} cannot be used: ${why}. Next: --bus-port with another one`);
}
