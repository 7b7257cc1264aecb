// SPDX-License-Identifier: MIT
/**
 * The status numbers: the results of every function of the firmware that can fail.
 *
 * A status is a row here and the code that returns it. Made from the rows are the AssemblyScript
 * enum `Status`, the tables of docs/troubleshooting.md, the table that `canwarden doctor` reads,
 * and the bridge's words for a refused request.
 * Does not: give a number a second meaning. New entries take new numbers, and old numbers stay
 * reserved.
 */
import { SETTINGS } from './settings.ts';

export interface StatusRow {
  readonly number: number;
  /** What the cell has found. */
  readonly says: string;
  /** The most likely cause; '-': there is none. */
  readonly cause: string;
  /** What to do. The board shows it without the other rows, so it does not refer to them. */
  readonly next: string;
}

const SETTING_KEYS = Object.keys(SETTINGS)
  .map((key) => `\`${key}\``)
  .join(', ');

// prettier-ignore
export const STATUSES = {
  // Results of functions.
  Ok: { number: 0, says: 'done', cause: '-', next: 'nothing' },
  Empty: { number: 1, says: 'nothing there to take', cause: '-', next: 'nothing' },
  Full: { number: 2, says: 'no room', cause: 'load, or a consumer that is behind', next: 'see the drop counters of the run' },
  Busy: { number: 3, says: 'not finished yet', cause: '-', next: 'nothing' },
  Timeout: { number: 4, says: 'a bounded wait ran out', cause: 'the device or peer named in the line', next: "see the line's own status" },

  // Command line.
  CommandLineUnknownKey: { number: 10, says: 'the command line has a key that the cell does not know', cause: 'a typing mistake', next: `keys are ${SETTING_KEYS}` },
  CommandLineBadValue: { number: 11, says: 'a value of the command line is no number, out of range or missing', cause: 'a unit in the value (`500k`)', next: 'write plain Hertz: `bitrate=500000`; the line lists what each key takes' },
  CommandLineTooLong: { number: 12, says: 'the command line has no end within 256 bytes', cause: 'the wrong file at 0x1000, or a very long line', next: 'shorten it; the end must be a NUL byte, as `-s` writes it' },

  // Bit rate and crystal.
  BitRateSought: { number: 13, says: '`bitrate=auto`: the cell listens at one rate after the other and is not on the bus yet', cause: 'the bus is silent, or no rate of the list is its rate', next: 'nothing while the bus is silent; else name the rate, or a list: `bitrate=auto:500k,83333`' },
  CrystalUnmeasured: { number: 14, says: "the crystal cannot be measured: the MCP2515 does not finish frames to itself in loopback mode. With `osc=auto` the cell stays off the bus; a given `osc` is kept", cause: 'the chip is broken, or `spi` is below 50 kHz, which is too slow to measure by', next: 'read the crystal on the HAT and set `osc`; leave `spi` at 10000000' },
  CrystalUnusual: { number: 15, says: '`osc=auto`: the measured crystal is not within 2 % of 8, 10, 12, 16, 20, 25 or 40 MHz', cause: 'an unusual crystal, or a broken one; in an emulation, a chip whose loopback takes no time', next: 'read the crystal on the HAT and set `osc` to it' },
  CrystalDiffers: { number: 16, says: '`osc` is kept, but the crystal was measured and differs by more than 2 %', cause: '`osc` is not the crystal on the HAT', next: 'set `osc=auto`, or the value of the line' },

  // MCP2515, SPI and GPIO.
  BitRateInexact: { number: 17, says: 'the crystal makes a bit rate that is more than 0.5 % off the wanted one', cause: '`osc` is not the crystal on the HAT, or it cannot make this rate', next: 'read the crystal and set `osc`; choose a `bitrate` that it can make' },
  SpiClockUnexpected: { number: 18, says: 'a transfer takes less or more time than the divider of SPI0 says; a faster clock is divided down to what was asked for, a slower one is kept', cause: '`core_freq` is not 500 MHz: a 4K screen (`hdmi_enable_4kp60`) raises it, an idle board lowers it', next: '`core_freq=500` and `core_freq_min=500` in config.txt, no `hdmi_enable_4kp60`' },
  SpiClockLowered: { number: 19, says: 'what was written to the chip read back wrong at the wanted clock; a slower one is in use (5, 2 or 1 MHz)', cause: 'SPI signal quality: long wires, a level shifter, a loose HAT', next: 'shorten wires, seat the HAT; or set `spi` to the clock of the ready line, which ends the line' },
  BitRateImpossible: { number: 20, says: 'no bit timing of the chip comes within 5 % of the rate', cause: '`osc` is not the crystal on the HAT, or 8 MHz with 1 Mbit/s', next: 'read the crystal: 8, 12 and 16 MHz are all on sale; at 8 MHz the fastest rate is 500 kbit/s' },
  ChipSilentLow: { number: 21, says: 'the MCP2515 is silent: every register reads 0x00', cause: 'no power on the HAT, MISO stuck low, another chip', next: "check 3.3 V and 5 V, the HAT's seat, that SPI0 is muxed (`gpio=8-11=a0`); `canwarden selftest` tells which wire" },
  ChipSilentHigh: { number: 22, says: 'the MCP2515 is silent: every register reads 0xff', cause: 'no HAT, wrong chip select, pins not muxed', next: 'check power and seat of the HAT, `gpio=8-11=a0` in config.txt; the HAT must use CE0; `canwarden selftest` tells which wire' },
  ChipNotInConfigurationMode: { number: 23, says: 'the MCP2515 answers but does not stay in configuration mode after reset', cause: 'crystal not running, SPI clock too fast', next: 'try `spi=1000000`; look for a missing or broken crystal; `canwarden selftest`' },
  ChipNotInNormalMode: { number: 24, says: 'the MCP2515 does not join the bus: 11 recessive bits were never seen; tried again every 100 ms', cause: 'CAN-H and CAN-L swapped or shorted, wrong bit rate, no termination', next: 'measure 60 ohms between CAN-H and CAN-L; check `bitrate`' },
  RegisterVerifyMismatch: { number: 25, says: 'a register of the MCP2515 reads back differently from what was written', cause: 'SPI signal quality', next: 'lower `spi`, shorten wires; `canwarden selftest` finds a clock that works' },
  SpiClockImpossible: { number: 26, says: "the SPI rate cannot be made, or is above the chip's 10 MHz", cause: '`spi` too high or 0', next: '`spi=10000000` is the most' },
  SpiTimeout: { number: 27, says: 'an SPI transfer did not end in its time', cause: 'the core clock is not fixed, or the cell was given another page', next: 'pin `core_freq` and `core_freq_min` in config.txt; check the cell config' },
  IdleNotGranted: { number: 28, says: "`idle=wfi`, and an interrupt is not the cell's: it polls", cause: 'the cell was created from the default cell config, or `int=spi`', next: 'create it from `rpi4-canwarden-wfi.cell`; or leave `idle` at `poll`' },
  IdleDisturbed: { number: 29, says: 'somebody else uses the events of GPIO 0 to 27', cause: 'a Linux driver with an interrupt on one of these pins', next: 'give that pin up, or `idle=poll`' },

  // Jailhouse and the cell config.
  CommRegionMagic: { number: 30, says: 'no communication region at 0x80000000', cause: 'another cell config, or not started by Jailhouse', next: 'load the image into `rpi4-canwarden.cell`' },
  CommRegionRevision: { number: 31, says: 'a communication region of another ABI revision', cause: 'a Jailhouse older or newer than the image', next: 'the image needs revision 2' },
  IvshmemAbsent: { number: 32, says: 'no ivshmem device on the virtual PCI bus', cause: 'the cell config has no ivshmem device', next: 'use the built pair of `.cell` files; urgent answers work without it' },
  IvshmemPeers: { number: 33, says: 'the ivshmem link has not two peers', cause: 'the pair does not fit together', next: 'use the built pair of `.cell` files; urgent answers work without it' },
  IvshmemIdentity: { number: 34, says: 'the ivshmem link gives the cell another peer number than expected', cause: 'root and cell swapped', next: 'use the built pair of `.cell` files; urgent answers work without it' },
  IvshmemSectionSize: { number: 35, says: 'the shared section is too small, or output sections are not empty', cause: 'an edited cell config', next: '256 KiB read-write, both output sections of size zero' },
  IvshmemAddress: { number: 36, says: 'the shared section is at another address', cause: 'an edited cell config', next: 'the addresses of `cell-config/rpi4-layout.ts`' },
  IvshmemProtocol: { number: 37, says: 'the ivshmem device has neither of the two virtio-can roles', cause: 'an edited cell config', next: '0x8024 for the cell, 0xC024 for root' },
  ControlAbsent: { number: 38, says: 'no ivshmem device for status page and requests (0x4057)', cause: 'cell configs older than the image', next: 'use the built pair of `.cell` files; all else works without it' },
  ControlUnfit: { number: 39, says: 'the sections of the control device have another size or place', cause: 'an edited cell config', next: 'no read-write section, 128 KiB for each output, the addresses of `cell-config/rpi4-layout.ts`' },

  // The AGL side.
  PeerNotReady: { number: 40, says: 'the other side did not become ready in time; the cell tries again', cause: 'the bridge is not running', next: 'start the bridge on the AGL side' },
  TransportRevision: { number: 41, says: 'an unknown revision of the shared header', cause: 'bridge and image of different versions', next: 'install both from one build' },
  FeaturesRefused: { number: 42, says: 'a needed feature is missing, or the set was refused', cause: 'another back-end', next: 'use the bridge of this project' },
  QueueTooSmall: { number: 43, says: "the peer's queues are too small", cause: 'another back-end', next: 'use the bridge of this project' },
  RingIndexBad: { number: 44, says: 'an impossible ring index or descriptor number in shared memory', cause: 'the peer is broken or hostile', next: 'restart the bridge; if it returns, report it' },
  RingLengthBad: { number: 45, says: 'an impossible length or address in shared memory', cause: 'the peer is broken or hostile', next: 'restart the bridge; if it returns, report it' },
  ControlRefused: { number: 46, says: 'the peer refused to start or stop', cause: 'its CAN interface is down', next: 'bring the interface up' },
  TransactionTimeout: { number: 47, says: 'the peer did not acknowledge in time', cause: 'the bridge hangs or is gone', next: 'restart the bridge' },
  MessageBad: { number: 48, says: 'a virtio-can message with an unknown type, flag, identifier or length', cause: 'the peer is broken or hostile', next: 'restart the bridge; if it returns, report it' },
  PeerSilent: { number: 49, says: "the bridge's heartbeat stands still though its state says that it is there", cause: 'Linux has panicked or hangs, or left the bridge without a CPU for 150 ms', next: 'nothing if it passes: the session comes back by itself; else restart Linux, or give the bridge more time on a CPU' },

  // The bus.
  BusOnlyErrors: { number: 50, says: 'errors on the bus and not one frame received', cause: '`osc` is not the crystal on the HAT, another `bitrate`, or one that the crystal cannot make (status 17)', next: 'read the crystal and try the `osc=` values of the line; then the bit rate' },
  NotAcknowledged: { number: 51, says: 'nobody acknowledges what the cell sends: error passive while sending, and for 50 ms nothing sent or received', cause: 'no other node is on the bus, or none with this bit rate', next: 'connect another node; check CAN-H, CAN-L, termination, `bitrate`, `osc`' },
  BusOff: { number: 52, says: 'too many errors while sending; the cell left the bus', cause: 'a short, a wrong bit rate, a broken node', next: 'measure the bus; it comes back after `restart-ms`; with `restart-ms=0` start the cell again' },
  ChipLostSettings: { number: 53, says: 'the MCP2515 has forgotten its settings; it is set up again', cause: 'its supply broke down, something resets it, or a wrong bit on SPI has changed what a transmit buffer holds', next: 'check the supply of the HAT under load; lower `spi`, shorten wires' },
  InterruptSilent: { number: 54, says: 'INT is not asserted though a frame waits; status is read over SPI from now on', cause: 'INT is not wired to GPIO 25, or the HAT uses another pin', next: "check the HAT's INT jumper; `int=spi` says the same from the start" },
  InterruptStuck: { number: 55, says: 'INT is asserted though nothing waits; status is read over SPI from now on', cause: 'INT shorted to ground, or another device on the pin', next: "check the HAT's INT jumper and `gpio=25=ip,pu`" },
  ReceiveOverflow: { number: 56, says: 'frames were lost in the controller, not read in time', cause: "the cell's core is not its own, or SPI is slow", next: 'check `spi` (10000000), `core_freq`, and that the cell has its CPU to itself' },
  ListenOnly: { number: 57, says: 'nothing is sent in listen-only mode', cause: '`mode=listen-only`', next: 'leave `mode=listen-only` out to let the cell answer' },
  TransmitTimeout: { number: 58, says: 'a frame was not sent within `txtimeout-ms` and was taken back', cause: 'nobody acknowledges (see 51), or frames with lower identifiers fill the bus', next: 'raise `txtimeout-ms`, or 0 for never' },
  AnswerDropped: { number: 59, says: 'urgent answers were dropped: as many waited already as may ([rules](rules.md#limits))', cause: 'stronger frames hold the bus, nobody acknowledges (see 51), or a rule is asked faster than the bus takes its answers', next: '`canwarden trace` has a line "answer dropped" for each, with the rule\'s number: the loaded table carries no names, so it is the place in `rules.yaml`, from 1. A waiting answer that made room for a stronger one has "no rule" and its own identifier. Give that answer a stronger identifier, or ask less often' },

  // The rule table.
  RulesMagic: { number: 60, says: 'no rule table: the image does not begin with CWRL', cause: 'none was loaded', next: 'load `rules.bin` at 0x100000' },
  RulesVersion: { number: 61, says: 'the rule table has another format version or record size', cause: 'table and image of different versions', next: 'compile the table again' },
  RulesSize: { number: 62, says: "the rule table's size is impossible or not what its counts say", cause: 'a damaged file', next: 'compile and copy again' },
  RulesCrc: { number: 63, says: "the rule table's CRC-32 is wrong", cause: 'a damaged or truncated file', next: 'compile and copy again' },
  RulesCount: { number: 64, says: 'the rule table has more rules than the cell can hold', cause: 'over 512 rules, or 64 in an image of format 1', next: 'join rules by masks' },
  RulesIdentifierRange: { number: 65, says: 'an identifier or mask of a rule is out of range', cause: 'not made by the compiler', next: 'compile the table again' },
  RulesOverlap: { number: 66, says: 'two rules of the table match one same frame', cause: 'not made by the compiler', next: 'compile the table again; make the masks disjoint' },
  RulesField: { number: 67, says: 'another field of the rule table has a value that is not allowed', cause: 'not made by the compiler', next: 'compile the table again' },
  RequestLineDisturbed: { number: 68, says: 'INT was low several times without a request, and each time sent the answer of a `single` rule; RX STATUS tells the request from now on, 3 bytes instead of 1', cause: 'a disturbance on the INT line', next: 'check the wiring of INT; `receive: urgent-first` sends nothing unasked' },
  RequestLineUnused: { number: 69, says: '`receive: single` needs the INT line; RX STATUS tells the request instead, 3 bytes instead of 1', cause: '`int=spi`', next: 'wire INT and leave `int=spi` out, or write `receive: auto`' },

  // Requests.
  RequestUnknown: { number: 70, says: 'a request of a kind the cell does not know', cause: 'bridge and image of different versions', next: 'use both of one release' },
  RequestSize: { number: 71, says: 'a request that is empty or too large, or about live values above 63', cause: 'the program that asked', next: 'check first value and count' },
  RequestCrc: { number: 72, says: 'a request changed while it was read', cause: 'two programs asked at once', next: 'ask again, one at a time' },
  RequestOld: { number: 73, says: 'the request was there before the cell started', cause: 'the cell was started anew meanwhile', next: 'ask again if it is still wanted' },
  RequestTimeout: { number: 74, says: 'new rules waited 2 s for answers under way to leave the chip; the old rules stay', cause: 'nobody acknowledges on the bus', next: 'see status 51; ask again' },
  RulesWalled: { number: 75, says: 'the new table has an answer in a buffer of its own that the locked wall of the table loaded at the start does not let through; the old rules stay', cause: "`agl: { wall: locked }` in the table loaded at the start, and no rule `from: agl` there takes the answer, or one with a rate or `modify`", next: 'load the table at the start of the cell, or answer what the loaded table lets through' },
  RulesSafeState: { number: 76, says: 'the new table takes away or changes the safe state of the table loaded at the start, whose wall is locked; the old rules stay', cause: '`agl: { wall: locked }` in the table loaded at the start, and a `safe-state`', next: 'copy `safe-state` and the rules that it names into the new table as they are; to change them load the table at the start of the cell' },

  // End and traps.
  ShutdownRequested: { number: 80, says: 'Jailhouse asked, the cell shut down', cause: '`jailhouse cell shutdown` or `destroy`', next: 'nothing; the chip is left in configuration mode' },
  StepLate: { number: 81, says: 'a step of the named task took longer than the cell declares for it; counted for each task', cause: "the cell's core or memory is held up from outside, or SPI is slower than `spi` says", next: 'keep heavy memory traffic off the other cores and try again; `canwarden measure --stop --load` says which promised times hold under it; if it stays, report the line: urgent answers may be late, too' },
  TrapMemory: { number: 90, says: 'memory outside the module or the mapping was touched', cause: 'a defect of the firmware', next: 'please report the console line: it names the address' },
  TrapArithmetic: { number: 91, says: 'division by zero or integer overflow', cause: 'a defect of the firmware', next: 'please report it' },
  TrapUnreachable: { number: 92, says: 'a point that is never to be reached', cause: 'a defect of the firmware', next: 'please report it' },
  TrapException: { number: 93, says: 'an exception of the core other than a memory fault', cause: 'a defect, or hardware', next: 'please report it' },
  TrapInterrupt: { number: 94, says: 'an interrupt, though the cell enables none', cause: 'a defect, or an edited cell config', next: 'compare with the built `.cell` file' },
  SystemErrorPending: { number: 95, says: 'an SError waits at the core, which masks it; told once, counted as `system_errors`', cause: 'an access to memory or to a device that failed late: hardware, or a device that is switched off', next: "results may be wrong: restart the cell; if it comes back, look at the board's memory and supply" },
} as const satisfies Record<string, StatusRow>;
