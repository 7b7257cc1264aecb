// SPDX-License-Identifier: MIT
/** config.txt: what is added, what is commented out, that twice is once, and that it can be undone. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { configBlock, editConfig, removeEdit } from '../../scripts/deploy/config/text.ts';
import { PI4, settingsFor } from './firmware.ts';

describe('the edit of config.txt', () => {
  it('sets what the board needs, each once', () => {
    assert.deepEqual(settingsFor(editConfig('')), [
      'arm_64bit=1',
      'enable_gic=1',
      'armstub=bl31.bin',
      'enable_uart=1',
      'core_freq=500',
      'core_freq_min=500',
      'hdmi_enable_4kp60=0',
      'force_turbo=1',
      'gpio=8-11=a0',
      'gpio=25=ip,pu',
      'dtoverlay=canwarden',
      'dtoverlay=',
    ]);
  });

  it('leaves other models alone: nothing of it applies under their filter', () => {
    const text = `${editConfig('[pi3]\n')}hdmi_drive=2\n`;
    assert.deepEqual(settingsFor(text, { models: ['pi3'] }), ['hdmi_drive=2']);
    // A line added below the block applies to every model again.
    assert.equal(settingsFor(text).at(-1), 'hdmi_drive=2');
  });

  for (const line of [
    'dtoverlay=mcp2515-can0,oscillator=8000000,interrupt=25,spimaxfrequency=1000000',
    'dtoverlay=mcp2515-can1,oscillator=16000000,interrupt=25',
    'dtoverlay=mcp251xfd,spi0-0,interrupt=25',
    'dtoverlay=spi0-1cs',
    'dtoverlay=jailhouse-memory',
    'dtparam=spi=on',
    'dtparam=spi',
    'core_freq=250',
    'armstub=armstub8-gic.bin',
    'arm_64bit=0',
    '  enable_gic=0',
  ]) {
    it(`comments out "${line}" and gives it back`, () => {
      const text = `a=1\n${line}\nb=2\n`;
      const edited = editConfig(text);
      assert.ok(edited.includes(`\n#canwarden# ${line}\n`), edited);
      assert.ok(!settingsFor(edited).includes(line.trim()));
      assert.equal(removeEdit(edited), text);
    });
  }

  for (const line of [
    'dtparam=audio=on',
    'dtparam=i2c_arm=on',
    'dtoverlay=vc4-kms-v3d',
    'arm_64bit=1',
    '#dtoverlay=mcp2515-can0',
    'gpio=4=op,dh',
    'core_freq_fixed=1',
  ]) {
    it(`leaves "${line}" as it is`, () => {
      assert.ok(editConfig(`${line}\n`).startsWith(`${line}\n`));
    });
  }

  it('leaves lines for another model as they are', () => {
    const text = '[pi3]\ncore_freq=400\ndtparam=spi=on\n[all]\n';
    assert.ok(editConfig(text).startsWith(text));
  });

  it('ends whatever filter the file ends with: EDID, pin, serial number, try-boot, none', () => {
    const wanted = settingsFor(configBlock());
    for (const filter of ['EDID=ACR-XB270HU', 'gpio4=1', '0x12345678', 'tryboot', 'none', 'pi3']) {
      const text = `dtparam=audio=on\n[${filter}]\nhdmi_group=2\nhdmi_mode=82\n`;
      const edited = editConfig(text);
      assert.ok(edited.startsWith(text));
      assert.deepEqual(settingsFor(edited, PI4), ['dtparam=audio=on', ...wanted], filter);
    }
  });

  it('has no line that the firmware would cut off', () => {
    for (const line of configBlock().split('\n')) assert.ok(line.length <= 98, line);
  });

  it('gives the same text when it is done twice', () => {
    for (const text of [
      '',
      'a=1',
      'a=1\n',
      'a=1\r\ndtparam=spi=on\r\n',
      '\n\n[pi4]\ncore_freq=1\n',
    ]) {
      const once = editConfig(text);
      assert.equal(editConfig(once), once, JSON.stringify(text));
    }
  });

  it('replaces a block of an earlier version', () => {
    const old = 'a=1\n# >>> canwarden: older words\ncore_freq=400\n# <<< canwarden\nb=2\n';
    const edited = editConfig(old);
    assert.ok(edited.startsWith('a=1\nb=2\n# >>> canwarden'));
    assert.equal(edited.match(/# >>> canwarden/g)?.length, 1);
  });

  it('keeps line ends and bytes that are not ASCII', () => {
    const text = 'a=1\r\n# caf\xe9\r\n';
    const edited = editConfig(text);
    assert.ok(edited.startsWith(text));
    assert.doesNotMatch(edited, /[^\r]\n/);
  });

  it('is the block of the archive', () => {
    assert.equal(configBlock(), editConfig(''));
  });
});
