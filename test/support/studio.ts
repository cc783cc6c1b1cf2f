/** The studio in Debian's Chromium, with a gateway behind it. Screenshots go to test-output/studio. Needs a build. */
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { type Browser, type BrowserContextOptions, type Locator, type Page, chromium } from 'playwright-core';

import { packageRoot } from '../../src/plugin/package-root.js';

const SCREENSHOTS = join(packageRoot, 'test-output/studio');
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
/** WCAG 2.2 AA and what it builds on. */
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** Longer than anything takes here, on a machine that is busy. */
const ACTION_MS = 15_000;

export interface StudioPage extends Page {
  /** Errors and warnings of the page, and requests to anybody but its own gateway. */
  readonly problems: readonly string[];
}

export function launchBrowser(): Promise<Browser> {
  const executablePath =
    ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path)) ?? 'chromium';
  return chromium.launch({ executablePath, chromiumSandbox: false, args: ['--disable-background-networking'] });
}

/** A page of a person of its own: nothing in its storage. */
export async function openStudio(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<StudioPage> {
  const context = await browser.newContext({ viewport: { width: 1360, height: 860 }, locale: 'en-GB', ...options });
  return openTab(await context.newPage(), url);
}

export async function openTab(page: Page, url: string): Promise<StudioPage> {
  page.setDefaultTimeout(ACTION_MS);
  await page.addInitScript(COUNT_SHIFTS);
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(String(error.stack)));
  page.on('console', (message) => {
    // A gateway that is away makes the browser itself complain; the tests that want that look at the page.
    const isNetwork = /net::ERR_|WebSocket connection to/.test(message.text());
    if (['error', 'warning'].includes(message.type()) && !isNetwork) problems.push(message.text());
  });
  page.on('request', (request) => {
    const isOurs = /^(data|blob):/.test(request.url()) || new URL(request.url()).origin === new URL(url).origin;
    if (!isOurs) problems.push(`asks ${request.url()}`);
  });
  await page.goto(url);
  return Object.assign(page, { problems });
}

/** Layout shifts that nobody asked for by a press or a key, as Chromium scores them: 0.1 is what the Web Vitals call good. */
const COUNT_SHIFTS = `
  globalThis.shifts = 0;
  new PerformanceObserver((list) => {
    for (const { hadRecentInput, value } of list.getEntries()) if (!hadRecentInput) globalThis.shifts += value;
  }).observe({ type: 'layout-shift', buffered: true });
`;

/** Their sum since the page was loaded. */
export function shiftsOf(page: Page): Promise<number> {
  return page.evaluate<number>('globalThis.shifts');
}

/** Writes a message and presses Send. */
export async function write(page: Page, text: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Message' }).fill(text);
  await page.getByRole('button', { name: 'Send' }).click();
}

/** Says something: the message and the answer that begins are on the page afterwards. */
export async function say(page: Page, text: string): Promise<void> {
  const before = await messagesOf(page).count();
  await write(page, text);
  await messagesOf(page)
    .nth(before + 1)
    .waitFor();
}

/** The last answer is whole. @param pictures that the conversation has then */
export async function answered(page: Page, pictures?: number): Promise<void> {
  if (pictures !== undefined)
    await page
      .getByRole('button', { name: 'Edit this one' })
      .nth(pictures - 1)
      .waitFor();
  await messagesOf(page).last().and(page.locator('[aria-busy=false]')).waitFor();
}

export function messagesOf(page: Page): Locator {
  return page.getByRole('list', { name: 'Messages' }).locator('> li');
}

interface AxeResult {
  readonly violations: readonly {
    readonly id: string;
    readonly help: string;
    readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
  }[];
}

/** What axe finds, one line each; none is wanted. */
export async function findings(page: Page): Promise<string[]> {
  // The content security policy of the page forbids scripts inside of it; what the test brings is evaluated, not loaded.
  await page.evaluate(await readFile(AXE, 'utf8'));
  const { violations } = await page.evaluate<AxeResult>(`axe.run(document, { runOnly: ${JSON.stringify(RULES)} })`);
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${help}: ${html.slice(0, 200)} ${failureSummary}`),
  );
}

/** In dark and light, to be looked at. */
export async function screenshots(page: Page, name: string): Promise<void> {
  await mkdir(SCREENSHOTS, { recursive: true });
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.screenshot({ path: join(SCREENSHOTS, `${name}-${colorScheme}.png`) });
  }
}
