/** The gallery with ten thousand pictures: all of them there, few of them in the page. */
import { readFile } from 'node:fs/promises';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import sharp from 'sharp';

import { thumbhashOf } from '../../../src/services/image-codec.js';
import { openStorage } from '../../../src/storage/index.js';
import { storeImage } from '../../support/stored-rows.js';
import {
  type StudioPage,
  answered,
  findings,
  launchBrowser,
  openStudio,
  say,
  screenshots,
  shiftsOf,
} from '../../support/studio.js';
import { type TestGateway, startTestGateway } from '../../support/test-gateway.js';

const COUNT = 10_000;

let browser: Browser;
let gateway: TestGateway;
let page: StudioPage;

beforeAll(async () => {
  [browser, gateway] = await Promise.all([launchBrowser(), startTestGateway({ prepare: storePictures })]);
}, 180_000);
afterAll(async () => {
  await browser.close();
  await gateway.stop();
});
beforeEach(async () => {
  page = await openStudio(browser, `${gateway.url}/gallery`);
});
afterEach(async () => {
  const { problems } = page;
  await page.context().close();
  if (problems.length > 0) throw new Error(problems.join('\n'));
});

/** Four files, each shown by every fourth picture; the oldest picture has the number 1. */
async function storePictures(dataDir: string): Promise<void> {
  const storage = await openStorage({ dataDir });
  try {
    const files = await Promise.all(
      ['#c03020', '#20a040', '#3050c0', '#e0c020'].map(async (background) => {
        const image = sharp({ create: { width: 64, height: 64, channels: 3, background } });
        const { sha256, byteSize } = await storage.blobs.put(await image.png().toBuffer());
        const data = await image.raw().toBuffer();
        return { sha256, byteSize, thumbhash: await thumbhashOf({ width: 64, height: 64, data }) };
      }),
    );
    await storage.transaction(async (tx) => {
      for (let number = 1; number <= COUNT; number += 1) {
        const settings = { width: 64, height: 64, numInferenceSteps: 8, guidanceScale: 1, trueCfgScale: 1 };
        await storeImage(
          { ...storage, db: tx },
          {
            ...{ width: 64, height: 64, origin: number % 10 === 0 ? 'EDITED' : 'GENERATED', ...files[number % 4] },
            recipe: {
              modelId: 'minimal',
              prompt: `picture ${number}`,
              settings: { ...settings, negativePrompt: '', seed: number, count: 1, decoder: 'generation' },
            },
          },
        );
      }
    });
  } finally {
    await storage.close();
  }
}

const grid = () => page.getByRole('list', { name: 'Gallery' });
const pictures = () => grid().getByRole('link');
const named = (number: number) => grid().getByRole('img', { name: `Picture: picture ${number}`, exact: true });
const focused = () => page.evaluate<string | null>('document.activeElement?.querySelector("img")?.alt ?? null');

describe('ten thousand pictures', () => {
  it('are counted, and only those in view exist', async () => {
    await named(COUNT).waitFor();
    await page.getByText('10,000 pictures').waitFor();

    expect(await grid().getByRole('listitem').count()).toBeLessThan(120);
    expect(await shiftsOf(page)).toBeLessThan(0.02);
    expect(await findings(page)).toEqual([]);
    await screenshots(page, 'gallery-full');
  }, 60_000);

  it('are gone through with the keyboard: one Tab leads in, arrows go around, End to the oldest, Enter opens', async () => {
    await named(COUNT).waitFor();
    await pictures().first().focus();
    expect(await focused()).toBe('Picture: picture 10000');
    await page.keyboard.press('ArrowRight');
    expect(await focused()).toBe('Picture: picture 9999');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('End');
    await named(1).waitFor({ timeout: 60_000 });
    await page.waitForTimeout(100);
    expect(await focused()).toBe('Picture: picture 1');
    expect(await grid().getByRole('listitem').count()).toBeLessThan(120);
    expect(await grid().locator('[tabindex="0"]').count()).toBe(1);

    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'picture 1', exact: true }).waitFor();
    await page.keyboard.press('Escape');
    await named(1).waitFor();
  }, 120_000);

  it('stand behind their thumbhashes until they are loaded', async () => {
    await page.route('**/images/**', () => undefined);
    await page.reload();
    await named(COUNT).waitFor();

    const placeholder = await page.evaluate<string>(
      `getComputedStyle(document.querySelector('[aria-label=Gallery] img').parentElement).backgroundImage`,
    );
    expect(placeholder).toMatch(/^url\("data:image\/png;base64,/);
  }, 60_000);

  it('are filtered and searched, and the address says how', async () => {
    await page.getByText('Edited', { exact: true }).click();
    await page.getByText('1,000 pictures').waitFor();
    await page.getByRole('searchbox', { name: 'Search pictures' }).fill('picture 77');
    await page.getByText('11 pictures').waitFor();
    expect(page.url()).toContain('/gallery?q=picture+77&origin=EDITED');
    await named(7770).waitFor();

    await page.reload();
    await page.getByText('11 pictures').waitFor();
    expect(await page.getByRole('searchbox', { name: 'Search pictures' }).inputValue()).toBe('picture 77');
    await page.getByRole('searchbox', { name: 'Search pictures' }).fill('no such picture');
    await page.getByRole('link', { name: 'Show all pictures' }).click();
    await page.getByText('10,000 pictures').waitFor();
  }, 60_000);
});

describe('a picture', () => {
  it('leads to its neighbours, and back to where it was opened', async () => {
    await named(9990).click();
    await page.getByRole('heading', { name: 'picture 9990' }).waitFor();
    await page.keyboard.press('ArrowRight');
    await page.getByRole('heading', { name: 'picture 9989' }).waitFor();
    await page.getByRole('button', { name: 'Previous picture' }).press('Enter');
    await page.getByRole('heading', { name: 'picture 9990' }).waitFor();
    expect(await page.evaluate('document.activeElement?.textContent')).toContain('Previous picture');
    expect(await findings(page)).toEqual([]);
    await page.getByRole('link', { name: 'Gallery', exact: true }).first().click();
    await named(9990).waitFor();
  }, 60_000);

  it('is deleted after a question', async () => {
    await named(9995).click();
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByText('9,999 pictures').waitFor();
    expect(await named(9995).count()).toBe(0);
  }, 60_000);

  it('is compared with its source, has its lineage, and is downloaded with what made it', async () => {
    await page.goto(gateway.url);
    await say(page, 'Draw a red circle');
    await answered(page, 1);
    await say(page, 'Draw it darker');
    await answered(page, 2);
    await say(page, 'Draw it wider');
    await answered(page, 3);
    await page.getByRole('link', { name: 'Open in the gallery' }).nth(1).click();
    await page.getByRole('heading', { name: 'Draw it darker' }).waitFor();

    const lineage = page.getByRole('navigation', { name: 'Lineage' });
    expect(await lineage.getByRole('link').allTextContents()).toEqual([
      'Draw a red circle',
      'Draw it darker',
      'Draw it wider',
    ]);
    expect(await lineage.locator('[aria-current]').textContent()).toBe('Draw it darker');
    await page.getByText('Beside its source').click();
    expect(await page.getByRole('img', { name: 'Before' }).count()).toBe(1);
    expect(await page.getByRole('img', { name: 'After' }).count()).toBe(1);
    await page.getByText('Slider', { exact: true }).click();
    const line = page.getByRole('slider', { name: 'How much of the picture before is seen' });
    const seen = () => page.evaluate<string>(`getComputedStyle(document.querySelector('[class*=over]')).clipPath`);
    const before = await seen();
    await line.fill('80');
    expect(await seen()).not.toBe(before);
    expect(await findings(page)).toEqual([]);
    await screenshots(page, 'image');

    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('draw-it-darker.png');
    expect((await readFile(await download.path())).includes('Draw it darker')).toBe(true);
    await lineage.getByText('Draw it wider').click();
    await page.getByRole('heading', { name: 'Draw it wider' }).waitFor();
  }, 60_000);

  it('is edited from here', async () => {
    await named(9991).click();
    await page.getByRole('button', { name: 'Edit this one' }).click();
    await page.getByRole('heading', { name: 'What should develop?' }).waitFor();
    await page.getByRole('list', { name: 'Pictures to send' }).getByRole('img', { name: 'picture 9991' }).waitFor();
    await say(page, 'Draw it darker');
    await answered(page, 1);
    expect(await page.getByText('picture 9991').count()).toBe(0);
  }, 60_000);
});

describe('what looks alike', () => {
  it('is found for a picture and for words', async () => {
    const comparing = await startTestGateway({ config: { compareImages: true } });
    try {
      await page.context().close();
      page = await openStudio(browser, comparing.url);
      for (const [index, words] of ['Draw a blue ring', 'Draw a red circle', 'Draw it darker'].entries()) {
        await say(page, words);
        await answered(page, index + 1);
      }
      await page.getByRole('link', { name: 'Open in the gallery' }).first().click();
      await page.getByRole('link', { name: 'Find similar' }).click();
      await page.getByText('2 pictures').waitFor();
      expect(page.url()).toContain('/gallery?like=');
      expect(await grid().getByRole('img', { name: 'Picture: Draw a blue ring' }).count()).toBe(0);

      await page.getByRole('link', { name: 'Show all pictures' }).click();
      await page.getByRole('combobox', { name: 'Search in' }).selectOption('by look');
      await page.getByRole('searchbox', { name: 'Search pictures' }).fill('Draw a blue ring');
      await page.waitForURL(/q=Draw\+a\+blue\+ring&by=look/);
      await page.getByText('3 pictures').waitFor();
      expect(await pictures().first().getByRole('img').getAttribute('alt')).toBe('Picture: Draw a blue ring');
    } finally {
      await comparing.stop();
    }
  }, 60_000);
});
