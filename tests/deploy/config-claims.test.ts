// SPDX-License-Identifier: MIT
/**
 * Which lines of config.txt hand the page of SPI0 to Linux, by the firmware's rules: lists with commas,
 * quotes, long names of settings, parameters on lines of their own, filters. BCM2711: SPI0 and SPI3 to
 * SPI6 are in one page, SPI1 and SPI2 in another (bcm2711.dtsi).
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { editConfig, removeEdit } from '../../scripts/deploy/config/text.ts';
import { settingsFor } from './firmware.ts';

/** What is left of a text after the edit, without the block. */
function left(text: string): string[] {
  const edited = editConfig(text);
  assert.equal(removeEdit(edited), text, 'can be taken back');
  assert.equal(editConfig(edited), edited, 'twice is once');
  return settingsFor(edited.slice(0, edited.indexOf('# >>> canwarden')));
}

describe('the page of SPI0 in config.txt', () => {
  it('leaves of a list what is not about it', () => {
    assert.deepEqual(left('dtparam=i2c_arm=on,spi=on\n'), ['dtparam=i2c_arm=on']);
    assert.deepEqual(left('device_tree_param=spi,audio=on\n'), ['device_tree_param=audio=on']);
    assert.deepEqual(left('dtparam=spi=on,spi\n'), []);
    assert.deepEqual(left('dtparam=i2c_arm=on,spi=off\n'), ['dtparam=i2c_arm=on,spi=off']);
  });

  for (const line of [
    'dtoverlay=spi5-1cs',
    'dtoverlay=spi3-2cs,cs0_pin=24',
    'dtoverlay=spi4-1cs',
    'dtoverlay=spi6-2cs',
    'dtoverlay=spi0-0cs',
    'device_tree_overlay=mcp2515-can0,oscillator=16000000,interrupt=25',
    'dtoverlay=anyspi:spi0-0,dev="microchip,mcp2515",speed=1000000',
    'dtoverlay=mcp2515,oscillator=16000000,interrupt=25,spi0-1',
    'dtoverlay=mcp251xfd,interrupt=25',
    'dtoverlay=mcp3008:spi0-0-present',
    'dtoverlay=mcp23s17,s08-spi0-0-present',
    'dtoverlay=tpm-slb9670',
    'dtparam=spi=1',
  ]) {
    it(`takes "${line}" from Linux`, () => {
      assert.deepEqual(left(`a=1\n${line}\nb=2\n`), ['a=1', 'b=2']);
    });
  }

  for (const line of [
    'dtoverlay=mcp2515,spi1-0,oscillator=16000000,interrupt=24',
    'dtoverlay=mcp251xfd,spi1-0,interrupt=24',
    'dtoverlay=anyspi:spi2-1,dev="maker,spi0-0",speed=1000000',
    'dtoverlay=spi1-3cs',
    'dtoverlay=spi2-1cs',
    'dtparam=spi_dma4=on',
    'dtoverlay=i2c5',
  ]) {
    it(`leaves "${line}" to its user`, () => {
      assert.deepEqual(left(`${line}\n`), [line]);
    });
  }

  it('keeps the other bus of an overlay that has two', () => {
    assert.deepEqual(left('dtoverlay=mcp3008:spi0-0-present,spi1-0-present\n'), [
      'dtoverlay=mcp3008,spi1-0-present',
    ]);
  });

  it('takes parameters on lines of their own for those of the overlay before them', () => {
    assert.deepEqual(
      left('dtparam=audio=on\ndtoverlay=mcp2515\ndtparam=spi0-0,oscillator=8000000\n'),
      ['dtparam=audio=on', 'dtoverlay=', 'dtparam=oscillator=8000000'],
    );
    assert.deepEqual(left('dtoverlay=mcp2515\ndtparam=spi1-0,interrupt=24\n'), [
      'dtoverlay=mcp2515',
      'dtparam=spi1-0,interrupt=24',
    ]);
  });

  it('ends the scope of an overlay that goes: its parameters are not those of the one before', () => {
    const second = 'dtoverlay=mcp2515,spi1-0,oscillator=16000000,interrupt=24';
    assert.deepEqual(left(`${second}\ndtoverlay=mcp2515-can0\ndtparam=oscillator=8000000\n`), [
      second,
      'dtoverlay=',
      'dtparam=oscillator=8000000',
    ]);
  });

  it('finds a line under a filter that may hold, and none that never does', () => {
    for (const filter of ['EDID=DEL-U2422H', 'gpio17=1', 'pi400', 'board-type=0x11', 'tryboot']) {
      assert.match(editConfig(`[${filter}]\ndtparam=spi=on\n`), /^#canwarden# dtparam=spi=on$/m);
    }
    for (const filter of ['pi3', 'pi5', 'none', 'board-type=0x12', 'cm3']) {
      assert.match(editConfig(`[${filter}]\ndtparam=spi=on\n`), /^dtparam=spi=on$/m, filter);
    }
    // Filters of different kinds must all hold.
    assert.match(editConfig('[pi3]\n[EDID=X]\ndtparam=spi=on\n'), /^dtparam=spi=on$/m);
    // Filters of one kind replace each other.
    assert.match(editConfig('[pi3]\n[pi4]\ndtparam=spi=on\n'), /^#canwarden# dtparam=spi=on$/m);
  });

  it('does not see what the firmware cuts off: a line ends after 98 characters', () => {
    const text = `dtparam=i2c_arm=on,${'x'.repeat(80)},spi=on\n`;
    assert.ok(editConfig(text).startsWith(text));
  });

  it('keeps line ends, and gives back a last line without one', () => {
    const edited = editConfig('a=1\r\ndtparam=i2c_arm=on,spi=on');
    assert.doesNotMatch(edited, /[^\r]\n/);
    assert.equal(removeEdit(edited), 'a=1\r\ndtparam=i2c_arm=on,spi=on\r\n');
  });
});

describe('the clocks in config.txt', () => {
  it('keeps the core of the cell at its clock, and SPI too on a 4K display', () => {
    const settings = settingsFor(editConfig('force_turbo=0\nhdmi_enable_4kp60=1\narm_freq=1500\n'));
    assert.ok(settings.includes('force_turbo=1') && settings.includes('core_freq=500'));
    assert.ok(
      settings.includes('hdmi_enable_4kp60=0') && !settings.includes('hdmi_enable_4kp60=1'),
    );
    assert.ok(!settings.includes('force_turbo=0') && settings.includes('arm_freq=1500'));
  });

  it('never sets the permanent mark in the chip: no force_turbo together with over_voltage', () => {
    for (const line of [
      'over_voltage=2',
      'over_voltage_delta=50000',
      '[gpio4=1]\nover_voltage=6',
    ]) {
      const edited = editConfig(`${line}\n`);
      assert.ok(
        !settingsFor(edited, { models: ['pi4'], others: ['gpio4=1'] }).includes('force_turbo=1'),
      );
    }
    for (const line of ['over_voltage=0', 'over_voltage=-2', '[pi3]\nover_voltage=6']) {
      assert.ok(settingsFor(editConfig(`${line}\n`)).includes('force_turbo=1'), line);
    }
  });
});
