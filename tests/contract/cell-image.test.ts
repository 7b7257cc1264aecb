// SPDX-License-Identifier: MIT
/**
 * The linked image: reading it, and checking it against the cell that runs it. The images of the
 * reader's tests come from the cross linker, not from this project.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { checkConfiguration } from '../../cell-config/check.ts';
import type { CellImage, Finding } from '../../cell-config/checks/finding.ts';
import { imageEnd, loadedBytes, readElf } from '../../cell-config/image/elf.ts';
import { ElfError } from '../../cell-config/image/elf-file.ts';
import type { ElfImage } from '../../cell-config/image/elf.ts';
import { RPI4_CANWARDEN } from '../../cell-config/rpi4-canwarden.ts';
import { RPI4_ROOT } from '../../cell-config/rpi4-root.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const folder = temporaryFolder();

/** Links a few bytes of code, constants and zeroed memory at addresses chosen here. */
function link(): Buffer {
  writeFileSync(
    join(folder, 'image.S'),
    '.section .text\n.global begin\nbegin: .word 0x11223344\n' +
      '.section .bss\n.global spare\nspare: .skip 0x300\n',
  );
  writeFileSync(
    join(folder, 'image.ld'),
    'ENTRY(begin)\nSECTIONS { . = 0x4000; .text : { *(.text) }\n' +
      '. = 0x6000; .bss : { *(.bss) } /DISCARD/ : { *(.note*) } }\n',
  );
  const options = ['-nostdlib', '-static', '-Wl,--build-id=none', '-Wl,-T,image.ld'];
  execFileSync('aarch64-linux-gnu-gcc', [...options, 'image.S', '-o', 'image.elf'], {
    cwd: folder,
  });
  return readFileSync(join(folder, 'image.elf'));
}

describe('the reader of linked images', () => {
  const file = link();

  it('finds entry, sections, symbols and the end that the linker gave', () => {
    const image = readElf(file);
    assert.equal(image.entry, 0x4000);
    assert.equal(image.symbols.get('spare'), 0x6000);
    assert.equal(imageEnd(image), 0x6300);
    assert.deepEqual(
      image.sections.filter(({ name }) => /^\.(text|bss)$/.test(name)),
      [
        { name: '.text', address: 0x4000, size: 4 },
        { name: '.bss', address: 0x6000, size: 0x300 },
      ],
    );
  });

  it('gives the bytes that loading leaves at an address', () => {
    const image = readElf(file);
    const expected = Buffer.from([0x44, 0x33, 0x22, 0x11, 0, 0]);
    assert.deepEqual(loadedBytes(image, 0x4000, 6), expected);
    assert.deepEqual(loadedBytes(image, 0x6000, 4), Buffer.alloc(4));
  });

  it('refuses what is no image for this machine, and what is cut', () => {
    const fault = (bytes: Buffer, reason: RegExp): void =>
      assert.throws(
        () => readElf(bytes),
        (error: Error) => error instanceof ElfError && reason.test(error.message),
      );
    fault(Buffer.from('#!/bin/sh'), /not an ELF file/);
    fault(Buffer.from(file).fill(1, 4, 5), /not a 64-bit/);
    fault(Buffer.from(file).fill(62, 0x12, 0x13), /machine 62, not for AArch64/);
    fault(file.subarray(0, 0x100), /cut off: the section headers should be at/);
  });
});

const GOOD: ElfImage = {
  entry: 0,
  segments: [{ address: 0, bytes: Buffer.alloc(0x100, 1), memoryBytes: 0x30000 }],
  sections: [],
  symbols: new Map(),
};

function errorsOf(elf: Partial<ElfImage>, change: Partial<CellImage> = {}): Finding[] {
  const image: CellImage = {
    cellName: 'canwarden',
    path: 'image.elf',
    elf: { ...GOOD, ...elf },
    loadAddress: 0,
    commandLine: { start: 0x1000, size: 0x100 },
    rules: { start: 0x100000, size: 0x10000 },
    ...change,
  };
  return checkConfiguration({ system: RPI4_ROOT, cells: [RPI4_CANWARDEN], image }).filter(
    ({ severity }) => severity === 'error',
  );
}

function assertOnly(findings: Finding[], code: string, ...places: RegExp[]): void {
  assert.deepEqual(
    findings.map((finding) => finding.code),
    [code],
  );
  assert.equal(findings[0].places.length, places.length);
  places.forEach((place, index) => assert.match(findings[0].places[index], place));
}

describe('the checker on the image', () => {
  const [segment] = GOOD.segments;

  it('passes an image that fits', () => {
    assert.deepEqual(errorsOf({}), []);
  });

  it('finds an image with more memory than the cell has', () => {
    const segments = [{ address: 0, bytes: Buffer.alloc(0), memoryBytes: 0x200001 }];
    const [first] = errorsOf({ segments });
    assert.equal(first.code, 'E-CELL-70');
    assert.match(first.places[0], /image\.elf: segment at 0x0, 2097153 bytes/);
    assert.match(first.places[1], /canwarden: region 11 "RAM"/);
  });

  it('finds an entry point where the CPU does not start', () => {
    assertOnly(errorsOf({ entry: 0x80 }), 'E-CELL-71', /cpuResetAddress/, /entry point/);
  });

  it('finds a rule table that is loaded past the end of RAM', () => {
    const rules = { start: 0x1f8000, size: 0x10000 };
    assertOnly(errorsOf({}, { rules }), 'E-CELL-72', /rule table/, /"RAM"/);
  });

  it('finds a command line that is loaded outside RAM', () => {
    const commandLine = { start: 0x300000, size: 0x100 };
    assertOnly(errorsOf({}, { commandLine }), 'E-CELL-72', /command line/, /"RAM"/);
  });

  it('finds an image that reaches into the rule table', () => {
    const segments = [{ ...segment, memoryBytes: 0x100010 }];
    assertOnly(errorsOf({ segments }), 'E-CELL-73', /ends at 0x100010/, /rule table/);
  });

  it('finds an image that is linked for another address', () => {
    assertOnly(errorsOf({}, { loadAddress: 0x2000 }), 'E-CELL-74', /first segment/, /load plan/);
  });

  it('finds code where the command line is loaded', () => {
    const bytes = Buffer.alloc(0x1100);
    bytes[0x10ff] = 1;
    const findings = errorsOf({ segments: [{ ...segment, bytes }] });
    assertOnly(findings, 'E-CELL-75', /image\.elf: 0x10ff/, /command line \(0x1000 \+ 0x100\)/);
  });

  it('says nothing about an image for a cell that is not there', () => {
    assert.deepEqual(errorsOf({ entry: 0x80 }, { cellName: 'another' }), []);
  });
});
