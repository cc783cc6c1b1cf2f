/** What becomes of a page when the network, the gateway or the page itself goes away in the middle of a picture. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';

import { type FlakyNetwork, flakyNetwork } from '../../support/flaky-network.js';
import { type GatewayProcess, startGatewayProcess } from '../../support/gateway-process.js';
import {
  type StudioPage,
  answered,
  launchBrowser,
  messagesOf,
  openStudio,
  openTab,
  say,
  write,
} from '../../support/studio.js';

const AWAY = 'The gateway does not answer.';
const BACK = 'The gateway answers again.';

let browser: Browser;
let gateway: GatewayProcess;
let network: FlakyNetwork;
let page: StudioPage;

beforeAll(async () => {
  [browser, gateway] = await Promise.all([launchBrowser(), startGatewayProcess({ stepMs: 400, wordMs: 60 })]);
  network = await flakyNetwork(() => gateway.url);
}, 60_000);
afterAll(async () => {
  await browser.close();
  await network.close();
  await gateway.stop();
});
beforeEach(async () => {
  page = await openStudio(browser, network.url);
});
afterEach(async () => {
  network.restore();
  const { problems } = page;
  await page.context().close();
  if (problems.length > 0) throw new Error(problems.join('\n'));
});

const message = (tab = page) => tab.getByRole('textbox', { name: 'Message' });
const picture = (tab = page) => tab.getByRole('figure').getByRole('img');

/** A busy machine may pass over a step. */
async function drawUntilStep(step: number): Promise<void> {
  await say(page, 'Draw a red circle');
  await page.getByText(new RegExp(`Step [${step}-8] of 8`)).waitFor();
}

describe('in the middle of a picture', () => {
  it('a reload goes on where the picture is', async () => {
    await drawUntilStep(3);
    await page.reload();
    await page.getByText(/Step [4-8] of 8/).waitFor();
    await answered(page, 1);

    expect(await page.getByText('Draw a red circle').count()).toBeGreaterThan(0);
  }, 60_000);

  it('kill -9 of the gateway is told in one line, and the picture is finished all the same', async () => {
    await drawUntilStep(3);
    gateway = await gateway.crash();
    await page.getByText(BACK).waitFor();
    await answered(page, 1);

    await page.getByText(BACK).waitFor({ state: 'detached' });
    expect(await page.getByText(AWAY).count()).toBe(0);
    expect(await picture().count()).toBe(1);
  }, 60_000);

  it('a lost network is told, nothing typed is lost, and what was missed is there afterwards', async () => {
    await drawUntilStep(2);
    network.fail();
    await page.getByText(AWAY).waitFor();
    await message().fill('and the next sentence');
    network.restore();
    await answered(page, 1);

    await page.getByText(BACK).waitFor();
    expect(await message().inputValue()).toBe('and the next sentence');
  }, 60_000);

  it('a connection over which nothing comes any more is given up, as after a sleep', async () => {
    await drawUntilStep(2);
    // The client waits 20 s for a sign of life, twice at worst.
    page.setDefaultTimeout(60_000);
    network.freeze();
    await answered(page, 1);

    expect(await picture().count()).toBe(1);
  }, 90_000);

  it('leaving the page does not cancel', async () => {
    await drawUntilStep(2);
    await page.getByRole('link', { name: 'Activity' }).click();
    await page
      .getByRole('list', { name: 'Running tasks' })
      .getByText(/Step \d of 8/)
      .waitFor();
    await page.goBack();
    await answered(page, 1);

    expect(await messagesOf(page).count()).toBe(2);
  }, 60_000);
});

describe('what is typed', () => {
  it('outlives a reload', async () => {
    await message().fill('half a sentence');
    await page.reload();
    expect(await message().inputValue()).toBe('half a sentence');
  }, 60_000);

  it('is kept when it could not be sent, and arrives once when it is sent again', async () => {
    await say(page, 'hello');
    await answered(page);
    network.fail();
    await write(page, 'are you there');
    await page.getByText(/It was not sent\. Your words are still here\./).waitFor();
    expect(await message().inputValue()).toBe('are you there');

    network.restore();
    await page.getByText(BACK).waitFor();
    await page.getByRole('button', { name: 'Send' }).click();
    await messagesOf(page)
      .getByText(/you said: hello .*are you there/)
      .waitFor();
    await answered(page);
    expect(await page.getByText('are you there', { exact: true }).count()).toBe(1);
    expect(await message().inputValue()).toBe('');
  }, 60_000);
});

describe('a gateway that is away', () => {
  it('is explained on every page, which comes to life when it is back', async () => {
    await say(page, 'Draw a red circle');
    await answered(page, 1);
    network.fail();
    await page.getByRole('link', { name: 'Gallery', exact: true }).click();
    await page.getByText(AWAY).waitFor();
    await page.getByText('The gateway could not be reached. Nothing was lost; try again when it answers.').waitFor();
    network.restore();

    await page.getByText(BACK).waitFor();
    const pictures = page.getByRole('list', { name: 'Gallery' }).getByRole('link');
    await pictures.first().waitFor();
    expect(await pictures.count()).toBeGreaterThan(0);
  }, 60_000);
});

describe('a slow network', () => {
  it('shows fewer previews and the same picture', async () => {
    await message().waitFor();
    const connection = await page.context().newCDPSession(page);
    // As a phone at the edge of its net: 400 ms there and back, 30 KB a second.
    const slow = { offline: false, latency: 400, downloadThroughput: 30_000, uploadThroughput: 30_000 };
    await connection.send('Network.emulateNetworkConditions', slow);
    await say(page, 'Draw a red circle');
    await page.getByText(/Step \d of 8/).waitFor();
    await answered(page, 1);

    expect(await page.getByText(AWAY).count()).toBe(0);
  }, 60_000);
});

describe('two tabs on one conversation', () => {
  it('show the same, as it happens', async () => {
    await say(page, 'hello');
    await answered(page);
    const other = await openTab(await page.context().newPage(), page.url());
    await messagesOf(other).getByText('I see 0 pictures; you said: hello').waitFor();

    await say(other, 'sideways');
    await messagesOf(page)
      .getByText(/you said: .*sideways/)
      .waitFor();
    await Promise.all([answered(page), answered(other)]);
    expect(await messagesOf(page).allTextContents()).toEqual(await messagesOf(other).allTextContents());

    await page
      .getByRole('button', { name: /^Rename: hello/ })
      .first()
      .click();
    await page.getByRole('dialog').getByRole('textbox', { name: 'Name' }).fill('Both of us');
    await page.keyboard.press('Enter');
    await other.reload();
    await other.getByRole('heading', { name: 'Both of us' }).waitFor();
    expect(other.problems).toEqual([]);
  }, 60_000);

  it('see a picture develop in both', async () => {
    await drawUntilStep(1);
    const other = await openTab(await page.context().newPage(), page.url());
    await other.getByText(/Step \d of 8/).waitFor();
    await Promise.all([answered(page, 1), answered(other, 1)]);

    expect(await picture(other).getAttribute('alt')).toBe(await picture().getAttribute('alt'));
    expect(other.problems).toEqual([]);
  }, 60_000);
});
