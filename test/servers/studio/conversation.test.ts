/** Conversations: words stream, pictures develop in place, and what can be done with them. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Browser, Locator } from 'playwright-core';
import sharp from 'sharp';

import {
  type StudioPage,
  answered,
  launchBrowser,
  messagesOf,
  openStudio,
  openTab,
  say,
  shiftsOf,
  write,
} from '../../support/studio.js';
import { type TestGateway, startTestGateway } from '../../support/test-gateway.js';

let browser: Browser;
let gateway: TestGateway;
let page: StudioPage;
let redPng: Buffer;

beforeAll(async () => {
  [browser, gateway, redPng] = await Promise.all([
    launchBrowser(),
    startTestGateway({ stepMs: 120, wordMs: 60 }),
    sharp({ create: { width: 90, height: 60, channels: 3, background: 'red' } })
      .png()
      .toBuffer(),
  ]);
}, 60_000);
afterAll(async () => {
  await browser.close();
  await gateway.stop();
});
beforeEach(async () => {
  page = await openStudio(browser, gateway.url, { permissions: ['clipboard-read', 'clipboard-write'] });
});
afterEach(async () => {
  // The browser tells of every refused request; what the page says of it is tested.
  const problems = page.problems.filter((problem) => !problem.includes('status of 415'));
  await page.context().close();
  if (problems.length > 0) throw new Error(problems.join('\n'));
});

const attachments = () => page.getByRole('list', { name: 'Pictures to send' }).getByRole('img');
const sourceOf = (image: Locator) => image.getAttribute('src');

describe('an answer', () => {
  it('streams its words', async () => {
    await say(page, 'hello to all of you out there');
    await page.locator('[aria-busy=true]').getByText('I see').waitFor();
    const early = await page.locator('[aria-busy=true] p').textContent();
    await answered(page);

    const whole = await messagesOf(page)
      .getByText('I see 0 pictures; you said: hello to all of you out there')
      .textContent();
    expect(early?.length).toBeLessThan(whole?.length ?? 0);
    expect(whole?.startsWith(early ?? '')).toBe(true);
  }, 60_000);

  it('develops its picture in place: with step, noise level and time left, and nothing moves', async () => {
    await say(page, 'Draw a red circle');
    await page.getByText(/Step \d of 8/).waitFor();
    await page.getByText(/σ 0\.\d\d/).waitFor();
    await page.getByText(/s left/).waitFor();
    expect(Number(await page.getByRole('progressbar').getAttribute('value'))).toBeGreaterThan(0);
    const before = await page.getByRole('figure').getByRole('img').boundingBox();
    await answered(page, 1);

    const after = await page.getByRole('figure').getByRole('img').boundingBox();
    expect({ width: after?.width, height: after?.height }).toEqual({ width: before?.width, height: before?.height });
    expect(await shiftsOf(page)).toBeLessThan(0.02);
  }, 60_000);

  it('keeps the development: a slider and a button play it again', async () => {
    await say(page, 'Draw a red circle');
    await answered(page, 1);
    const image = page.getByRole('figure').getByRole('img');
    const slider = page.getByRole('slider', { name: 'Development, step by step' });
    expect(await sourceOf(image)).toMatch(/^http|^\//);

    await slider.fill('0');
    expect(await sourceOf(image)).toMatch(/^data:/);
    expect(await slider.getAttribute('aria-valuetext')).toBe('Step 1 of 8');
    await slider.press('End');
    expect(await slider.getAttribute('aria-valuetext')).toBe('The picture is finished.');

    await page.getByRole('button', { name: 'Play the development' }).click();
    await page.getByRole('button', { name: 'Pause' }).waitFor();
    await page.getByRole('button', { name: 'Play the development' }).waitFor();
    expect(await sourceOf(image)).toMatch(/^http|^\//);
  }, 60_000);

  it('is cancelled, and tried again', async () => {
    await say(page, 'Draw a red circle');
    await page.getByText(/Step \d of 8/).waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByText('Cancelled').first().waitFor();
    expect(await page.getByRole('button', { name: 'Edit this one' }).count()).toBe(0);

    await page.getByRole('button', { name: 'Try again' }).click();
    await answered(page, 1);
    expect(await page.getByText('Cancelled').count()).toBe(0);
    expect(await messagesOf(page).count()).toBe(2);
  }, 60_000);

  it('is not begun with settings that the model does not have: it says what is wrong, and the words stay', async () => {
    await page.getByRole('button', { name: 'Settings' }).click();
    await page.getByRole('spinbutton', { name: 'Width, px' }).fill('17');
    await page.getByRole('button', { name: 'Settings' }).click();
    await write(page, 'Draw a lonely circle');
    await page.getByText(/It was not sent\. Your words are still here\..*draws widths from 16 to 1024/s).waitFor();

    expect(await page.getByRole('textbox', { name: 'Message' }).inputValue()).toBe('Draw a lonely circle');
    // Nor is a conversation left behind in which nothing was said.
    await page.reload();
    await page.getByRole('heading', { name: 'What should develop?' }).waitFor();
    await page.getByRole('searchbox', { name: 'Search conversations' }).fill('lonely');
    await page.getByText('No conversation has these words.').waitFor();
  }, 60_000);
});

describe('for those who do not see it, or do not want it to move, a conversation', () => {
  it('says when an answer is whole, with its words', async () => {
    await say(page, 'hello there');
    await page.getByRole('status').getByText('Working').waitFor({ state: 'attached' });
    await answered(page);

    expect(await page.getByRole('status').allTextContents()).toContain(
      'The answer is complete. I see 0 pictures; you said: hello there',
    );
  }, 60_000);

  it('moves nothing where less motion is wanted', async () => {
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await say(page, 'Draw a red circle');
    await page.getByText(/Step \d of 8/).waitFor();

    expect(await page.evaluate('document.getAnimations().length')).toBe(0);
    await answered(page, 1);
  }, 60_000);
});

describe('a picture', () => {
  it('is varied: the same words with another seed', async () => {
    await say(page, 'Draw a red circle');
    await answered(page, 1);
    await page.getByRole('button', { name: 'Copy prompt and settings' }).click();
    const first = await page.evaluate<string>('navigator.clipboard.readText()');

    await page.getByRole('button', { name: 'Vary: the same with another seed' }).click();
    await answered(page, 2);
    await page.getByRole('button', { name: 'Copy prompt and settings' }).last().click();
    const second = await page.evaluate<string>('navigator.clipboard.readText()');
    const parts = /^(.*)\n64 x 64, 8 steps, guidance 1, seed (\d+), model minimal$/;
    expect(parts.exec(first)?.[1]).toBe('Draw a red circle');
    expect(parts.exec(second)?.[1]).toBe('Draw a red circle');
    expect(parts.exec(second)?.[2]).not.toBe(parts.exec(first)?.[2]);
  }, 60_000);

  it('becomes the source of an edit', async () => {
    await say(page, 'Draw a red circle');
    await answered(page, 1);
    await page.getByRole('button', { name: 'Edit this one' }).click();
    await attachments().first().waitFor();
    expect(await page.evaluate('document.activeElement?.getAttribute("aria-label")')).toBe('Message');
    await say(page, 'Draw it darker');
    await answered(page, 2);
    expect(await attachments().count()).toBe(0);

    await page.getByRole('link', { name: 'Open in the gallery' }).last().click();
    await page.getByRole('definition').getByText('Edited').waitFor();
    await page.getByRole('navigation', { name: 'Lineage' }).getByText('Draw a red circle').waitFor();
  }, 60_000);

  it('is saved under the name of its prompt', async () => {
    await say(page, 'Draw a red circle');
    await answered(page, 1);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download' }).click(),
    ]);

    expect(download.suggestedFilename()).toBe('draw-a-red-circle.png');
    expect(await sharp(await download.path()).metadata()).toMatchObject({ format: 'png', width: 64 });
  }, 60_000);
});

describe('pictures to send', () => {
  const dispatch = (type: 'paste' | 'drop', name: string, bytes: Buffer) =>
    page.evaluate(`(() => {
      const bytes = Uint8Array.from(atob('${bytes.toString('base64')}'), (character) => character.codePointAt(0));
      const transfer = new DataTransfer();
      transfer.items.add(new File([bytes], '${name}', { type: 'image/png' }));
      const event =
        '${type}' === 'paste'
          ? new ClipboardEvent('paste', { clipboardData: transfer, bubbles: true, cancelable: true })
          : new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true });
      document.querySelector('textarea').dispatchEvent(event);
    })()`);

  it('are chosen, pasted and dropped, and looked at by the model', async () => {
    await page.getByRole('textbox', { name: 'Message' }).waitFor();
    await page.locator('input[type=file]').setInputFiles({ name: 'a.png', mimeType: 'image/png', buffer: redPng });
    await attachments().first().waitFor();
    await dispatch('paste', 'b.png', redPng);
    await attachments().nth(1).waitFor();
    await dispatch('drop', 'c.png', redPng);
    await attachments().nth(2).waitFor();
    await page.getByRole('button', { name: 'Remove' }).last().click();
    await attachments().nth(2).waitFor({ state: 'detached' });
    await say(page, 'what are these');

    await messagesOf(page).getByText('I see 2 pictures; you said: what are these').waitFor();
    expect(await messagesOf(page).first().getByRole('img').count()).toBe(2);
  }, 60_000);

  it('are refused when they are none, with the name of the file and what would do', async () => {
    await page.getByRole('textbox', { name: 'Message' }).waitFor();
    await dispatch('drop', 'notes.png', Buffer.from('no picture'));

    await page.getByText(/notes\.png: This file is not a picture that the gateway can read/).waitFor();
    expect(await attachments().count()).toBe(0);
  }, 60_000);
});

describe('a draft', () => {
  it('with a picture that was deleted since says so, and is sent without it', async () => {
    await say(page, 'Draw a red circle');
    await answered(page, 1);
    const address = page.url();
    await page.getByRole('button', { name: 'Edit this one' }).click();
    await page.getByRole('link', { name: 'Open in the gallery' }).click();
    await page.getByRole('button', { name: 'Delete' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await dialog
      .getByRole('alert')
      .getByText(/is used/i)
      .waitFor();
    await dialog.getByRole('checkbox').check();
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await page.getByText('The picture was deleted.').waitFor();

    await page.goto(address);
    const gone = page.getByRole('list', { name: 'Pictures to send' }).getByText('This picture was deleted.');
    await gone.waitFor();
    await page.getByRole('button', { name: 'Remove' }).click();
    await say(page, 'what was there');
    await answered(page);
    expect(await messagesOf(page).count()).toBe(4);
  }, 60_000);

  it('that two tabs have kept begins a conversation in each', async () => {
    await page.getByRole('textbox', { name: 'Message' }).fill('twice the same');
    const other = await openTab(await page.context().newPage(), gateway.url);
    expect(await other.getByRole('textbox', { name: 'Message' }).inputValue()).toBe('twice the same');
    for (const tab of [page, other]) {
      await tab.getByRole('button', { name: 'Send' }).click();
      await tab.waitForURL(/\/c\//);
      await answered(tab);
    }

    expect(page.url()).not.toBe(other.url());
    expect(other.problems).toEqual([]);
  }, 60_000);

  it('keeps what was written while the message before was on its way', async () => {
    await say(page, 'hello');
    await answered(page);
    await page.route('**/graphql', async (route) => {
      if (route.request().postData()?.includes('sendMessage')) await page.waitForTimeout(500);
      await route.continue();
    });
    await write(page, 'the first');
    await page.getByRole('textbox', { name: 'Message' }).press('End');
    await page.getByRole('textbox', { name: 'Message' }).pressSequentially(' and more');
    await messagesOf(page).nth(3).waitFor();

    expect(await page.getByRole('textbox', { name: 'Message' }).inputValue()).toBe(' and more');
    expect(await messagesOf(page).nth(2).textContent()).toMatch(/the first$/);
  }, 60_000);
});

describe('settings', () => {
  it('are at hand, and what is left empty is as the model has it', async () => {
    await page.getByRole('button', { name: 'Settings' }).click();
    const steps = page.getByRole('spinbutton', { name: 'Steps' });
    expect(await steps.getAttribute('placeholder')).toBe('8');
    await steps.fill('4');
    await page.getByRole('spinbutton', { name: 'Seed' }).fill('7');
    await page.getByRole('spinbutton', { name: 'Pictures' }).fill('2');
    await page.getByRole('spinbutton', { name: 'Width, px' }).fill('96');
    await say(page, 'Draw a red circle');
    await answered(page, 2);
    await page.getByRole('button', { name: 'Copy prompt and settings' }).last().click();

    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(
      'Draw a red circle\n96 x 64, 4 steps, guidance 1, seed 8, model minimal',
    );
  }, 60_000);
});

describe('the list of conversations', () => {
  const list = () => page.getByRole('complementary', { name: 'Conversations' });

  it('is searched, renamed and deleted from', async () => {
    await say(page, 'a sentence about pelicans');
    await answered(page);
    await list().getByText('a sentence about pelicans').waitFor();

    await list().getByRole('button', { name: 'Rename: a sentence about pelicans' }).click();
    await page.getByRole('dialog').getByRole('textbox', { name: 'Name' }).fill('Large birds');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Large birds' }).waitFor();

    await page.getByRole('searchbox', { name: 'Search conversations' }).fill('large b');
    await list().getByText('Large birds').waitFor();
    await page.getByRole('searchbox', { name: 'Search conversations' }).fill('no such words');
    await list().getByText('No conversation has these words.').waitFor();
    await page.getByRole('searchbox', { name: 'Search conversations' }).fill('');

    await list().getByRole('button', { name: 'Delete: Large birds' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByText('The conversation was deleted.').waitFor();
    await page.getByRole('heading', { name: 'What should develop?' }).waitFor();
    expect(await list().getByText('Large birds').count()).toBe(0);
  }, 60_000);
});

describe('the keyboard', () => {
  it('is enough: Enter sends, Shift and Enter begin a line, Escape closes a dialog', async () => {
    const message = page.getByRole('textbox', { name: 'Message' });
    await message.focus();
    await page.keyboard.type('one');
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.type('two');
    expect(await message.inputValue()).toBe('one\ntwo');
    await page.keyboard.press('Enter');
    await messagesOf(page).getByText('I see 0 pictures; you said: one two').waitFor();

    await page.getByRole('button', { name: 'Rename: one two' }).press('Enter');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  }, 60_000);
});
