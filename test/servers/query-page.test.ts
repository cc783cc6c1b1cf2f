/** The page at /graphql in a real browser. */
import { existsSync } from 'node:fs';

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type Browser, chromium } from 'playwright-core';

import { type ServedServices, servedServices } from '../support/served-services.js';

const SUBSCRIPTION = 'subscription Watch { taskEvents(taskId: "nothing") { cursor } }';
/** The page asks for the whole schema at once. */
const QUERY_LIMITS = { maxDepth: 20, maxAliases: 50, maxDirectives: 50, maxTokens: 2_000, maxCost: 2_000 };

let browser: Browser;
let gateway: ServedServices;

beforeAll(async () => {
  const executablePath =
    ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path)) ?? 'chromium';
  browser = await chromium.launch({
    executablePath,
    chromiumSandbox: false,
    args: ['--disable-background-networking'],
  });
}, 60_000);
afterAll(() => browser.close());
afterEach(() => gateway.close());

describe('the query page', () => {
  it('runs a subscription, and asks nobody but the gateway for anything', async () => {
    gateway = await servedServices({ http: { queryLimits: QUERY_LIMITS } });
    const page = await browser.newPage();
    const requested: string[] = [];
    const problems: string[] = [];
    page.on('request', (request) => requested.push(request.url()));
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });

    await page.goto(`${gateway.url}/graphql`);
    // The page fills its editor with the first query once it is ready; what is typed before that is lost.
    const editor = page.locator('.monaco-editor').first();
    await editor.getByText('generateImage').first().waitFor({ timeout: 60_000 });
    await editor.click();
    await page.keyboard.press('Control+A');
    await page.keyboard.insertText(SUBSCRIPTION);
    await editor.getByText('Watch').first().waitFor();
    // It also reads the editor a moment after the last change: until then the button runs what was there before.
    const answer = page.getByText('must be the `id` of a Task').first();
    for (let attempt = 0; attempt < 20 && !(await answer.isVisible()); attempt += 1) {
      await page.locator('button.graphiql-execute-button').click();
      await answer.waitFor({ timeout: 3_000 }).catch(() => undefined);
    }
    expect(await answer.isVisible()).toBe(true);

    const isOurs = (url: string) => /^(data|blob):/.test(url) || new URL(url).origin === gateway.url;
    expect(requested.length).toBeGreaterThan(4);
    expect(requested.filter((url) => !isOurs(url))).toEqual([]);
    expect(problems).toEqual([]);
  }, 180_000);
});
