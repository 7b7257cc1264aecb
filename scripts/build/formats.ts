// SPDX-License-Identifier: MIT
/**
 * Writes build/generated/: the project's own formats for the languages that cannot import formats/.
 *
 * Does not: rewrite a file whose content is already right, so that two builds at once do not
 * disturb each other.
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import * as counters from '../../formats/counters.ts';
import * as promises from '../../formats/promises.ts';
import { RULE_COSTS } from '../../formats/rule-costs.ts';
import * as ruleImage from '../../formats/rule-image.ts';
import * as ruleImage2 from '../../formats/rule-image-2.ts';
import { SELF_TESTS } from '../../formats/self-test.ts';
import { SETTINGS } from '../../formats/settings.ts';
import * as statusPage from '../../formats/status-page.ts';
import { STATUSES } from '../../formats/statuses.ts';
import { addressHeader, addressModule } from './formats/addresses.ts';
import * as assembly from './formats/assembly.ts';
import { boardFiles } from './formats/board-files.ts';
import {
  formatsHeader,
  promiseLines,
  selfTestLines,
  statusNumbers,
  statusWordsHeader,
} from './formats/tables.ts';
import { PROJECT } from './command.ts';

/** Folder of the generated files, from the project's top folder. */
const GENERATED = 'build/generated';
const BOARD = `${GENERATED}/agl`;

/** Every generated file by its name in build/generated/. */
function generatedFiles(): Map<string, string> {
  const { version } = JSON.parse(readFileSync(`${PROJECT}package.json`, 'utf8')) as {
    version: string;
  };
  const made = (from: string, text: string): string =>
    `/** Made by the build from ${from}. Do not change it here. */\n${text}`;
  return new Map([
    ['counters.ts', made('formats/counters.ts', assembly.counterModule(counters))],
    ['counter-words.ts', made('formats/counters.ts', assembly.counterWordModule(counters))],
    ['self-test.ts', made('formats/self-test.ts', assembly.selfTestModule(SELF_TESTS))],
    ['settings.ts', made('formats/settings.ts', assembly.settingModule(SETTINGS))],
    ['status.ts', made('formats/statuses.ts', assembly.statusModule(STATUSES))],
    ['status-words.ts', made('formats/statuses.ts', assembly.statusWordModule(STATUSES))],
    [
      'rule-image.ts',
      made('formats/rule-image.ts', assembly.ruleImageModule(ruleImage, ruleImage2)),
    ],
    ['rule-costs.ts', made('formats/rule-costs.ts', assembly.ruleCostModule(RULE_COSTS))],
    ['status-page.ts', made('formats/status-page.ts', assembly.statusPageModule(statusPage))],
    [
      'page-words.ts',
      made('formats/status-page.ts', assembly.pageWordModule(statusPage.PAGE_WORDS)),
    ],
    ['rpi4.ts', made('cell-config/rpi4-layout.ts', addressModule())],
    ['cell-addresses.h', addressHeader()],
    ['version.ts', made('package.json', `export const FIRMWARE_VERSION: string = '${version}';\n`)],
    ['status-numbers.txt', statusNumbers(STATUSES)],
    ['self-test.txt', selfTestLines(SELF_TESTS)],
    ['promises.txt', promiseLines(promises)],
    ['formats.h', formatsHeader()],
    ['status-words.h', statusWordsHeader(STATUSES)],
  ]);
}

export function generateFormats(): void {
  write(GENERATED, generatedFiles());
}

/** The files of agl/, with the words of formats/board-files.ts. All of this folder are installed. */
export function generateBoardFiles(): void {
  const files = boardFiles(PROJECT);
  removeOthers(BOARD, files);
  write(BOARD, files);
}

function write(folder: string, files: ReadonlyMap<string, string>): void {
  for (const [name, text] of files) {
    const path = join(PROJECT, folder, name);
    if (textOf(path) === text) continue;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.${process.pid}`, text);
    renameSync(`${path}.${process.pid}`, path);
  }
}

/** Removes what an earlier build made of a file that is not in agl/ any more. */
function removeOthers(folder: string, files: ReadonlyMap<string, string>): void {
  const top = join(PROJECT, folder);
  if (!existsSync(top)) return;
  for (const entry of readdirSync(top, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    // One that is just being written has another ending.
    const isOld = entry.isFile() && !/\.\d+$/.test(path) && !files.has(relative(top, path));
    if (isOld) rmSync(path, { force: true });
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
