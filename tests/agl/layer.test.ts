// SPDX-License-Identifier: MIT
/**
 * The Yocto layer as text: its versions and checksums are right, its variables written as today's bitbake wants
 * them. No bitbake runs here. Does not: look at what the recipes install; layer-install.test.ts runs them.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
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

const SHIPPED = listParts(VERSION).flatMap(({ entries }) => entries.map(({ to }) => to));

const CELL = layer(`recipes-canwarden/canwarden-cell/canwarden-cell_${VERSION}.bb`);
const BRIDGE = layer(`recipes-canwarden/canwarden-bridge/canwarden-bridge_${VERSION}.bb`);

describe('the layer', () => {
  it('declares itself: collection, pattern, priority, series, dependencies', () => {
    const conf = layer('conf/layer.conf');
    for (const line of [
      /^BBPATH \.= ":\$\{LAYERDIR\}"$/m,
      /^BBFILE_COLLECTIONS \+= "canwarden"$/m,
      /^BBFILE_PATTERN_canwarden = "\^\$\{LAYERDIR\}\/"$/m,
      /^LAYERVERSION_canwarden = "1"$/m,
      /^LAYERDEPENDS_canwarden = "core openembedded-layer"$/m,
      // AGL's Jailhouse layer is gone from its master: it must do without.
      /^LAYERRECOMMENDS_canwarden = "raspberrypi meta-arm agl-jailhouse"$/m,
      /^LAYERSERIES_COMPAT_canwarden = "scarthgap wrynose"$/m,
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
        : /^dynamic-layers\/(raspberrypi|meta-arm)\/recipes-[^/]+\/[^/]+\/[^/]+\.bbappend$/;
      assert.match(place, pattern);
    }
  });

  it('is written in the syntax of today: overrides with a colon, strings in quotes', () => {
    for (const path of METADATA) {
      const text = withoutComments(read(path));
      assert.doesNotMatch(text, /_(append|prepend|remove)\b/, path);
      assert.doesNotMatch(text, /^(RDEPENDS|FILES|RRECOMMENDS|SYSTEMD_SERVICE|CONFFILES)_/m, path);
      // Outside of shell functions a line is a statement, a continuation or empty.
      const outside = text
        .replace(/^(python )?[\w:-]*\s*\(\) \{\n[^]*?^\}\n/gm, '')
        .replaceAll('\\\n', ' ');
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
      layer(`${kernel}/linux-raspberrypi-canwarden.inc`),
      /SRC_URI \+= "file:\/\/canwarden.cfg"/,
    );
    for (const line of layer(`${kernel}/files/canwarden.cfg`).trim().split('\n')) {
      assert.match(line, /^(#.*|CONFIG_[A-Z0-9_]+=[my])$/);
    }
    const options = ['CAN', 'CAN_RAW', 'CAN_VCAN', 'UIO', 'UIO_IVSHMEM'];
    // docs/bridge.md, what the role device needs of the kernel.
    for (const option of [...options, 'VIRTIO', 'VIRTIO_IVSHMEM', 'CAN_DEV', 'CAN_VIRTIO_CAN']) {
      assert.match(layer(`${kernel}/files/canwarden.cfg`), new RegExp(`^CONFIG_${option}=`, 'm'));
    }
  });
});

describe('the recipes', () => {
  it('know two roles, refuse another one with the reason, and ask for the modules of each', () => {
    const shared = layer('recipes-canwarden/canwarden.inc');
    assert.match(shared, /^CANWARDEN_ROLE \?= "driver"$/m);
    assert.match(shared, /getVar\('CANWARDEN_ROLE'\) not in \('driver', 'device'\)/);
    const [recommended] = /^RRECOMMENDS:\$\{PN\} = "[^]*?[^\\]\n/m.exec(BRIDGE) ?? [''];
    // The control device is the bridge's in both.
    for (const name of ['can-raw', 'uio-ivshmem', 'vcan', 'virtio-ivshmem', 'virtio-can']) {
      assert.ok(recommended.includes(`kernel-module-${name}`), name);
    }
    assert.match(recommended, /'kernel-module-virtio-[^']*' if .* == 'device' else '[^']*-vcan'/);
  });

  it('are described with every variable, unit and module that they have', () => {
    const page = layer('README.md');
    const recipes = METADATA.map(read).join('');
    for (const [, name] of recipes.matchAll(/^(CANWARDEN_\w+)\b.* \?= /gm)) {
      assert.ok(page.includes(name), name);
    }
    for (const name of SHIPPED) {
      const unit = /^board\/systemd\/(.+\.service)$/.exec(name)?.[1];
      if (unit !== undefined) assert.ok(page.includes(unit), unit);
    }
    for (const option of ['CAN_VIRTIO_CAN', 'VIRTIO_IVSHMEM', 'UIO_IVSHMEM']) {
      assert.ok(page.includes(`CONFIG_${option}`), option);
    }
    // What is a stand-in would be written to.
    assert.doesNotMatch(page, /maintainers@/);
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

  it('refuse a 32-bit machine with the reason, instead of vanishing from what can be built', () => {
    const shared = layer('recipes-canwarden/canwarden.inc');
    const machines = new RegExp(/^COMPATIBLE_MACHINE = "(.+)"$/m.exec(shared)?.[1] ?? 'none');
    // What COMPATIBLE_MACHINE itself skips gets bitbake's words, which do not say why.
    for (const machine of ['raspberrypi4-64', 'raspberrypi4']) assert.match(machine, machines);
    for (const machine of ['raspberrypi3', 'raspberrypi5', 'qemuarm64']) {
      assert.doesNotMatch(machine, machines);
    }
    const [, python] = /^python \(\) \{\n([^]*?)^\}$/m.exec(shared) ?? [];
    assert.match(python, /^ {4}if 'raspberrypi4-64' not in .*\('MACHINEOVERRIDES'\)/m);
    assert.match(
      python,
      /^ {8}raise bb\.parse\.SkipRecipe\('.* is a 32-bit build; [^]*'Next: MACHINE = "raspberrypi4-64"'/m,
    );
    for (const path of RECIPES.filter((name) => name.includes('_'))) {
      assert.match(read(path), /^require recipes-canwarden\/canwarden\.inc$/m);
    }
  });

  it('name packages and units that exist', () => {
    const group = layer('recipes-canwarden/packagegroups/packagegroup-canwarden.bb');
    for (const name of ['canwarden-cell', 'canwarden-bridge', 'can-utils']) {
      assert.match(group, new RegExp(`^ {4}${name} \\\\$`, 'm'));
    }
    for (const recipe of [CELL, BRIDGE]) {
      const units = /^SYSTEMD_SERVICE:\$\{PN\} = "(.+)"$/m.exec(recipe)?.[1].split(' ') ?? [];
      assert.ok(units.length > 0);
      for (const unit of units) assert.ok(SHIPPED.includes(`board/systemd/${unit}`), unit);
      assert.ok(recipe.includes("bb.utils.contains('DISTRO_FEATURES', 'systemd'"));
    }
    assert.match(BRIDGE, /^USERADD_PARAM:\$\{PN\} = "--system .* canwarden"$/m);
  });
});

describe('the layer without its distro feature', () => {
  const appends = METADATA.filter((path) => path.endsWith('.bbappend'));

  it('changes no recipe of another layer: each append is one conditional line', () => {
    assert.equal(appends.length, 3);
    for (const path of appends) {
      const [, file] =
        /^require \$\{@bb\.utils\.contains\('DISTRO_FEATURES', 'canwarden', '(\S+)', '', d\)\}\n$/.exec(
          withoutComments(read(path)),
        ) ?? [];
      assert.ok(FILES.includes(join(path, '..', file)), path);
    }
  });

  it('builds no recipe of its own', () => {
    for (const path of RECIPES) {
      const text = read(path) + layer('recipes-canwarden/canwarden.inc');
      assert.match(text, /^REQUIRED_DISTRO_FEATURES = "systemd canwarden"$/m);
      assert.match(text, /^inherit .*\bfeatures_check\b/m);
    }
  });

  it('is switched on by one file, which brings TF-A and the overlay to the boot partition', () => {
    const include = layer('conf/distro/include/canwarden.inc');
    assert.match(include, /^DISTRO_FEATURES:append = " canwarden"$/m);
    assert.match(
      include,
      /^IMAGE_BOOT_FILES:append = " bl31\.bin canwarden\.dtbo;overlays\/\S+"$/m,
    );
    assert.match(include, /^do_image_wic\[depends\] \+= "\$\{CANWARDEN_TFA\}:do_deploy /m);
    const template = layer('templates/feature/agl-canwarden/50_local.conf.inc');
    assert.match(template, /^require conf\/distro\/include\/canwarden\.inc$/m);
  });

  it('leaves starting at boot to whoever builds: no assignment that local.conf cannot change', () => {
    for (const path of RECIPES) assert.doesNotMatch(read(path), /SYSTEMD_AUTO_ENABLE/);
  });

  it('takes any package that brings Jailhouse, and refuses to be built without one', () => {
    // Of which name and layer is the user's: no layer of today has `jailhouse`.
    assert.match(CELL, /^CANWARDEN_JAILHOUSE \?= ""$/m);
    assert.match(CELL, /^RDEPENDS:\$\{PN\} = "\$\{CANWARDEN_JAILHOUSE\}"$/m);
    assert.match(
      CELL,
      /^ {4}if not d\.getVar\('CANWARDEN_JAILHOUSE'\)\.strip\(\):\n {8}raise bb\.parse\.SkipRecipe\([^]*Next: set CANWARDEN_JAILHOUSE/m,
    );
    // Where AGL's layer is there its packages are the default; without it nothing is named.
    assert.match(
      layer('conf/distro/include/canwarden.inc'),
      /^CANWARDEN_JAILHOUSE \?= "\$\{@bb\.utils\.contains\('BBFILE_COLLECTIONS', 'agl-jailhouse', '[^']+', '', d\)\}"$/m,
    );
  });

  it('keeps the pages that the units name in the main package', () => {
    assert.match(CELL, /^FILES:\$\{PN\}-doc = ""$/m);
    assert.match(CELL, /^ {4}\$\{docdir\}\/canwarden \\$/m);
  });

  it('has what yocto-check-layer asks of its first page', () => {
    const page = layer('README.md');
    assert.match(page, /maintainer/i);
    assert.match(page, /patch/i);
    assert.match(page, /\S+@\S+/);
  });
});
