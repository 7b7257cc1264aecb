// SPDX-License-Identifier: MIT
/**
 * Starts the cell, step by step. Each failure is one line on the console.
 *
 * A failure of what the bus needs is fatal. After a failure of what only AGL or the rules need, the
 * cell runs with less and reports it.
 * Does not: run anything afterwards.
 */
import { CharacterPort } from '../hal/character-port';
import { HEAD_BITRATE } from '../page/layout';
import { Sentence } from '../page/sentences';
import { RULES_HEADER_BYTES } from '../responder/rule-table';
import { Status } from '../rt/status';
import { applyBusSettings } from './bus/settings';
import { Console } from './console';
import { AnyParts, RulesSource } from './parts';
import { AUTO, BusModeSetting, COMMAND_LINE_BYTES, InterruptSource } from './command-line';
import { configureChip } from './spi-clock';
import { UrgentAnswers } from './urgent/answers';

/**
 * Runs everything up to a running controller, or one that waits for the bus. A status other than
 * `Ok` was reported, and the cell is in the state "failed". `restarts`: how often a trap has restarted the
 * cell.
 */
export function startUp<Parts extends AnyParts>(
  parts: Parts,
  answers: UrgentAnswers<Parts>,
  restarts: u32,
): Status {
  let status = openRegion(parts);
  if (status === Status.Ok) status = readSettings(parts);
  if (status !== Status.Ok) return status;
  openLink(parts);
  openStatusPage(parts);
  loadRules(parts);
  return startController(parts, answers, restarts);
}

function openRegion<Parts extends AnyParts>(parts: Parts): Status {
  const host = parts.host;
  const status = host.open();
  if (status === Status.Ok) return status;
  begin(parts);
  parts.console.text('communication region at ').hexadecimal(host.pageAddress, 8);
  if (status === Status.CommRegionMagic) {
    parts.console.text(': no "JHCOMM" signature. Not under Jailhouse, or a wrong cell config');
  } else {
    parts.console
      .text(': revision ')
      .decimal(host.refused)
      .text(', the cell needs 2. This Jailhouse is too old or too new');
  }
  return end(parts, status);
}

function readSettings<Parts extends AnyParts>(parts: Parts): Status {
  const settings = parts.settings;
  const status = settings.parse(parts.host.copyCommandLine(settings.text, COMMAND_LINE_BYTES));
  if (status === Status.Ok) return status;
  parts.host.failed();
  parts.records.said(status, Sentence.First, 0);
  begin(parts);
  settings.describeFault(parts.console, status);
  parts.console.flush();
  return status;
}

/** Opens the link to AGL. Without one the cell still guards the bus. */
function openLink<Parts extends AnyParts>(parts: Parts): void {
  const host = parts.host;
  const status = host.openLink();
  if (status === Status.Ok) {
    parts.linkUsable = true;
    if (host.isBackEnd) parts.beBackEnd();
    return;
  }
  begin(parts);
  parts.console
    .text('no link to AGL: ivshmem device absent or not as the cell config says, found ')
    .hexadecimal(host.refused, 8)
    .text('. Urgent frames are answered, none is forwarded');
  end(parts, status);
}

/** Opens the status page and the requests. Without them the cell does everything else. */
function openStatusPage<Parts extends AnyParts>(parts: Parts): void {
  const status = parts.host.openStatusPage();
  parts.pageUsable = status === Status.Ok;
  if (parts.pageUsable) return;
  begin(parts);
  parts.console
    .text('no status page: control device absent or not as the cell config says, found ')
    .hexadecimal(parts.host.refused, 8)
    .text('. No live status, and rules change at cell load only');
  end(parts, status);
}

/** Loads the rule table. If it is refused, the built-in one stays in force: forward everything. */
function loadRules<Parts extends AnyParts>(parts: Parts): void {
  const table = parts.responder.table;
  parts.responder.ticksPerSecond = parts.clock.ticksPerSecond();
  parts.host.copyRules(table.staging, RULES_HEADER_BYTES);
  if (!table.staged) {
    begin(parts);
    parts.console
      .text('no rules image at ')
      .hexadecimal(parts.host.rulesAddress, 8)
      .text(': every frame is forwarded, none answered')
      .endLine();
    return;
  }
  parts.host.copyRules(table.staging, table.stagedBytes);
  const status = table.adopt();
  if (status === Status.Ok) {
    parts.rulesSource = RulesSource.Loaded;
    return;
  }
  begin(parts);
  parts.console.text('rules image refused');
  if (table.refusedRule >= 0) parts.console.text(' at rule ').decimal(table.refusedRule + 1);
  parts.console.text(': every frame is forwarded, none answered. Compile it again');
  end(parts, status);
}

function startController<Parts extends AnyParts>(
  parts: Parts,
  answers: UrgentAnswers<Parts>,
  restarts: u32,
): Status {
  const settings = parts.settings;
  const controller = parts.controller;
  applyBusSettings(parts);
  if (settings.bitrate === AUTO) beginWithRate(parts, restarts);
  controller.useInterruptLine = settings.interruptSource === InterruptSource.Gpio;
  let status = configureChip(parts, restarts);
  if (status === Status.Ok) status = answers.prepare();
  if (status === Status.Ok && !parts.isRateSought) status = controller.start();
  if (status === Status.Ok) return status;
  // The bus is stuck now, and may be free later.
  parts.busAwaited = status === Status.ChipNotInNormalMode;
  if (!parts.busAwaited) parts.host.failed();
  if (status === Status.CrystalUnmeasured || status === Status.CrystalUnusual) {
    parts.console.flush();
    return status;
  }
  begin(parts);
  explainController(parts, status);
  end(parts, status);
  return parts.busAwaited ? Status.Ok : status;
}

/**
 * bitrate=auto: begins with the rate that a run before a restart has found, or with the first of the list that is
 * possible, and then looks for it. In loopback mode there is no bus to ask.
 */
function beginWithRate<Parts extends AnyParts>(parts: Parts, restarts: u32): void {
  const settings = parts.settings;
  const known = restarts !== 0 && parts.pageUsable ? parts.records.page.left(HEAD_BITRATE) : 0;
  settings.bitrate = known !== 0 ? known : settings.rateOf(0);
  parts.isRateSought = known === 0 && settings.busMode !== BusModeSetting.Loopback;
}

function explainController<Parts extends AnyParts>(parts: Parts, status: Status): void {
  const console = parts.console;
  const setup = parts.controller.setup;
  switch (status) {
    case Status.BitRateImpossible:
      console
        .decimal(parts.settings.bitrate)
        .text(' bit/s is impossible with a ')
        .decimal(parts.settings.oscillatorHertz)
        .text(' Hz crystal. Set bitrate= or osc= (8000000, 12000000 and 16000000 are sold)');
      return;
    case Status.ChipSilentLow:
    case Status.ChipSilentHigh:
      console
        .text('no MCP2515 answers on SPI0 CE0: CANSTAT reads ')
        .hexadecimal(setup.faultRead, 2)
        .text(', expected 0x80. Is the HAT on, and are GPIO 8-11 on ALT0 in config.txt?');
      return;
    case Status.RegisterVerifyMismatch:
      console
        .text('MCP2515 register ')
        .hexadecimal(setup.faultRegister, 2)
        .text(' reads ')
        .hexadecimal(setup.faultRead, 2)
        .text(' after writing ')
        .hexadecimal(setup.faultExpected, 2)
        .text('. Is the SPI clock too fast (spi=)?');
      return;
    case Status.ChipNotInNormalMode:
      console
        .text('MCP2515 does not join the bus; tried again every 100 ms.')
        .text(' Is the bus stuck, or bitrate= or osc= wrong?');
      return;
    case Status.ChipNotInConfigurationMode:
      console
        .text('MCP2515 does not reset: CANSTAT reads ')
        .hexadecimal(setup.faultRead, 2)
        .text(', expected 0x80. Does its crystal run? Is the SPI clock too fast (spi=)?');
      return;
    default:
      console.text('SPI0 does not finish a transfer. Does the cell own its page?');
  }
}

/** Writes the last line of the start. It goes out while the cell runs. */
export function sayReady<Parts extends AnyParts>(parts: Parts): void {
  const console = parts.console;
  console.text('canwarden: ready, ');
  if (parts.isRateSought) {
    parts.records.said(Status.BitRateSought, Sentence.First, 0);
    console.text('listening for the bit rate (status ').decimal(Status.BitRateSought).text(')');
  } else {
    console.decimal(parts.settings.bitrate).text(' bit/s');
    sayRealBitrate(parts);
    sayTenths(console.text(', sample point '), parts.controller.rate.timing.samplePointPermille);
    console.text(' %');
  }
  console.text(', crystal ').decimal(parts.settings.oscillatorHertz).text(' Hz');
  if (parts.crystalHertz !== 0) console.text(' (measured ').decimal(parts.crystalHertz).text(')');
  console.text(', SPI ').decimal(parts.spi.clockHertz).text(' Hz');
  saySpiDoubt(parts);
  console.text(', rules ').decimal(parts.responder.table.count);
  sayMode(parts);
  console.endLine();
}

/** Reports the real bit rate, if the crystal cannot make the wanted one. */
function sayRealBitrate<Parts extends AnyParts>(parts: Parts): void {
  const rate = parts.controller.rate;
  const made = rate.realBitrate;
  if (made === parts.settings.bitrate) return;
  parts.console.text(' (the crystal makes ').decimal(made);
  sayTenths(parts.console.text(', '), rate.errorPermille);
  parts.console.text(' % off');
  if (rate.isDoubtful) {
    parts.console.text(': too much for a bus; status ').decimal(Status.BitRateInexact);
    parts.records.said(Status.BitRateInexact, Sentence.First, 0);
  }
  parts.console.text(')');
}

/** Writes thousandths as percent with one decimal. */
function sayTenths<Port extends CharacterPort>(console: Console<Port>, permille: u32): void {
  console
    .decimal(permille / 10)
    .text('.')
    .decimal(permille % 10);
}

/** Reports why the clock differs from the setting. */
function saySpiDoubt<Parts extends AnyParts>(parts: Parts): void {
  const doubt = parts.spiDoubt;
  if (doubt === Status.Ok) return;
  const isRead = doubt === Status.SpiClockLowered;
  parts.console
    .text(' instead of ')
    .decimal(parts.settings.spiHertz)
    .text(isRead ? ', where reading fails' : ': core_freq is not ');
  if (!isRead) parts.console.decimal(parts.spiTiming.sourceHertz / 1_000_000);
  parts.console.text(' (status ').decimal(doubt).text(')');
  parts.records.said(doubt, Sentence.First, 0);
}

/** Reports the modes in which the cell does less than usual. */
function sayMode<Parts extends AnyParts>(parts: Parts): void {
  const console = parts.console;
  if (parts.busAwaited) console.text(', not on the bus yet');
  if (parts.settings.busMode === BusModeSetting.ListenOnly) {
    parts.records.said(Status.ListenOnly, Sentence.First, 0);
    console.text(', listen-only: nothing is sent (status ').decimal(Status.ListenOnly).text(')');
  } else if (parts.settings.busMode === BusModeSetting.Loopback) {
    console.text(', loopback: the bus sees nothing of the cell');
  }
}

function begin<Parts extends AnyParts>(parts: Parts): void {
  parts.console.text('canwarden: ');
}

/** Ends a line with the number of `status`, and puts it out. Returns `status`. */
function end<Parts extends AnyParts>(parts: Parts, status: Status): Status {
  parts.records.said(status, Sentence.First, 0);
  parts.console.text(' (status ').decimal(status).text(')').endLine().flush();
  return status;
}
