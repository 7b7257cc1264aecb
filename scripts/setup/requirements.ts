// SPDX-License-Identifier: MIT
/**
 * What the machine needs beside Node and the npm packages, one entry each.
 *
 * To require one more tool, add one line to REQUIREMENTS, or to TEST_TOOLS if only tests need it: without it
 * they are skipped by name.
 */

/**
 * How presence is checked: a command on the PATH or in root's folders, a library file that a compiler finds,
 * or a shared library that loads.
 */
export type Probe =
  | { readonly kind: 'command'; readonly name: string }
  | { readonly kind: 'compiler-file'; readonly compiler: string; readonly name: string }
  | { readonly kind: 'library'; readonly names: readonly string[] };

export interface Requirement {
  /** Name for people. */
  readonly title: string;
  /** Why the project needs it: ends the sentence "needed to ...". */
  readonly purpose: string;
  readonly probe: Probe;
  /** Debian and Ubuntu package names, newest last. Releases differ; the first known one is taken. */
  readonly packages: readonly string[];
  /** Names on other systems, for people without apt. */
  readonly elsewhere: string;
  /** Only tests need it. Without it everything else works, and those tests are skipped. */
  readonly onlyTests?: true;
}

// prettier-ignore
export const REQUIREMENTS: readonly Requirement[] = [
  { title: 'aarch64-linux-gnu-gcc', purpose: 'compile the cell image for the Cortex-A72', probe: { kind: 'command', name: 'aarch64-linux-gnu-gcc' }, packages: ['gcc-aarch64-linux-gnu'], elsewhere: 'Fedora: gcc-aarch64-linux-gnu; Arch: aarch64-linux-gnu-gcc' },
  { title: 'aarch64-linux-gnu-objcopy', purpose: 'turn the linked image into canwarden.bin', probe: { kind: 'command', name: 'aarch64-linux-gnu-objcopy' }, packages: ['binutils-aarch64-linux-gnu'], elsewhere: 'Fedora: binutils-aarch64-linux-gnu; Arch: aarch64-linux-gnu-binutils' },
  { title: 'aarch64 C library', purpose: 'link the bridge for the AGL side', probe: { kind: 'compiler-file', compiler: 'aarch64-linux-gnu-gcc', name: 'libc.a' }, packages: ['libc6-dev-arm64-cross'], elsewhere: 'Fedora: sysroot-aarch64-fc*-glibc; Arch: aarch64-linux-gnu-glibc' },
  { title: 'libunicorn 2', purpose: 'run canwarden.bin in the twin (ARM64 emulator library)', probe: { kind: 'library', names: ['libunicorn.so.2', 'libunicorn.2.dylib', 'libunicorn.so', 'libunicorn.dylib'] }, packages: ['libunicorn2', 'libunicorn2t64'], elsewhere: 'Fedora, Arch and Homebrew: unicorn' },
];

/** QEMU for this machine's own architecture, for a guest that runs the same programs. */
const QEMU =
  process.arch === 'arm64'
    ? { command: 'qemu-system-aarch64', package: 'qemu-system-arm' }
    : { command: 'qemu-system-x86_64', package: 'qemu-system-x86' };

/** Tools that only some tests need. */
// prettier-ignore
export const TEST_TOOLS: readonly Requirement[] = ([
  { title: 'cc', purpose: 'compile the bridge for this machine', probe: { kind: 'command', name: 'cc' }, packages: ['gcc'], elsewhere: 'Fedora and Arch: gcc' },
  { title: 'C library to link with', purpose: 'link the bridge for this machine', probe: { kind: 'compiler-file', compiler: 'cc', name: 'libc.a' }, packages: ['libc6-dev'], elsewhere: 'Fedora: glibc-static; Arch: glibc' },
  { title: 'busybox', purpose: 'run the board helper under the small shell that boards have', probe: { kind: 'command', name: 'busybox' }, packages: ['busybox'], elsewhere: 'Fedora, Arch and Homebrew: busybox' },
  { title: 'shellcheck', purpose: 'look for faults in the board helper', probe: { kind: 'command', name: 'shellcheck' }, packages: ['shellcheck'], elsewhere: 'Fedora: ShellCheck; Arch and Homebrew: shellcheck' },
  { title: 'systemd-analyze', purpose: 'have the units checked by systemd itself', probe: { kind: 'command', name: 'systemd-analyze' }, packages: ['systemd'], elsewhere: 'Fedora and Arch: systemd' },
  { title: 'mtools', purpose: 'make and read card images without mounting them', probe: { kind: 'command', name: 'mcopy' }, packages: ['mtools'], elsewhere: 'Fedora, Arch and Homebrew: mtools' },
  { title: 'e2fsprogs', purpose: 'make and read the Linux partition of card images', probe: { kind: 'command', name: 'debugfs' }, packages: ['e2fsprogs'], elsewhere: 'Fedora, Arch and Homebrew: e2fsprogs' },
  { title: 'sigrok-cli', purpose: 'have the bus decoded by a stranger', probe: { kind: 'command', name: 'sigrok-cli' }, packages: ['sigrok-cli'], elsewhere: 'Fedora, Arch and Homebrew: sigrok-cli' },
  { title: 'can-utils', purpose: 'have logs converted by a stranger (asc2log, log2asc)', probe: { kind: 'command', name: 'asc2log' }, packages: ['can-utils'], elsewhere: 'Fedora and Arch: can-utils' },
  { title: 'python-can', purpose: 'have logs read by a stranger', probe: { kind: 'command', name: 'can_logconvert' }, packages: ['python3-can'], elsewhere: 'Fedora and Arch: python3-can, python-can' },
  { title: 'tshark', purpose: 'have captures read by a stranger', probe: { kind: 'command', name: 'tshark' }, packages: ['tshark'], elsewhere: 'Fedora and Arch: wireshark-cli' },
  { title: 'ssh-keygen', purpose: 'have the signature of a release judged', probe: { kind: 'command', name: 'ssh-keygen' }, packages: ['openssh-client'], elsewhere: 'Fedora: openssh; Arch and Homebrew: openssh' },
  { title: 'spin', purpose: 'search all states of the models of models/', probe: { kind: 'command', name: 'spin' }, packages: ['spin'], elsewhere: 'Fedora: spin; Arch (AUR) and Homebrew: spin' },
  { title: 'QEMU', purpose: 'run the bridge on a real Linux kernel', probe: { kind: 'command', name: QEMU.command }, packages: [QEMU.package], elsewhere: 'Fedora, Arch and Homebrew: qemu' },
  { title: 'Chromium', purpose: 'open the web page in a browser', probe: { kind: 'command', name: 'chromium' }, packages: ['chromium'], elsewhere: 'Fedora and Arch: chromium' },
  { title: 'xz', purpose: 'unpack the modules of that kernel', probe: { kind: 'command', name: 'xz' }, packages: ['xz-utils'], elsewhere: 'Fedora, Arch and Homebrew: xz' },
] as const).map((one) => ({ ...one, onlyTests: true }));
