// SPDX-License-Identifier: MIT
/** The systemd files: systemd itself has nothing against them, and their names agree with each other. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { NEEDS_SYSTEMD } from './needs-systemd.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const SERVICES = [
  'canwarden-cell.service',
  'canwarden-bridge.service',
  'canwarden-can.service',
] as const;
const read = (name: string) => readFileSync(`agl/systemd/${name}`, 'utf8');

/** All `Key=value` lines of a unit, in order. */
function settings(text: string): [string, string][] {
  return [...text.matchAll(/^([A-Za-z]+)=(.*)$/gm)].map(([, key, value]) => [key, value]);
}

/** Every unit of the project, those that only deploy installs too. */
const ALL_UNITS = ['agl/systemd', 'scripts/deploy/units'].flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.service'))
    .map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') })),
);
/** Nodes that the kernel makes before the first process (devices.txt, "Memory devices"). */
const KERNELS_OWN = [
  '/dev/null',
  '/dev/zero',
  '/dev/full',
  '/dev/random',
  '/dev/urandom',
  '/dev/kmsg',
];
/** The units after which a node or a group of devices is there: modules, and rules of udev. */
const MAKERS: Readonly<Record<string, readonly string[]>> = {
  '/dev/jailhouse': ['modprobe@jailhouse.service', 'dev-jailhouse.device'],
  'char-uio': ['dev-canwarden\\x2dcontrol.device', 'modprobe@uio.service'],
};

/** Devices that a unit may open, by node or by group. */
function devicesOf(unit: string): string[] {
  return settings(unit)
    .filter(([key]) => key === 'DeviceAllow')
    .map(([, value]) => value.split(' ')[0]);
}

/** What `systemd-analyze verify` prints about the services, installed in a faked root. */
function verify(change: (text: string) => string): string {
  const root = temporaryFolder();
  const units = join(root, 'etc/systemd/system');
  mkdirSync(units, { recursive: true });
  mkdirSync(join(root, 'usr/bin'), { recursive: true });
  for (const name of SERVICES) writeFileSync(join(units, name), change(read(name)));
  for (const target of ['sysinit', 'basic', 'shutdown', 'multi-user']) {
    writeFileSync(join(units, `${target}.target`), `[Unit]\nDescription=${target}\n`);
  }
  for (const program of ['canwarden', 'canwarden-bridge']) {
    copyFileSync('/bin/true', join(root, 'usr/bin', program));
  }
  const { stdout, stderr } = spawnSync(
    'systemd-analyze',
    ['verify', '--man=no', `--root=${root}`, ...SERVICES],
    { encoding: 'utf8' },
  );
  return (stdout + stderr).replaceAll(root, '');
}

describe('the systemd units', () => {
  it('are accepted by systemd-analyze verify without a word', NEEDS_SYSTEMD, () => {
    assert.equal(
      verify((text) => text),
      '',
    );
    // It ends with 0 for an unknown key, so what counts is what it prints.
    assert.match(
      verify((text) => text.replace('RestartSec=', 'RestartSecs=')),
      /Unknown key/,
    );
  });

  it('run the helper and the bridge', () => {
    const cell = settings(read(SERVICES[0]));
    const bridge = settings(read(SERVICES[1]));
    assert.deepEqual(
      cell.filter(([key]) => /^(Type|Remain|Exec)/.test(key)),
      [
        ['Type', 'oneshot'],
        ['RemainAfterExit', 'yes'],
        ['ExecStart', '/usr/bin/canwarden up'],
        ['ExecStop', '/usr/bin/canwarden down'],
      ],
    );
    const start = bridge.find(([key]) => key === 'ExecStart')?.[1] ?? '';
    assert.match(start, /^\/usr\/bin\/canwarden-bridge --interface \$\{CANWARDEN_INTERFACE\}/);
  });

  it('confine the bridge to the shared memory and CAN', () => {
    const bridge = new Map(settings(read(SERVICES[1])));
    for (const [key, value] of Object.entries({
      BindsTo: 'canwarden-cell.service',
      Type: 'notify',
      WatchdogSec: '10',
      Restart: 'always',
      User: 'canwarden',
      CapabilityBoundingSet: 'CAP_NET_RAW',
      AmbientCapabilities: 'CAP_NET_RAW',
      DevicePolicy: 'closed',
      DeviceAllow: 'char-uio rw',
      NoNewPrivileges: 'yes',
      ProtectSystem: 'strict',
      ProtectHome: 'yes',
      MemoryDenyWriteExecute: 'yes',
      RestrictAddressFamilies: 'AF_CAN AF_UNIX',
      RuntimeDirectory: 'canwarden',
      EnvironmentFile: '-/etc/default/canwarden',
    })) {
      assert.equal(bridge.get(key), value, key);
    }
  });

  // systemd.resource-control: a DeviceAllow= of what is not there when the unit starts is ignored.
  for (const { name, text } of ALL_UNITS) {
    for (const device of devicesOf(text)) {
      it(`have ${device} before ${name} starts`, () => {
        if (KERNELS_OWN.includes(device)) return;
        const makers = MAKERS[device] ?? [];
        const before = settings(text).filter(([key]) => key === 'After');
        const pulled = settings(text).filter(([key]) => /^(Wants|Requires|BindsTo)$/.test(key));
        const has = (list: [string, string][], unit: string) =>
          list.some(([, value]) => value.split(' ').includes(unit));
        assert.ok(
          makers.some((unit) => has(before, unit) && has(pulled, unit)),
          `${name} neither waits for nor pulls in what makes ${device}: ${makers.join(' or ')}`,
        );
      });
    }
  }

  it('let the helper use what `ip` raises an interface with, and write its note', () => {
    for (const name of ['canwarden-cell.service', 'canwarden-can.service']) {
      const families = new Map(settings(read(name))).get('RestrictAddressFamilies') ?? '';
      for (const family of ['AF_NETLINK', 'AF_INET']) {
        assert.ok(families.split(' ').includes(family), `${name}: ${family}`);
      }
    }
    const cell = new Map(settings(read('canwarden-cell.service')));
    const held = /^HELD="\$root\/run\/([\w-]+)\//m.exec(readFileSync('agl/lib/role.sh', 'utf8'));
    assert.equal(cell.get('RuntimeDirectory'), held?.[1]);
    assert.equal(cell.get('RuntimeDirectoryPreserve'), 'yes');
  });

  it('let the watcher of can0 go before the cell, and come after it', () => {
    const can = new Map(settings(read('canwarden-can.service')));
    assert.equal(can.get('BindsTo'), 'canwarden-cell.service');
    assert.equal(can.get('After'), 'canwarden-cell.service');
    assert.equal(can.get('ExecStart'), '/usr/bin/canwarden watch');
  });

  it('let the bridge open the sockets that it opens, and no others', () => {
    const allowed = new Map(settings(read(SERVICES[1]))).get('RestrictAddressFamilies');
    assert.equal(
      familiesOfBridge()
        .map((name) => `AF_${name}`)
        .join(' '),
      allowed,
    );
  });
});

/** Address families of the sockets that the bridge opens, but for `--create`, which the unit may not. */
function familiesOfBridge(): string[] {
  const sources = readdirSync('bsp/linux').map((name) => readFileSync(`bsp/linux/${name}`, 'utf8'));
  const found = sources.join('').matchAll(/\bsocket\([AP]F_(\w+)/g);
  const names = new Set([...found].map(([, name]) => name));
  assert.ok(names.delete('NETLINK'));
  return [...names].sort();
}

describe('the other system files', () => {
  const bridge = read('canwarden-bridge.service');

  it('name one and the same interface', () => {
    const { vcan } = /Name=(?<vcan>\w+)/.exec(read('25-canwarden.netdev'))?.groups ?? {};
    assert.equal(vcan, 'vcan0');
    assert.match(read('25-canwarden.netdev'), /^Kind=vcan$/m);
    assert.match(read('25-canwarden.network'), /^Name=vcan0$/m);
    assert.match(readFileSync('agl/default', 'utf8'), /^CANWARDEN_INTERFACE=vcan0$/m);
    assert.match(bridge, /^Environment=CANWARDEN_INTERFACE=vcan0$/m);
    // It is there in one of the two roles: waited for by name, it would hold up the other for 90 s.
    assert.doesNotMatch(bridge, /net-devices-vcan0/);
    assert.match(bridge, /^After=.* systemd-networkd\.service$/m);
  });

  it('name one and the same user, device and class code', () => {
    assert.match(read('sysusers-canwarden.conf'), /^u canwarden - ".+"$/m);
    const rule = read('60-canwarden.rules');
    assert.match(rule, /GROUP="canwarden", MODE="0660"/);
    // The name that is there in both roles; systemd writes a dash in a name as \\x2d.
    assert.match(rule, /0xff4057".* SYMLINK\+="canwarden-control", TAG\+="systemd"/);
    for (const key of ['Wants', 'After']) {
      assert.match(bridge, new RegExp(`^${key}=dev-canwarden\\\\x2dcontrol\\.device`, 'm'));
    }
    const helper =
      readFileSync('agl/lib/jailhouse.sh', 'utf8') + readFileSync('agl/lib/role.sh', 'utf8');
    for (const [name, attribute] of [
      ['LINK_VENDOR', 'vendor'],
      ['LINK_DEVICE', 'device'],
      ['DRIVER_ROLE_CLASS', 'class'],
      ['CONTROL_CLASS', 'class'],
    ]) {
      const value = new RegExp(`^${name}=(0x[0-9a-f]+)$`, 'm').exec(helper)?.[1];
      assert.ok(rule.includes(`ATTRS{${attribute}}=="${value}"`), name);
    }
  });

  it('have no setting that nobody reads', () => {
    const readers =
      bridge + readFileSync('agl/lib/common.sh', 'utf8') + readFileSync('agl/lib/role.sh', 'utf8');
    for (const [, name] of readFileSync('agl/default', 'utf8').matchAll(/^([A-Z_]+)=/gm)) {
      assert.ok(readers.includes(name), name);
    }
  });
});
