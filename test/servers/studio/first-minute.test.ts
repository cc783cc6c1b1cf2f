/** The first minute with nothing but Darkroom: the embedded model says what it knows, and one press shows a picture develop. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import sharp from 'sharp';

import {
  type StudioPage,
  answered,
  findings,
  launchBrowser,
  openStudio,
  say,
  screenshots,
} from '../../support/studio.js';
import { type TestGateway, startTestGateway } from '../../support/test-gateway.js';

let browser: Browser;
let gateway: TestGateway;
let page: StudioPage;

beforeAll(async () => {
  // The plugins and models of the defaults: nexus-nano.
  [browser, gateway] = await Promise.all([
    launchBrowser(),
    startTestGateway({ config: { plugins: undefined, models: undefined } }),
  ]);
  page = await openStudio(browser, gateway.url);
}, 120_000);
afterAll(async () => {
  await browser.close();
  await gateway.stop();
});

describe('the first minute', () => {
  it('says what the embedded model knows, and offers prompts', async () => {
    await page.getByText(/nexus-nano, knows one small world/).waitFor();

    expect(await page.getByRole('list', { name: 'Try one of these:' }).getByRole('button').count()).toBe(4);
    await screenshots(page, 'first-minute');
  }, 60_000);

  it('shows a picture developing with the first press', async () => {
    // It is done within a second: what is seen in between is written down.
    await page.evaluate(`
      globalThis.seen = new Set();
      new MutationObserver(() => {
        const caption = document.querySelector('figcaption')?.textContent;
        for (const step of caption?.match(/Step \\d of 8/g) ?? []) seen.add(step);
      }).observe(document.body, { subtree: true, childList: true, characterData: true });
    `);
    await page.getByRole('button', { name: 'a red circle above a small blue square' }).click();
    await answered(page, 1);
    expect(await page.evaluate('globalThis.seen.size')).toBeGreaterThan(1);
    await page.getByRole('slider', { name: 'Development, step by step' }).waitFor();

    const source = await page.getByRole('figure').getByRole('img').getAttribute('src');
    const file = Buffer.from(await (await fetch(new URL(source ?? '', gateway.url))).arrayBuffer());
    const { data } = await sharp(file).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    expect(shareOf(data, ([red, green, blue]) => red > 150 && green < 110 && blue < 110)).toBeGreaterThan(0.02);
    expect(shareOf(data, ([red, green, blue]) => blue > 150 && red < 110 && green < 150)).toBeGreaterThan(0.002);
  }, 60_000);

  it('goes on in words: the picture is changed, and asked about', async () => {
    await say(page, 'make the circle green');
    await answered(page, 2);
    await say(page, 'what is in the picture?');
    await answered(page);

    expect(await page.getByRole('list', { name: 'Messages' }).locator('> li').last().textContent()).toMatch(
      /green circle/,
    );
    expect(await findings(page)).toEqual([]);
    await screenshots(page, 'conversation-nano');
    expect(page.problems).toEqual([]);
  }, 60_000);
});

/** Of the pixels of an RGB picture, those that are like this. */
function shareOf(data: Buffer, isLike: (pixel: readonly [number, number, number]) => boolean): number {
  let count = 0;
  for (let at = 0; at < data.length; at += 3) {
    if (isLike([data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0])) count += 1;
  }
  return (3 * count) / data.length;
}
