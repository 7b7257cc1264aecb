// SPDX-License-Identifier: MIT
/** The page in Chromium: the first click, rules, faults, time, links, logs, sizes, and who can use it. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { after, before } from 'node:test';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { PROJECT_ROOT } from '../../lab/rig/firmware.ts';
import { skipForSetup } from '../../scripts/test/result.ts';
import { buildPage, packedBytes } from '../../scripts/web/page.ts';
import { describe, it } from '../skippable.ts';
import { type Browser, CHROMIUM, keepPicture, openBrowser, openPage } from './browser.ts';
import { serveFolder } from './static-server.ts';

const FOLDER = join(PROJECT_ROOT, 'build/web-test');
/** 1.5 MB, the goal of the page. */
const BYTES_MOST = 1_500_000;
const skip = existsSync(CHROMIUM) ? false : skipForSetup('Chromium is not installed');

// rules.yaml: brake-status answers 1A0 with 1A1 and these bytes.
const FIRST_ANSWER = /1A1#01006400000000A5/;
const RULES = readFileSync(join(PROJECT_ROOT, 'rules.yaml'), 'utf8');

describe('the page', { skip }, () => {
  let server: Awaited<ReturnType<typeof serveFolder>>;
  let browser: Browser;
  let page: Page;
  let faults: string[] = [];

  const text = (selector: string) => page.locator(selector).innerText();
  const result = (pattern: RegExp) => page.locator('#result', { hasText: pattern }).waitFor();
  const figure = (name: string) =>
    page.locator('#figures > div', { has: page.getByText(name, { exact: true }) }).locator('dd');
  /** Waits until a figure is so. */
  const figureIs = (name: string, pattern: RegExp) =>
    figure(name).filter({ hasText: pattern }).waitFor();
  /** Sends a request until it is answered so: a table that was just given is not yet in force. */
  const request = async (pattern: RegExp): Promise<void> => {
    await page.locator('#frame').fill('1A0#01');
    const wanted = page.locator('#result', { hasText: pattern });
    for (let tries = 0; tries < 20; tries += 1) {
      // The click takes the last result away.
      await page.locator('#send button').click();
      const isAnswered = wanted.waitFor({ timeout: 3_000 * (tries + 1) }).then(() => true);
      if (await isAnswered.catch(() => false)) break;
    }
    assert.match(await text('#result'), pattern);
  };
  const writeRules = async (rules: string): Promise<void> => {
    await page.locator('.cm-content').focus();
    await page.keyboard.press('Control+A');
    await page.keyboard.insertText(rules);
  };
  const open = async (address: string): Promise<void> => {
    ({ page, faults } = await openPage(browser, address));
    await page.locator('#request:enabled').waitFor();
  };

  before(async () => {
    await buildPage(FOLDER);
    server = await serveFolder(FOLDER);
    browser = await openBrowser({ viewport: { width: 1280, height: 900 } });
    await open(server.address);
  });

  after(async () => {
    await browser.close();
    server.close();
  });

  it('is below 1.5 MB compressed', () => {
    const bytes = packedBytes(FOLDER);
    assert.ok(bytes > 100_000 && bytes < BYTES_MOST, `${bytes} bytes`);
  });

  it('answers a frame within one click', async () => {
    await page.locator('#request').click();
    await result(FIRST_ANSWER);
    assert.match(await text('#result'), /Answered: .* [\d.]+ µs after the request, by rule brake/);
    await page.locator('#timeline svg').first().waitFor();
    const lanes = await page
      .locator('#timeline svg')
      .first()
      .locator('text.label')
      .allTextContents();
    assert.ok(
      ['CAN', 'INT', 'SPI', 'step'].every((lane) => lanes.includes(lane)),
      lanes.join(),
    );
    // 5 bytes of rules.yaml's rule are on SPI; the table has each instruction.
    assert.match(await page.locator('#timeline-rows').innerHTML(), /RTS 0x8/);
    await keepPicture(page, 'answer.png');
  });

  it('draws the SPI lines of the last instructions', async () => {
    const waves = page.locator('#lines svg path.wave');
    assert.equal(await waves.count(), 5, 'INT, CS, SCK, MOSI, MISO');
    // MCP2515 data sheet, table 12-1: READ is 0000 0011; the cell looks at the chip's registers all the time.
    assert.match(await page.locator('#lines-rows').innerHTML(), /<td>03 .*READ 0x03/);
  });

  it('shows the changed answer after an edit', async () => {
    await writeRules(RULES.replace('0xA5]', '0xB6]'));
    await page.locator('#rules-state', { hasText: '6 rules are in force' }).waitFor();
    await request(/1A1#01006400000000B6/);
    await page.locator('#rules-reset').click();
    await request(FIRST_ANSWER);
  });

  it('marks a wrong rule at its line, and keeps the rules before in force', async () => {
    await writeRules(RULES.replace('data: [~, ~]', 'dta: [~, ~]'));
    const line = RULES.split('\n').findIndex((one) => one.includes('data: [~, ~]')) + 1;
    const state = page.locator('#rules-state', { hasText: `Line ${line}: unknown key "dta"` });
    await state.waitFor();
    await page.locator('.cm-lintRange-error', { hasText: 'dta' }).first().waitFor();
    await request(FIRST_ANSWER);
    await keepPicture(page, 'wrong-rule.png');
    await page.locator('#rules-reset').click();
    await page.locator('#rules-state', { hasText: '6 rules are in force' }).waitFor();
    await request(FIRST_ANSWER);
  });

  it('saves the rules as they stand in the editor', async () => {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.locator('#rules-export').click(),
    ]);
    assert.equal(download.suggestedFilename(), 'rules.yaml');
    assert.equal(readFileSync(await download.path(), 'utf8'), RULES);
  });

  it('completes a word', async () => {
    await writeRules('version: 1\nrules:\n  - na');
    await page.keyboard.press('Control+Space');
    await page.locator('.cm-tooltip-autocomplete li', { hasText: /^name/ }).waitFor();
    await page.keyboard.press('Escape');
    await page.locator('#rules-reset').click();
    await page.locator('#rules-state', { hasText: '6 rules are in force' }).waitFor();
  });

  it('goes on answering when Linux is crashed, and brings Linux back', async () => {
    await page.locator('#linux').click();
    await page.locator('#linux', { hasText: 'Start Linux' }).waitFor();
    await figureIs('Linux', /^dead$/);
    await request(/Answered.*Linux is dead/);
    await page.locator('#linux').click();
    await figureIs('Linux', /^runs$/);
    await figureIs('session with Linux', /^running$/);
  });

  it('goes on answering in a flood', async () => {
    await page.locator('#flood').click();
    await figureIs('bus load', /^(9\d|100) %$/);
    await request(FIRST_ANSWER);
    await keepPicture(page, 'flood.png');
    await page.locator('#only-answers').check();
    await page.locator('#send button').click();
    await page.locator('#bus-rows tr.answer', { hasText: FIRST_ANSWER }).first().waitFor();
    assert.equal(await page.locator('#bus-rows tr:not(.request, .answer)').count(), 0);
    await page.locator('#only-answers').uncheck();
    await page.locator('#flood').click();
    await page.locator('#flood', { hasText: 'Flood the bus' }).waitFor();
  });

  it('cuts the INT wire and mends it', async () => {
    await page.locator('#wire').click();
    await page.locator('#wire', { hasText: 'Mend the INT wire' }).waitFor();
    await page.locator('#wire').click();
    await page.locator('#wire', { hasText: 'Cut the INT wire' }).waitFor();
    await request(FIRST_ANSWER);
  });

  it('steps time', async () => {
    await page.locator('[data-step="frame"]').click();
    await figureIs('of real time', /stands still/);
    const standing = await figure('board time').innerText();
    await page.locator('[data-step="1000000"]').click();
    await figure('board time').filter({ hasNotText: standing }).waitFor();
    await page.locator('#speed').selectOption('1');
    await request(FIRST_ANSWER);
  });

  it('loads the bus at another bit rate', async () => {
    await page.locator('#bitrate').selectOption('250000');
    await page.locator('#result', { hasText: 'It runs' }).waitFor();
    await page.locator('#console', { hasText: 'ready, 250000 bit/s' }).waitFor();
    await page.locator('#load').fill('60');
    await figureIs('bus load', /^(5[5-9]|6[0-5]) %$/);
    await request(FIRST_ANSWER);
  });

  it('gives its state away as a link', async () => {
    await page.locator('#share').click();
    await page.locator('#result', { hasText: 'The link is' }).waitFor();
    // `page.url()` hears of it later than the page itself.
    const address = await page.evaluate(() => document.location.href);
    await page.close();
    await open(address);
    assert.equal(await page.locator('#bitrate').inputValue(), '250000');
    await figureIs('bus load', /^(5[5-9]|6[0-5]) %$/);
  });

  it('replays a log that is dropped onto it, and saves what was on the bus', async () => {
    await page.locator('#load').fill('0');
    const log = '(0.000000) can0 2B0#0305\n(0.010000) can0 7DF#023E00\n(0.020000) can0 123#AA\n';
    const transfer = await page.evaluateHandle((content) => {
      const data = new DataTransfer();
      data.items.add(new File([content], 'drive.log'));
      return data;
    }, log);
    await page.dispatchEvent('body', 'drop', { dataTransfer: transfer });
    await page.locator('#console', { hasText: 'drive.log: 3 frames' }).waitFor();
    await page.locator('#bus-rows', { hasText: '123#AA' }).waitFor();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.locator('#export').click(),
    ]);
    const saved = readFileSync(await download.path(), 'utf8');
    // rules.yaml: gear-position and tester-present.
    for (const frame of ['2B0#0305', '2B1#5003050000000000', '7E8#027E000000000000', '123#AA']) {
      assert.ok(saved.includes(` ${frame}`), frame);
    }
  });

  it('takes a DBC file that the rules name', async () => {
    const rules = `version: 1
dbc: gears.dbc
rules:
  - name: gear
    match: { message: Gear, signals: { Position: 3 } }
    answer: { id: 0x2B1, data: [0x77] }
`;
    await writeRules(rules);
    await page.locator('#rules-state', { hasText: 'gears.dbc is not in this page yet' }).waitFor();
    const dbc = `VERSION ""
BU_: Box
BO_ 700 Gear: 1 Box
 SG_ Position : 0|4@1+ (1,0) [0|15] "" Box
`;
    await page.locator('#replay').setInputFiles({
      ...{ name: 'gears.dbc', mimeType: 'text/plain', buffer: Buffer.from(dbc) },
    });
    await page.locator('#rules-state', { hasText: '1 rule is in force' }).waitFor();
    await page.locator('#frame').fill('2BC#03');
    await page.locator('#send button').click();
    await result(/2B1#77/);
    await page.locator('#rules-reset').click();
    await page.locator('#rules-state', { hasText: '6 rules are in force' }).waitFor();
  });

  it('says what is wrong with a log', async () => {
    await page.locator('#replay').setInputFiles({
      ...{ name: 'bad.log', mimeType: 'text/plain', buffer: Buffer.from('(0.0) can0 12#zz\n') },
    });
    await page.locator('#console', { hasText: 'bad.log:1:' }).waitFor();
  });

  it('is used by keyboard alone', async () => {
    await page.reload();
    await page.locator('#request:enabled').waitFor();
    for (let tabs = 0; tabs < 5; tabs += 1) {
      await page.keyboard.press('Tab');
      if (await page.locator('#request:focus').count()) break;
    }
    await page.keyboard.press('Enter');
    await result(/Answered/);
  });

  for (const scheme of ['light', 'dark'] as const) {
    it(`has no serious fault for those who see or hear it otherwise, ${scheme}`, async () => {
      await page.emulateMedia({ colorScheme: scheme });
      for (const summary of await page.locator('summary').all()) await summary.click();
      const axe = new AxeBuilder({ page });
      // Only the colours differ in the dark.
      if (scheme === 'dark') axe.withRules('color-contrast');
      const { violations } = await axe.analyze();
      const serious = violations.filter(({ impact }) =>
        ['serious', 'critical'].includes(impact ?? ''),
      );
      assert.deepEqual(
        serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`),
        [],
      );
      await keepPicture(page, `${scheme}.png`);
    });
  }

  it('works at the width of a phone', async () => {
    await page.setViewportSize({ width: 390, height: 800 });
    await page.locator('#request').click();
    await result(/Answered/);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= 390, `the page is ${width} pixels wide`);
    await keepPicture(page, 'phone.png');
  });

  it('had no error on its console, and asked nobody else for anything', () => {
    assert.deepEqual(faults, []);
  });
});
