/** The studio as a whole: what holds for every page. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';

import { findings, launchBrowser, openStudio, say, screenshots } from '../../support/studio.js';
import { type TestGateway, startTestGateway } from '../../support/test-gateway.js';

const PAGES = [
  { path: '/', name: 'conversation', heading: 'What should develop?' },
  { path: '/gallery', name: 'gallery', heading: 'Gallery' },
  { path: '/activity', name: 'activity', heading: 'Activity' },
];
const FIRST_LOAD_BYTES = 200_000;

let browser: Browser;
let gateway: TestGateway;

beforeAll(async () => {
  [browser, gateway] = await Promise.all([launchBrowser(), startTestGateway()]);
  // Something to show.
  const page = await openStudio(browser, gateway.url);
  // The minimal model draws when it is told to draw.
  await say(page, 'Draw a red circle');
  await page.getByRole('button', { name: 'Edit this one' }).waitFor();
  await page.context().close();
}, 120_000);
afterAll(async () => {
  await browser.close();
  await gateway.stop();
});

describe.each(PAGES)('the page at $path', ({ path, name, heading }) => {
  it('is shown, has no finding of axe in dark and light, and asks nobody but its gateway', async () => {
    const page = await openStudio(browser, gateway.url + path);
    await page.getByRole('heading', { name: heading }).waitFor();
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      expect(await findings(page)).toEqual([]);
    }
    await screenshots(page, name);
    expect(page.problems).toEqual([]);
    await page.context().close();
  }, 60_000);

  it('fits a phone', async () => {
    const page = await openStudio(browser, gateway.url + path, { viewport: { width: 360, height: 740 } });
    await page.getByRole('heading', { name: heading }).waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
    expect(await findings(page)).toEqual([]);
    await screenshots(page, `${name}-phone`);
    await page.context().close();
  }, 60_000);
});

describe('the studio', () => {
  it('loads less than 200 KB, all pages and what the gateway answers included', async () => {
    const page = await openStudio(browser, gateway.url);
    await page.getByRole('heading', { name: 'What should develop?' }).waitFor();
    const loaded = () =>
      page.evaluate<{ names: string[]; bytes: number }>(`({
        names: performance.getEntriesByType('resource').map(({ name }) => name),
        bytes: performance.getEntriesByType('resource').reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0),
      })`);
    while (!(await loaded()).names.some((name) => name.includes('image-page'))) await page.waitForTimeout(100);

    expect((await loaded()).bytes).toBeGreaterThan(80_000);
    expect((await loaded()).bytes).toBeLessThan(FIRST_LOAD_BYTES);
    await page.context().close();
  }, 60_000);

  it('changes theme and language with a press, and remembers both', async () => {
    const page = await openStudio(browser, gateway.url, { colorScheme: 'dark' });
    const ground = () => page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    const dark = await ground();
    await page.getByRole('button', { name: 'Theme: As the system' }).click();
    await page.getByRole('button', { name: 'Theme: Dark' }).click();
    await page.getByRole('button', { name: 'Theme: Light' }).waitFor();
    expect(await ground()).not.toBe(dark);
    await page.getByRole('button', { name: 'Language: 中文' }).click();
    await page.getByRole('heading', { name: '想显影什么？' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: '想显影什么？' }).waitFor();
    expect(await ground()).not.toBe(dark);
    expect(await page.evaluate('document.documentElement.lang')).toBe('zh');
    await page.context().close();
  }, 60_000);

  it('speaks Chinese to a browser that does', async () => {
    const page = await openStudio(browser, gateway.url, { locale: 'zh-CN' });
    await page.getByRole('heading', { name: '想显影什么？' }).waitFor();
    expect(await findings(page)).toEqual([]);
    await page.context().close();
  }, 60_000);

  it('is gone through with the keyboard: first to the content, then from link to link', async () => {
    const page = await openStudio(browser, gateway.url);
    await page.getByRole('heading', { name: 'What should develop?' }).waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement?.textContent')).toBe('Skip to the content');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement?.id')).toBe('main');
    await page.context().close();
  }, 60_000);

  it('says at an address that leads nowhere where to go', async () => {
    const page = await openStudio(browser, gateway.url);
    await page.goto(`${gateway.url}/c/nowhere`);
    await page.getByRole('heading', { name: 'This conversation is not here' }).waitFor();
    expect(
      await page.getByRole('main').getByRole('link', { name: 'New conversation' }).last().getAttribute('href'),
    ).toBe('/');
    await page.context().close();
  }, 60_000);
});
