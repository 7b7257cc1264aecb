// SPDX-License-Identifier: MIT
/** The layer's config.txt: the shell of its recipe, run on files, against what deploy writes. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { configBlock } from '../../scripts/deploy/config/text.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { taskOf } from './recipe-task.ts';

describe("the layer's config.txt", () => {
  const append = readFileSync(
    'agl/meta-canwarden/dynamic-layers/raspberrypi/recipes-bsp/bootfiles/rpi-config-canwarden.inc',
    'utf8',
  );

  /** Runs the shell of the recipe on a file, with bitbake's functions stood in for. */
  function runAppend(text: string): { status: number | null; config: string; said: string } {
    const folder = temporaryFolder();
    const path = join(folder, 'config.txt');
    writeFileSync(path, text);
    const body = taskOf(append, 'do_deploy:append:raspberrypi4-64');
    const script = body.replace(/^ *config=.*$/m, 'config=$1');
    const fatal = 'bbfatal() { echo "$1" >&2; exit 1; }\n';
    const { status, stderr } = spawnSync('sh', ['-e', '-c', fatal + script, 'sh', path], {
      encoding: 'utf8',
    });
    const config = readFileSync(path, 'utf8');
    return { status, config, said: stderr };
  }

  const block = configBlock()
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n');

  it('gets the lines that deploy writes', () => {
    assert.deepEqual(runAppend('a=1\n'), { status: 0, config: `a=1\n${block}`, said: '' });
  });

  it('loses what contradicts them: other values, the page of SPI0 for Linux, two memories', () => {
    for (const line of [
      'dtoverlay=mcp2515-can0,oscillator=8000000,interrupt=25',
      'device_tree_overlay=mcp2515-can0,oscillator=16000000,interrupt=25',
      'dtoverlay=spi5-1cs',
      'dtoverlay=anyspi:spi0-0,dev="microchip,mcp2515"',
      'dtparam=spi=on',
      'dtparam=spi',
      'dtoverlay=mcp251xfd,spi0-0,interrupt=25',
      'dtoverlay=jailhouse-memory,start=0xe0000000,size=0x200000',
      'armstub=armstub8-gic.bin',
      'enable_gic=0',
      'core_freq=250',
      'force_turbo=0',
      'hdmi_enable_4kp60=1',
    ]) {
      assert.equal(runAppend(`${line}\n`).config, block, line);
    }
  });

  it('keeps the rest of a list, the other SPI buses, and what is none of its business', () => {
    for (const [line, left] of [
      ['dtparam=i2c_arm=on,spi=on', 'dtparam=i2c_arm=on'],
      ['dtparam=spi=on,i2c_arm=on', 'dtparam=i2c_arm=on'],
      ['dtparam=audio=on,spi,i2c_arm=on', 'dtparam=audio=on,i2c_arm=on'],
      ['dtparam=spi_dma4=on', 'dtparam=spi_dma4=on'],
      ['dtoverlay=mcp2515,spi1-0,interrupt=24', 'dtoverlay=mcp2515,spi1-0,interrupt=24'],
      ['dtoverlay=spi1-1cs', 'dtoverlay=spi1-1cs'],
      ['dtoverlay=vc4-kms-v3d', 'dtoverlay=vc4-kms-v3d'],
      ['gpu_mem=64', 'gpu_mem=64'],
    ]) {
      assert.equal(runAppend(`${line}\n`).config, `${left}\n${block}`);
    }
  });

  it('is refused where it would set the permanent mark in the chip', () => {
    const { status, said } = runAppend('over_voltage=2\n');
    assert.equal(status, 1);
    assert.match(said, /over_voltage and force_turbo=1 .* permanent mark/);
    assert.equal(runAppend('over_voltage=0\n').status, 0);
  });
});
