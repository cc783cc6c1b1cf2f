/** `darkroom/client` in a real browser, in a page of another origin than the gateway's: examples/browser as it is. Needs a build. */
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Browser, type Page, chromium } from 'playwright-core';
import sharp from 'sharp';

import { packageRoot } from '../../src/plugin/package-root.js';
import { type FlakyNetwork, flakyNetwork } from '../support/flaky-network.js';
import { startTestGateway, type TestGateway } from '../support/test-gateway.js';

const SLOW_MS = 60_000;
const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' };

let browser: Browser;
let files: Server;
let origin: string;
let gateway: TestGateway;
let network: FlakyNetwork;
let page: Page;
let problems: string[];

beforeAll(async () => {
  const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path));
  browser = await chromium.launch({
    executablePath: executablePath ?? 'chromium',
    chromiumSandbox: false,
    args: ['--disable-background-networking'],
  });
  files = createServer((request, response) => {
    const path = join(packageRoot, new URL(request.url ?? '', 'http://any').pathname);
    if (!existsSync(path)) return response.writeHead(404).end();
    return response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'text/plain' }).end(readFileSync(path));
  });
  files.listen(0, '127.0.0.1');
  await once(files, 'listening');
  origin = `http://127.0.0.1:${(files.address() as AddressInfo).port}`;
  gateway = await startTestGateway({ stepMs: 150, config: { allowedOrigins: [origin] } });
  network = await flakyNetwork(() => gateway.url);
}, SLOW_MS);
afterAll(async () => {
  await browser.close();
  await network.close();
  await gateway.stop();
  files.closeAllConnections();
  files.close();
});
beforeEach(async () => {
  page = await browser.newPage();
  problems = [];
  page.on('pageerror', (error) => problems.push(error.message));
  await page.goto(`${origin}/examples/browser/index.html?gateway=${encodeURIComponent(network.url)}`);
});
afterEach(() => page.close());

describe('examples/browser', () => {
  it(
    'draws a picture with live previews, over a connection that breaks, and saves it',
    async () => {
      await page.getByText('Draw').click();
      await page.locator('img[src^="data:image/jpeg"]').waitFor();
      network.cut();
      await page.getByText('Done').waitFor();
      const [download] = await Promise.all([page.waitForEvent('download'), page.getByText('Save').click()]);
      const { format, width } = await sharp(await readFile(await download.path())).metadata();

      expect({ format, width }).toEqual({ format: 'png', width: 64 });
      expect(problems).toEqual([]);
    },
    SLOW_MS,
  );

  it(
    'goes on when the machine is back on the network',
    async () => {
      await page.getByText('Draw').click();
      await page.locator('img[src^="data:image/jpeg"]').waitFor();
      await page.context().setOffline(true);
      network.cut();
      await page.getByText('Connecting again').waitFor();
      await page.context().setOffline(false);
      await page.getByText('Done').waitFor();

      expect(problems).toEqual([]);
    },
    SLOW_MS,
  );

  it(
    'uploads a file, and tells how far it is',
    async () => {
      // As text: this runs in the page.
      const told = await page.evaluate<{ width: number; last: number; size: number }>(`(async () => {
        const { createClient } = await import('darkroom/client');
        const canvas = new OffscreenCanvas(300, 200);
        canvas.getContext('2d').fillRect(0, 0, 100, 100);
        const blob = await canvas.convertToBlob();
        let last;
        const onProgress = ({ loaded }) => (last = loaded);
        const { width } = await createClient({ url: '${network.url}' }).upload(blob, { onProgress });
        return { width, last, size: blob.size };
      })()`);

      expect(told.width).toBe(300);
      expect(told.last).toBe(told.size);
    },
    SLOW_MS,
  );
});
