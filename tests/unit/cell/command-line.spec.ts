// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/** The settings of the command line: defaults, limits, refusals and their words. */
import { Console } from '../../../src/cell/console';
import {
  AUTO,
  BusModeSetting,
  COMMAND_LINE_BYTES,
  IdleSetting,
  InterruptSource,
  CommandLine,
} from '../../../src/cell/command-line';
import { Status } from '../../../src/rt/status';
import { FakeHost } from './fake-board';

/** Reads `text` into `settings`. */
function read(settings: CommandLine, text: string): Status {
  const host = new FakeHost();
  host.commandLine = text;
  return settings.parse(host.copyCommandLine(settings.text, COMMAND_LINE_BYTES));
}

function parse(text: string): CommandLine {
  const settings = new CommandLine();
  expect(read(settings, text)).toBe(Status.Ok, text);
  return settings;
}

function expectRefused(text: string, status: Status, words: string): void {
  const settings = new CommandLine();
  expect(read(settings, text)).toBe(status, text);
  const host = new FakeHost();
  const console = new Console<FakeHost>(host);
  settings.describeFault(console, status);
  console.flush();
  expect(host.console.includes(words)).toBe(true, host.console);
  expect(host.console.includes(`(status ${<i32>status})`)).toBe(true, host.console);
}

describe('the command line', () => {
  test('may be empty: the defaults fit the current Waveshare HAT', () => {
    const line = parse('');
    expect(line.bitrate).toBe(500_000);
    expect(line.oscillatorHertz).toBe(0, 'auto');
    expect(line.spiHertz).toBe(10_000_000);
    expect(line.interruptSource).toBe(InterruptSource.Gpio);
    expect(line.idle).toBe(IdleSetting.Poll);
    expect(line.busMode).toBe(BusModeSetting.Normal);
    expect(line.oneShot).toBe(false);
    expect(line.tripleSampling).toBe(false);
    expect(line.restartMillis).toBe(100);
    expect(line.transmitTimeoutMillis).toBe(1_000);
    expect(line.errorFrames).toBe(false);
  });

  test('sets what the core does when there is nothing to do', () => {
    expect(parse('idle=wfi').idle).toBe(IdleSetting.WaitForInterrupt);
    expect(parse('idle=wfi idle=poll').idle).toBe(IdleSetting.Poll);
    expectRefused('idle=sleep', Status.CommandLineBadValue, 'idle=poll|wfi');
    expectRefused('idle=', Status.CommandLineBadValue, 'bad value in "idle="');
  });

  test('sets how the cell takes part in the bus', () => {
    const line = parse('mode=listen-only oneshot=1 triple=1 restart-ms=0 txtimeout-ms=0 errors=1');
    expect(line.busMode).toBe(BusModeSetting.ListenOnly);
    expect(line.oneShot).toBe(true);
    expect(line.tripleSampling).toBe(true);
    expect(line.restartMillis).toBe(0);
    expect(line.transmitTimeoutMillis).toBe(0);
    expect(line.errorFrames).toBe(true);
    const other = parse(
      'mode=loopback oneshot=0 triple=0 restart-ms=600000 txtimeout-ms=1 errors=0',
    );
    expect(other.busMode).toBe(BusModeSetting.Loopback);
    expect(other.oneShot).toBe(false);
    expect(other.restartMillis).toBe(600_000);
    expect(other.transmitTimeoutMillis).toBe(1);
    expect(parse('mode=loopback mode=normal').busMode).toBe(BusModeSetting.Normal);
  });

  test('sets each value, in any order and spacing; the last word wins', () => {
    const line = parse('  osc=8000000\tint=spi spi=2000000  bitrate=250000 bitrate=125000 ');
    expect(line.bitrate).toBe(125_000);
    expect(line.oscillatorHertz).toBe(8_000_000);
    expect(line.spiHertz).toBe(2_000_000);
    expect(line.interruptSource).toBe(InterruptSource.Spi);
  });

  test('takes the limits themselves', () => {
    const low = parse('bitrate=5000 osc=1000000 spi=10000 int=gpio');
    expect(low.bitrate).toBe(5_000);
    const high = parse('bitrate=1000000 osc=40000000 spi=10000000');
    expect(high.oscillatorHertz).toBe(40_000_000);
  });

  test('takes `auto` where the cell can find the number, and nothing like it', () => {
    expect(parse('osc=8000000 osc=auto').oscillatorHertz).toBe(AUTO);
    const status = Status.CommandLineBadValue;
    expectRefused('osc=autO', status, 'bad value in "osc=autO"');
    expectRefused('osc=aut', status, '1000000..40000000|auto');
    expectRefused('osc=auto1', status, '"osc=auto1"');
    expectRefused('osc=999999', status, '"osc=999999"');
    expectRefused('osc=40000001', status, '"osc=40000001"');
    expectRefused('spi=auto', status, '"spi=auto"');
  });

  test('takes the rates that bitrate=auto tries, in Hertz or thousands', () => {
    const usual = parse('bitrate=auto');
    expect(usual.bitrate).toBe(AUTO);
    expect(usual.rateCount).toBe(13);
    expect(usual.rateOf(0)).toBe(500_000);
    const list = parse('bitrate=250000 bitrate=auto:83333,1000k,5k osc=auto');
    expect(list.bitrate).toBe(AUTO);
    expect(list.rateCount).toBe(3);
    expect(list.rateOf(0)).toBe(83_333);
    expect(list.rateOf(1)).toBe(1_000_000);
    expect(list.rateOf(2)).toBe(5_000);
    const status = Status.CommandLineBadValue;
    expectRefused('bitrate=auto:', status, '5000..1000000|auto[:RATE,...]');
    expectRefused('bitrate=auto:500k,', status, '"bitrate=auto:500k,"');
    expectRefused('bitrate=auto:k', status, '"bitrate=auto:k"');
    expectRefused('bitrate=auto:4k', status, '"bitrate=auto:4k"');
    expectRefused('bitrate=auto:1001k', status, '"bitrate=auto:1001k"');
    expectRefused('bitrate=auto;500k', status, '"bitrate=auto;500k"');
    expectRefused('bitrate=500k', status, '"bitrate=500k"');
    const most = '10k,10k,10k,10k,10k,10k,10k,10k,10k,10k,10k,10k,10k,10k,10k,10k';
    expect(parse(`bitrate=auto:${most}`).rateCount).toBe(16);
    expectRefused(`bitrate=auto:${most},10k`, status, 'bad value in "bitrate=auto:10k');
  });

  test('an unknown key is refused by name', () => {
    const status = Status.CommandLineUnknownKey;
    expectRefused('bitrate=500000 speed=9', status, 'unknown key in "speed=9"');
    expectRefused('bitrat=500000', status, '"bitrat=500000"');
    expectRefused('bitrates=500000', status, '"bitrates=500000"');
    expectRefused('Bitrate=500000', status, '"Bitrate=500000"');
    expectRefused('=5', status, '"=5"');
  });

  test('a bad value is refused with the valid ones', () => {
    const status = Status.CommandLineBadValue;
    expectRefused('bitrate', status, 'bad value in "bitrate"');
    expectRefused('bitrate=', status, 'bitrate=5000..1000000');
    expectRefused('bitrate=500k', status, '"bitrate=500k"');
    expectRefused('bitrate=-1', status, '"bitrate=-1"');
    expectRefused('bitrate=0x500000', status, '"bitrate=0x500000"');
    expectRefused('bitrate=4999', status, '"bitrate=4999"');
    expectRefused('bitrate=1000001', status, '"bitrate=1000001"');
    expectRefused('osc=999999', status, '"osc=999999"');
    expectRefused('osc=40000001', status, '"osc=40000001"');
    expectRefused('spi=9999', status, '"spi=9999"');
    expectRefused('spi=10000001', status, '"spi=10000001"');
    expectRefused('osc=4294979296', status, '"osc=4294979296"');
    expectRefused('int=both', status, 'int=gpio|spi');
    expectRefused('int', status, '"int"');
    expectRefused('bitrate==500000', status, '"bitrate==500000"');
    expectRefused('mode=listen', status, 'mode=normal|listen-only|loopback');
    expectRefused('mode=', status, '"mode="');
    expectRefused('int=', status, '"int="');
    expectRefused('oneshot=2', status, 'oneshot=0|1');
    expectRefused('oneshot=', status, '"oneshot="');
    expectRefused('triple=yes', status, 'triple=0|1');
    expectRefused('restart-ms=600001', status, 'restart-ms=0..600000');
    expectRefused('restart-ms=-1', status, '"restart-ms=-1"');
    expectRefused('txtimeout-ms=1s', status, 'txtimeout-ms=0..600000');
    expectRefused('errors=on', status, 'errors=0|1');
  });

  test('needs an end within 256 bytes', () => {
    const settings = new CommandLine();
    expect(read(settings, ' '.repeat(256))).toBe(Status.CommandLineTooLong);
    expect(read(settings, ' '.repeat(255))).toBe(Status.Ok);
    expectRefused(' '.repeat(256), Status.CommandLineTooLong, 'no end within 256 bytes');
  });
});
