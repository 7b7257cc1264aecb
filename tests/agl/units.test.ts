// SPDX-License-Identifier: MIT
/** The systemd files: systemd itself has nothing against them, and their names agree with each other. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { FakeBoard, NEEDS_BUSYBOX } from './fake-board.ts';
import { withKernel } from './fake-kernel.ts';
import { helperVariables } from './helper-variables.ts';
import { NEEDS_SYSTEMD, verified } from './systemd.ts';

const SERVICES = [
  'canwarden-cell.service',
  'canwarden-bridge.service',
  'canwarden-can.service',
] as const;
const read = (name: string) => readFileSync(`agl/systemd/${name}`, 'utf8');

/** All `Key=value` lines of a unit, in order. */
function settings(text: string): [string, string][] {
  return [...text.matchAll(/^([A-Za-z_]+)=(.*)$/gm)].map(([, key, value]) => [key, value]);
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

/** What systemd says of the services after a change. */
function verify(change: (text: string) => string): string {
  const units = Object.fromEntries(SERVICES.map((name) => [name, change(read(name))]));
  return verified(units, ['usr/bin/canwarden', 'usr/bin/canwarden-bridge']);
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
    const [held] = helperVariables('HELD');
    assert.equal(held.split('/').at(-2), cell.get('RuntimeDirectory'));
    assert.equal(cell.get('RuntimeDirectoryPreserve'), 'yes');
  });

  it('let the watcher of can0 go before the cell, and come after it', () => {
    const can = new Map(settings(read('canwarden-can.service')));
    assert.equal(can.get('BindsTo'), 'canwarden-cell.service');
    assert.equal(can.get('After'), 'canwarden-cell.service');
    assert.equal(can.get('ExecStart'), '/usr/bin/canwarden watch');
  });
});

describe('the other system files', () => {
  const bridge = read('canwarden-bridge.service');

  it('make a virtual interface of one name, for which nothing waits', () => {
    const netdev = new Map(settings(read('25-canwarden.netdev')));
    assert.equal(netdev.get('Kind'), 'vcan');
    assert.equal(netdev.get('Name'), 'vcan0');
    assert.equal(new Map(settings(read('25-canwarden.network'))).get('Name'), 'vcan0');
    const ours = new Map(settings(readFileSync('agl/default', 'utf8')));
    assert.equal(ours.get('CANWARDEN_INTERFACE'), 'vcan0');
    const unset = new Map(settings(bridge)).get('Environment');
    assert.equal(unset, 'CANWARDEN_INTERFACE=vcan0');
    // It is there in one of the two roles: waited for by name, it would hold up the other for 90 s.
    assert.doesNotMatch(bridge, /net-devices-vcan0/);
    assert.match(bridge, /^After=.* systemd-networkd\.service$/m);
  });

  it('give the devices to the group of the bridge, and wait for the one of both roles', () => {
    const service = new Map(settings(bridge));
    assert.equal(service.get('User'), 'canwarden');
    assert.equal(service.get('Group'), 'canwarden');
    const [vendor, device, link, control] = helperVariables(
      'LINK_VENDOR',
      'LINK_DEVICE',
      'DRIVER_ROLE_CLASS',
      'CONTROL_CLASS',
    );
    const lines = read('60-canwarden.rules').split('\n');
    const ruleOf = (code: string): string => lines.find((line) => line.includes(code)) ?? '';
    for (const rule of [ruleOf(link), ruleOf(control)]) {
      const ids = `ATTRS{vendor}=="${vendor}", ATTRS{device}=="${device}", ATTRS{class}=="`;
      assert.ok(rule.startsWith(`SUBSYSTEM=="uio", ${ids}`), rule);
      assert.ok(rule.includes('GROUP="canwarden", MODE="0660"'), rule);
    }
    // systemd.device(5): a unit comes of the tag; systemd.unit(5): a dash in its name.
    assert.ok(ruleOf(control).endsWith(' SYMLINK+="canwarden-control", TAG+="systemd"'));
    const [who] = read('sysusers-canwarden.conf')
      .split('\n')
      .filter((line) => line.startsWith('u '));
    assert.ok(who.startsWith('u canwarden '), who);
    for (const key of ['Wants', 'After']) {
      assert.match(bridge, new RegExp(`^${key}=dev-canwarden\\\\x2dcontrol\\.device`, 'm'));
    }
  });

  it('have no setting that nobody reads', NEEDS_BUSYBOX, () => {
    const set = (name: string, value: string): FakeBoard =>
      new FakeBoard().write('etc/default/canwarden', `${name}=${value}\n`);
    const up = (board: FakeBoard): string => {
      board.run('up');
      return board.commands.join('\n');
    };
    const readers: Readonly<Record<string, (name: string) => void>> = {
      CANWARDEN_CELL_OPTIONS: (name) =>
        assert.match(up(set(name, 'bitrate=125000')), /bitrate=125000/),
      CANWARDEN_INTERFACE: (name) =>
        assert.match(set(name, 'can7').run('status').stdout, /\bcan7\b/),
      CANWARDEN_RESTART_MS: (name) => {
        const board = withKernel(set(name, '250').bringUpDevice('0x0000000f', '0x40'));
        assert.match(up(board), /\[restart-ms\] \[250\]/);
      },
      // systemd.service(5), "Command lines": a word without braces becomes none, one, or several.
      CANWARDEN_BRIDGE_OPTIONS: (name) =>
        assert.match(bridge, new RegExp(`^ExecStart=.* \\$${name}$`, 'm')),
    };
    const names = settings(readFileSync('agl/default', 'utf8')).map(([name]) => name);
    assert.deepEqual(names.sort(), Object.keys(readers).sort());
    for (const [name, check] of Object.entries(readers)) check(name);
  });
});
