// SPDX-License-Identifier: MIT
/**
 * Writes build/generated/: the project's own formats for the languages that cannot import formats/.
 *
 * Does not: rewrite a file whose content is already right, so that two builds at once do not
 * disturb each other.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
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
  mkdirSync(`${PROJECT}${GENERATED}`, { recursive: true });
  for (const [name, text] of generatedFiles()) {
    const path = `${PROJECT}${GENERATED}/${name}`;
    if (textOf(path) === text) continue;
    writeFileSync(`${path}.${process.pid}`, text);
    renameSync(`${path}.${process.pid}`, path);
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
