/**
 * The Yocto layer as text: its files are in the release, its versions and checksums are right, its
 * variables written as today's bitbake wants them. No bitbake runs here.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { MANIFEST } from '../../scripts/deploy/manifest.ts';
import { configBlock } from '../../scripts/deploy/config/text.ts';
import { listParts } from '../../scripts/release/parts.ts';

const LAYER = 'agl/meta-canwarden';
const VERSION = (JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }).version;
const FILES = readdirSync(LAYER, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name));
const METADATA = FILES.filter((path) => /\.(bb|bbappend|inc|conf)$/.test(path));
const RECIPES = METADATA.filter((path) => path.endsWith('.bb'));
const read = (path: string) => readFileSync(path, 'utf8');
const layer = (path: string) => read(join(LAYER, path));
const withoutComments = (text: string) => text.replace(/^#.*\n/gm, '');

/** What the install variables of bitbake stand for. */
const FOLDERS: Readonly<Record<string, string>> = {
  bindir: '/usr/bin',
  datadir: '/usr/share',
  docdir: '/usr/share/doc',
  nonarch_base_libdir: '/lib',
  nonarch_libdir: '/usr/lib',
  sysconfdir: '/etc',
  systemd_system_unitdir: '/lib/systemd/system',
};
const SHIPPED = listParts(VERSION).flatMap(({ entries }) => entries.map(({ to }) => to));

/** The lines `install -m MODE ${S}/SOURCE ${D}TARGET` of a recipe. */
function installs(recipe: string): { mode: string; source: string; target: string }[] {
  return [...recipe.matchAll(/^ +install -m (\d+) \$\{S\}\/(\S+) \$\{D\}(\S+)$/gm)].map(
    ([, mode, source, target]) => ({
      mode,
      source,
      target: target.replace(/\$\{(\w+)\}/g, (_, name: string) => FOLDERS[name] ?? `?${name}`),
    }),
  );
}

const CELL = layer(`recipes-canwarden/canwarden-cell/canwarden-cell_${VERSION}.bb`);
const BRIDGE = layer(`recipes-canwarden/canwarden-bridge/canwarden-bridge_${VERSION}.bb`);

describe('the layer', () => {
  it('declares itself: collection, pattern, priority, series, dependencies', () => {
    const conf = layer('conf/layer.conf');
    for (const line of [
      /^BBPATH \.= ":\$\{LAYERDIR\}"$/m,
      /^BBFILE_COLLECTIONS \+= "canwarden"$/m,
      /^BBFILE_PATTERN_canwarden = "\^\$\{LAYERDIR\}\/"$/m,
      /^LAYERSERIES_COMPAT_canwarden = "[a-z]+( [a-z]+)*"$/m,
      /^LAYERVERSION_canwarden = "1"$/m,
      /^LAYERDEPENDS_canwarden = "core openembedded-layer"$/m,
      // AGL's Jailhouse layer is gone from its master: it must do without.
      /^LAYERRECOMMENDS_canwarden = "agl-jailhouse"$/m,
    ]) {
      assert.match(conf, line);
    }
    // Its lines in config.txt must come after those of AGL's Jailhouse layer, which has 61.
    assert.ok(Number(/^BBFILE_PRIORITY_canwarden = "(\d+)"$/m.exec(conf)?.[1]) > 61);
  });

  it('finds each of its recipes and appends by the patterns in layer.conf', () => {
    for (const path of METADATA.filter((name) => /\.bb(append)?$/.test(name))) {
      const place = path.slice(LAYER.length + 1);
      const pattern = place.endsWith('.bb')
        ? /^recipes-[^/]+\/[^/]+\/[^/]+\.bb$/
        : /^dynamic-layers\/raspberrypi\/recipes-[^/]+\/[^/]+\/[^/]+\.bbappend$/;
      assert.match(place, pattern);
    }
  });

  it('is written in the syntax of today: overrides with a colon, strings in quotes', () => {
    for (const path of METADATA) {
      const text = withoutComments(read(path));
      assert.doesNotMatch(text, /_(append|prepend|remove)\b/, path);
      assert.doesNotMatch(text, /^(RDEPENDS|FILES|RRECOMMENDS|SYSTEMD_SERVICE|CONFFILES)_/m, path);
      // Outside of shell functions a line is a statement, a continuation or empty.
      const outside = text.replace(/^\w[\w:-]*\(\) \{\n[^]*?^\}\n/gm, '').replaceAll('\\\n', ' ');
      for (const line of outside.split('\n')) {
        assert.match(
          line,
          /^$|^(inherit|require|addtask) \S.*$|^[\w${}:[\].-]+ (\?|\?\?|:|\+|\.|=)?\+?=\+? ?".*"$/,
          `${path}: ${line}`,
        );
        assert.equal((line.match(/"/g) ?? []).length % 2, 0, `${path}: ${line}`);
      }
    }
  });

  it('requires and appends files that it has', () => {
    for (const path of METADATA) {
      for (const [, required] of read(path).matchAll(/^require (\S+)$/gm)) {
        assert.ok(FILES.includes(join(LAYER, required)), `${path}: ${required}`);
      }
    }
    const kernel = 'dynamic-layers/raspberrypi/recipes-kernel/linux';
    assert.match(
      layer(`${kernel}/linux-raspberrypi_%.bbappend`),
      /SRC_URI \+= "file:\/\/canwarden.cfg"/,
    );
    for (const line of layer(`${kernel}/files/canwarden.cfg`).trim().split('\n')) {
      assert.match(line, /^(#.*|CONFIG_[A-Z0-9_]+=[my])$/);
    }
    for (const option of ['CAN', 'CAN_RAW', 'CAN_VCAN', 'UIO', 'UIO_IVSHMEM']) {
      assert.match(layer(`${kernel}/files/canwarden.cfg`), new RegExp(`^CONFIG_${option}=`, 'm'));
    }
  });
});

describe('the recipes', () => {
  it('take the cells of one role, and leave vcan0 to the role that has it', () => {
    assert.match(layer('recipes-canwarden/canwarden.inc'), /^CANWARDEN_ROLE \?= "driver"$/m);
    const cellSources = installs(CELL).filter(({ source }) => source.endsWith('.cell'));
    assert.equal(cellSources.length, 3);
    for (const { source } of cellSources) assert.match(source, /\/\$\{CANWARDEN_ROLE\}\//);
    const lines = BRIDGE.split('\n');
    const from = lines.findIndex((line) => line.includes('[ "${CANWARDEN_ROLE}" = driver ]'));
    const to = lines.findIndex((line, index) => index > from && line.trim() === 'fi');
    const only = lines.slice(from, to).join('\n');
    for (const name of ['25-canwarden.netdev', '25-canwarden.network']) {
      assert.ok(only.includes(name), name);
      assert.equal(BRIDGE.split(`systemd/${name}`).length, 2, 'nowhere else');
    }
  });

  it('have the version of the release and the checksum of its licence', () => {
    const versioned = RECIPES.filter((path) => path.includes('_'));
    assert.equal(versioned.length, 2);
    for (const path of versioned) assert.ok(path.endsWith(`_${VERSION}.bb`), path);
    const md5 = createHash('md5').update(readFileSync('LICENSE')).digest('hex');
    assert.ok(layer('recipes-canwarden/canwarden.inc').includes(`LICENSE;md5=${md5}"`));
    for (const path of RECIPES) {
      assert.match(read(path) + layer('recipes-canwarden/canwarden.inc'), /^LICENSE = "MIT"$/m);
      assert.match(read(path), /^SUMMARY = ".{10,}"$/m);
    }
  });

  it('install only files that are in the release', () => {
    for (const { source } of [...installs(CELL), ...installs(BRIDGE)]) {
      for (const [revision, role] of [
        ['13', 'driver'],
        ['14', 'driver'],
        ['13', 'device'],
        ['14', 'device'],
      ]) {
        const named = source
          .replace('${CANWARDEN_JAILHOUSE_REVISION}', revision)
          .replace('${CANWARDEN_ROLE}', role);
        const pattern = new RegExp(`^${named.replaceAll('.', '\\.').replaceAll('*', '[^/]+')}$`);
        assert.ok(
          SHIPPED.some((path) => pattern.test(path)),
          named,
        );
      }
    }
    assert.ok(SHIPPED.includes('bridge/build.sh') && BRIDGE.includes('${S}/bridge/build.sh'));
    assert.ok(SHIPPED.includes('boot/canwarden.dtbo') && CELL.includes('${S}/boot/canwarden.dtbo'));
  });

  it('install every file of the board, but the list of users, which useradd replaces', () => {
    const sources = [...installs(CELL), ...installs(BRIDGE)].map(({ source }) => source);
    const patterns = sources.map(
      (source) => new RegExp(`^${source.replaceAll('.', '\\.').replaceAll('*', '[^/]+')}$`),
    );
    const left = SHIPPED.filter((path) => path.startsWith('board/')).filter(
      (path) => !patterns.some((pattern) => pattern.test(path)),
    );
    assert.deepEqual(left, ['board/systemd/sysusers-canwarden.conf']);
    assert.match(BRIDGE, /^USERADD_PARAM:\$\{PN\} = "--system .* canwarden"$/m);
  });

  it('put files where the helper and deploy have them', () => {
    const targets = new Map(
      [...installs(CELL), ...installs(BRIDGE)].map(({ source, target, mode }) => [
        target.endsWith('/') ? target + source.split('/').at(-1) : target,
        mode,
      ]),
    );
    targets.set('/usr/bin/canwarden-bridge', '0755');
    for (const { source, to, mode } of MANIFEST) {
      if (source.kind !== 'file' && source.kind !== 'cell') continue;
      // The manifest uses /etc for what the layer puts into the vendor's folder.
      if (/^\/(etc|usr\/lib)\/(udev|systemd|sysusers\.d)/.test(to.path)) continue;
      assert.equal(Number(`0o${targets.get(to.path)?.slice(1)}`), mode, to.path);
    }
    const helper = read('agl/lib/common.sh');
    for (const [, path] of helper.matchAll(/="\$root(\/\S+\.(?:bin)|\/etc\/default\/\w+)"$/gm)) {
      assert.ok(targets.has(path), path);
    }
  });

  it('name packages and units that exist', () => {
    const group = layer('recipes-canwarden/packagegroups/packagegroup-canwarden.bb');
    for (const name of ['canwarden-cell', 'canwarden-bridge', 'can-utils']) {
      assert.match(group, new RegExp(`^ {4}${name} \\\\$`, 'm'));
    }
    for (const recipe of [CELL, BRIDGE]) {
      const unit = /^SYSTEMD_SERVICE:\$\{PN\} = "(\S+)"$/m.exec(recipe)?.[1];
      assert.ok(SHIPPED.includes(`board/systemd/${unit}`), unit);
      assert.ok(recipe.includes("bb.utils.contains('DISTRO_FEATURES', 'systemd'"));
    }
  });
});

describe("the layer's config.txt", () => {
  const append = layer('dynamic-layers/raspberrypi/recipes-bsp/bootfiles/rpi-config_git.bbappend');

  it('has the lines that deploy writes', () => {
    const written = /<<END\n([^]*?)^END$/m.exec(append)?.[1].trim().split('\n');
    const lines = configBlock()
      .trim()
      .split('\n')
      .filter((line) => !line.startsWith('#'));
    assert.deepEqual(written, lines);
  });

  it('takes out what contradicts them: other values, the chip in the hands of Linux, two memories', () => {
    const removed = [...append.matchAll(/-e '\/\^(\S+)\/d'/g)].map(([, pattern]) => pattern);
    for (const line of [
      'dtoverlay=mcp2515-can0,oscillator=8000000,interrupt=25',
      'dtparam=spi=on',
      'dtparam=spi',
      'dtoverlay=mcp251xfd,spi0-0,interrupt=25',
      'dtoverlay=jailhouse-memory,start=0xe0000000,size=0x200000',
      'armstub=armstub8-gic.bin',
      'enable_gic=0',
      'core_freq=250',
    ]) {
      assert.ok(
        removed.some((pattern) => new RegExp(`^${pattern}`).test(line)),
        line,
      );
    }
    for (const line of ['dtoverlay=vc4-kms-v3d', 'gpu_mem=64', 'dtparam=audio=on']) {
      assert.ok(!removed.some((pattern) => new RegExp(`^${pattern}`).test(line)), line);
    }
  });
});
