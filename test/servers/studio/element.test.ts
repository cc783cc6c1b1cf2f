/** `<darkroom-image>` in a page of another origin, which knows nothing but the address of the gateway. */
import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';

import { CancelTaskDocument, GenerateImageDocument } from '../../../src/client/gql/graphql.js';
import { toGlobalId } from '../../../src/graphql/global-id.js';
import { tell } from '../../support/client.js';
import { type FlakyNetwork, flakyNetwork } from '../../support/flaky-network.js';
import { findings, launchBrowser } from '../../support/studio.js';
import { type TestGateway, startTestGateway } from '../../support/test-gateway.js';

let browser: Browser;
let files: Server;
let origin: string;
let gateway: TestGateway;
let network: FlakyNetwork;
let page: Page;
let problems: string[];

beforeAll(async () => {
  browser = await launchBrowser();
  // A policy without 'unsafe-inline': the element brings its own style all the same.
  files = createServer((_request, response) =>
    response
      .writeHead(200, {
        'content-type': 'text/html',
        'content-security-policy': `default-src 'none'; script-src ${network.url}; connect-src *; img-src * data:`,
      })
      .end(
        `<!doctype html><html lang="en"><title>Somebody's page</title><main><h1>A page</h1></main>
         <script type="module" src="${network.url}/darkroom-image.js"></script></html>`,
      ),
  );
  files.listen(0, '127.0.0.1');
  await once(files, 'listening');
  origin = `http://127.0.0.1:${(files.address() as AddressInfo).port}`;
  gateway = await startTestGateway({ stepMs: 150, config: { allowedOrigins: [origin] } });
  network = await flakyNetwork(() => gateway.url);
}, 60_000);
afterAll(async () => {
  await browser.close();
  await network.close();
  await gateway.stop();
  files.closeAllConnections();
  files.close();
});
beforeEach(async () => {
  page = await browser.newPage();
  page.setDefaultTimeout(15_000);
  problems = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  await page.goto(origin);
  await page.evaluate(`customElements.whenDefined('darkroom-image')`);
});
afterEach(() => page.close());

async function draw(): Promise<string> {
  const { generateImage } = await tell(gateway.url, GenerateImageDocument, { input: { prompt: 'a red circle' } });
  return generateImage.task.id;
}

/** Puts one into the page; `told` gathers its events. */
function show(taskId: string): Promise<void> {
  return page.evaluate(`(() => {
    const element = document.createElement('darkroom-image');
    globalThis.told = [];
    for (const name of ['progress', 'load', 'error']) {
      element.addEventListener(name, () => {
        told.push(name);
        const { image } = element.development.images[0] ?? {};
        globalThis.last = { name, status: element.development.status, url: image?.url ?? null, code: element.error?.code };
      });
    }
    for (const [name, value] of Object.entries({
      alt: 'a red circle', gateway: '${network.url}', task: '${taskId}',
    })) element.setAttribute(name, value);
    document.querySelector('main').append(element);
  })()`);
}

const picture = () => page.locator('darkroom-image').getByRole('img', { name: 'a red circle' });
const last = () => page.evaluate<Readonly<Record<string, string>>>('globalThis.last');

describe('<darkroom-image>', () => {
  it('shows the previews of a task as they come, then its picture', async () => {
    await show(await draw());
    await page
      .locator('darkroom-image')
      .getByText(/\d \/ 8 · σ 0\.\d\d/)
      .waitFor();
    expect(await picture().getAttribute('src')).toMatch(/^data:image/);
    const before = await picture().boundingBox();
    expect(await findings(page)).toEqual([]);
    await page.locator('darkroom-image').getByRole('progressbar').waitFor({ state: 'hidden' });

    expect(await picture().getAttribute('src')).toMatch(/\/images\//);
    expect(await picture().boundingBox()).toEqual(before);
    const told = await page.evaluate<string[]>('globalThis.told');
    expect(told.filter((name) => name === 'progress').length).toBeGreaterThan(6);
    expect(told.filter((name) => name === 'load')).toHaveLength(1);
    expect(await last()).toMatchObject({ status: 'SUCCEEDED', url: expect.stringContaining('/images/') });
    expect(problems).toEqual([]);
  }, 60_000);

  it('goes on over a connection that breaks', async () => {
    await show(await draw());
    await page
      .locator('darkroom-image')
      .getByText(/\d \/ 8/)
      .waitFor();
    network.cut();
    await page.locator('darkroom-image').getByRole('progressbar').waitFor({ state: 'hidden' });

    expect(await picture().getAttribute('src')).toMatch(/\/images\//);
  }, 60_000);

  it('says why there will be no picture', async () => {
    const taskId = await draw();
    await show(taskId);
    await page
      .locator('darkroom-image')
      .getByText(/\d \/ 8/)
      .waitFor();
    await tell(gateway.url, CancelTaskDocument, { input: { taskId } });

    await page.locator('darkroom-image').getByRole('alert').getByText('The task was cancelled.').waitFor();
    expect(await last()).toMatchObject({ name: 'error', status: 'CANCELLED', code: 'CANCELLED' });
  }, 60_000);

  it('says so when there is no such task', async () => {
    await show(toGlobalId('Task', '01K00000000000000000000000'));

    await page.locator('darkroom-image').getByRole('alert').waitFor();
    expect(await last()).toMatchObject({ name: 'error', code: 'NOT_FOUND' });
  }, 60_000);

  it('begins anew with another task, and stops listening when it leaves the page', async () => {
    await show(await draw());
    await page
      .locator('darkroom-image')
      .getByText(/\d \/ 8/)
      .waitFor();
    const next = await draw();
    await page.evaluate(`document.querySelector('darkroom-image').setAttribute('task', '${next}')`);
    expect(await page.evaluate('document.querySelector("darkroom-image").development.images.length')).toBe(0);
    await page
      .locator('darkroom-image')
      .getByText(/\d \/ 8/)
      .waitFor();
    await page.evaluate(`(() => {
      const element = document.querySelector('darkroom-image');
      element.remove();
      globalThis.told = [];
    })()`);
    await page.waitForTimeout(500);

    expect(await page.evaluate('globalThis.told')).toEqual([]);
  }, 60_000);
});
