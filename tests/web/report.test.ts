// SPDX-License-Identifier: MIT
/** The report of a run in Chromium: it opens without the network, draws its charts, and can be read otherwise. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { after, before } from 'node:test';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { prepareInput } from '../../lab/play/log-input.ts';
import { readLogFile } from '../../lab/play/log-file.ts';
import { run } from '../../lab/play/scenario.ts';
import { runReport } from '../../lab/report/run-report.ts';
import { PROJECT_ROOT } from '../../lab/rig/firmware.ts';
import { compileRules } from '../../rules/compile.ts';
import { skipForSetup } from '../../scripts/test/result.ts';
import { RASPBERRY_PI_4_TIMING } from '../../twin/machine/timing-model.ts';
import { describe, it } from '../skippable.ts';
import { type Browser, CHROMIUM, keepPicture, openBrowser, openPage, PICTURES } from './browser.ts';

const FILE = join(PICTURES, 'report.html');
const skip = existsSync(CHROMIUM) ? false : skipForSetup('Chromium is not installed');
/** Part of the demo; it has answers of each of its rules. */
const SECONDS = 0.5;
/** 2 MB and 2 s are the goals. The whole demo has 93 kB and 2,211 nodes, and takes 0.1 s of the page's thread. */
const BYTES_MOST = 500_000;
const NODES_MOST = 10_000;
const WORK_SECONDS_MOST = 1;

describe('the report of a run', { skip }, () => {
  let browser: Browser;
  let page: Page;
  let faults: string[];

  before(async () => {
    const rules = readFileSync(join(PROJECT_ROOT, 'rules.yaml'), 'utf8');
    const { table, image } = compileRules(rules, 'rules.yaml');
    const { entries } = readLogFile(join(PROJECT_ROOT, 'lab/demo/demo.log'));
    const result = await run({
      ...{ engine: 'wasm', table, rules: image, agl: true, bitrate: 500_000 },
      ...{ oscillatorHertz: 16_000_000, spiHertz: 10_000_000 },
      input: prepareInput(entries, [], SECONDS),
    });
    const text = runReport({
      ...{ result, table, steps: [], sizes: [], timing: RASPBERRY_PI_4_TIMING, played: 'demo' },
    });
    mkdirSync(PICTURES, { recursive: true });
    writeFileSync(FILE, text);
    browser = await openBrowser({ viewport: { width: 1160, height: 900 } });
    ({ page, faults } = await openPage(browser, pathToFileURL(FILE).href));
  });

  after(() => browser.close());

  it('draws a chart in each of its places', async () => {
    const places = await page.locator('figure.chart').count();
    assert.ok(places >= 5, `${places} charts`);
    assert.equal(await page.locator('figure.chart canvas').count(), places);
    assert.equal(await page.locator('svg.timeline').count(), 2);
    await keepPicture(page, 'report.png');
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    it(`has no serious fault for those who see or hear it otherwise, ${colorScheme}`, async () => {
      await page.emulateMedia({ colorScheme });
      const axe = new AxeBuilder({ page });
      // Only the colours differ in the dark.
      if (colorScheme === 'dark') axe.withRules('color-contrast');
      const { violations } = await axe.analyze();
      const serious = violations.filter(({ impact }) =>
        ['serious', 'critical'].includes(impact ?? ''),
      );
      assert.deepEqual(
        serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`),
        [],
      );
    });
  }

  it('is cheap to open, so that it opens in under 2 s: bytes, nodes, processor time', async () => {
    const bytes = statSync(FILE).size;
    assert.ok(bytes > 60_000 && bytes < BYTES_MOST, `${bytes} bytes`);
    const fresh = await browser.context.newPage();
    const devtools = await browser.context.newCDPSession(fresh);
    // Time of the page's thread alone: how busy the machine is with other things does not count.
    await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
    await fresh.goto(pathToFileURL(FILE).href);
    await fresh.evaluate(() => new Promise((drawn) => requestAnimationFrame(drawn)));
    const { metrics } = await devtools.send('Performance.getMetrics');
    await fresh.close();
    const metric = (name: string) => metrics.find((one) => one.name === name)?.value ?? NaN;
    assert.ok(metric('Nodes') > 500 && metric('Nodes') < NODES_MOST, `${metric('Nodes')} nodes`);
    const seconds = metric('TaskDuration');
    assert.ok(seconds > 0 && seconds < WORK_SECONDS_MOST, `${seconds} s of the page's thread`);
  });

  it('goes to its parts by keyboard', async () => {
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    // The way there ends after the key: `page.url()` may still have the old address.
    await page.waitForURL(/#summary$/);
  });

  it('is whole on paper: the tables behind the pictures are open', async () => {
    await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
    const closed = await page.locator('details:not([open])').count();
    assert.equal(closed, 0);
  });

  it('had no error, and asked nobody for anything', () => {
    assert.deepEqual(faults, []);
  });
});
