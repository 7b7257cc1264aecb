// SPDX-License-Identifier: MIT
/** Chromium of the distribution, and a page of the board in it that notes whatever goes wrong. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { PROJECT_ROOT } from '../../lab/rig/firmware.ts';

export const CHROMIUM = '/usr/bin/chromium';
/** Screenshots that a run leaves. */
export const PICTURES = join(PROJECT_ROOT, 'build/web-pictures');

/** For a machine that is busy with other tests: Chromium gives its own processes a lower priority than theirs. */
const PATIENCE_MILLIS = 600_000;

/** Without these it tries to reach the network by itself, and needs a GPU and a user namespace. */
const SWITCHES = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export interface Browser {
  readonly context: BrowserContext;
  close(): Promise<void>;
}

export async function openBrowser(
  options: Parameters<typeof chromium.launchPersistentContext>[1] = {},
): Promise<Browser> {
  const folder = mkdtempSync(join(tmpdir(), 'canwarden-web-'));
  const context = await chromium.launchPersistentContext(folder, {
    executablePath: CHROMIUM,
    args: SWITCHES,
    timeout: PATIENCE_MILLIS,
    ...options,
  });
  context.setDefaultTimeout(PATIENCE_MILLIS);
  return {
    context,
    close: async () => {
      await context.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A page, and the list of what went wrong in it: errors on its console, and requests elsewhere. */
export async function openPage(
  { context }: Browser,
  address: string,
): Promise<{ page: Page; faults: string[] }> {
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('request', (request) => {
    const url = request.url();
    const isOwn = url.startsWith(new URL('/', address).href) || /^(data|blob):/.test(url);
    if (!isOwn) faults.push(`a request elsewhere: ${url}`);
  });
  await page.goto(address);
  return { page, faults };
}

export async function keepPicture(page: Page, name: string): Promise<void> {
  mkdirSync(PICTURES, { recursive: true });
  await page.screenshot({ path: join(PICTURES, name), fullPage: true });
}
