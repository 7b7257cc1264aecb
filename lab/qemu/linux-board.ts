// SPDX-License-Identifier: MIT
/**
 * The words that start QEMU's Raspberry Pi 4 with TF-A, Linux and Jailhouse, and where its ends are: Linux's
 * terminal, the hypervisor's console, the CAN bus.
 *
 * Does not: make the files; see scripts/qemu/boot.
 */

/** QEMU's board has no other size. */
const RAM_MEGABYTES = 2048;
/** What TF-A writes into CNTFRQ_EL0. QEMU counts by whole nanoseconds, 18 of them: 2.9 % fast. */
const COUNTER_HERTZ = 54_000_000;
/** An instruction takes 2 to the power of this, in nanoseconds. */
const ICOUNT_SHIFT = 3;

/** A file for the board's memory. */
export interface LoadedFile {
  readonly path: string;
  readonly address: number;
  /** The first core begins here. */
  readonly isStart?: true;
}

/** What the emulated bus is connected with, beside the cell. */
export type BusEnd =
  /** A socket that QEMU listens at: lines of its can-chardev-node. */
  | { readonly kind: 'socket'; readonly path: string }
  /** The same at a TCP port of this machine; nobody need be there. */
  | { readonly kind: 'port'; readonly port: number }
  /** A CAN interface of this machine. */
  | { readonly kind: 'host'; readonly name: string };

export interface LinuxBoardOptions {
  readonly files: readonly LoadedFile[];
  readonly bus: readonly BusEnd[];
  readonly bitrate: number;
  readonly oscillatorHertz: number;
  /** Linux's terminal: this process's, or a socket that QEMU listens at. */
  readonly terminal: 'own' | { readonly path: string };
  /** File that gets what the hypervisor and TF-A print. */
  readonly hypervisorLog: string;
}

export function linuxBoardParameters(options: LinuxBoardOptions): string[] {
  const { files, bus, bitrate, oscillatorHertz, terminal, hypervisorLog } = options;
  const load = (what: string): string[] => ['-device', `loader,${what}`];
  return [
    ...['-machine', 'raspi4b,canbus0=bus', '-m', String(RAM_MEGABYTES), '-display', 'none'],
    ...['-object', `can-bus,id=bus,bitrate=${bitrate}`],
    ...['-global', 'arm_gic.has-security-extensions=on'],
    ...['-global', `cortex-a72-arm-cpu.cntfrq=${COUNTER_HERTZ}`],
    ...['-global', `mcp2515.oscillator=${oscillatorHertz}`, '-global', 'bcm2835-spi.timed=on'],
    ...['-icount', `shift=${ICOUNT_SHIFT},sleep=off`],
    ...files.flatMap(({ path, address, isStart }) => {
      const at = `addr=0x${address.toString(16)}`;
      const bytes = load(`file=${escaped(path)},${at},force-raw=on`);
      return isStart === true ? [...bytes, ...load(`${at},cpu-num=0`)] : bytes;
    }),
    ...bus.flatMap(busParameters),
    ...(terminal === 'own'
      ? ['-serial', 'mon:stdio']
      : [
          ...['-monitor', 'none'],
          ...['-chardev', `socket,id=terminal,path=${escaped(terminal.path)},server=on,wait=on`],
          ...['-serial', 'chardev:terminal'],
        ]),
    ...['-serial', `file:${hypervisorLog}`],
  ];
}

function busParameters(end: BusEnd, index: number): string[] {
  const name = `bus${index}`;
  if (end.kind === 'host') {
    return ['-object', `can-host-socketcan,id=${name},if=${end.name},canbus=bus`];
  }
  const place =
    end.kind === 'socket'
      ? `path=${escaped(end.path)},server=on,wait=on`
      : `host=127.0.0.1,port=${end.port},server=on,wait=off`;
  // "several": it stands for the units of a log, which acknowledge each other.
  return [
    ...['-chardev', `socket,id=${name},${place}`],
    ...['-device', `can-chardev-node,canbus=bus,chardev=${name},several=on`],
  ];
}

/** A comma would end the value. */
function escaped(path: string): string {
  return path.replaceAll(',', ',,');
}
