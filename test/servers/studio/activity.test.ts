/** What the gateway does: tasks that run and wait, what they took, plugins and models. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';

import { CancelTaskDocument, GenerateImageDocument, TasksDocument } from '../../../src/client/gql/graphql.js';
import { tell } from '../../support/client.js';
import { type GatewayProcess, startGatewayProcess } from '../../support/gateway-process.js';
import { type StudioPage, findings, launchBrowser, openStudio, screenshots, shiftsOf } from '../../support/studio.js';

let browser: Browser;
let gateway: GatewayProcess;
let page: StudioPage;

beforeAll(async () => {
  [browser, gateway] = await Promise.all([launchBrowser(), startGatewayProcess({ stepMs: 200 })]);
}, 60_000);
afterAll(async () => {
  await browser.close();
  await gateway.stop();
});
beforeEach(async () => {
  page = await openStudio(browser, `${gateway.url}/activity`);
});
afterEach(async () => {
  const { tasks } = await tell(gateway.url, TasksDocument, { first: 50 });
  for (const { node } of tasks.edges) {
    if (node.finishedAt === null) await tell(gateway.url, CancelTaskDocument, { input: { taskId: node.id } });
  }
  const { problems } = page;
  await page.context().close();
  if (problems.length > 0) throw new Error(problems.join('\n'));
});

async function draw(prompt: string, input: { numInferenceSteps?: number; priority?: number } = {}): Promise<void> {
  const { numInferenceSteps = 8, priority } = input;
  await tell(gateway.url, GenerateImageDocument, { input: { prompt, priority, diffusion: { numInferenceSteps } } });
}

const running = () => page.getByRole('list', { name: 'Running tasks' });
const waiting = () => page.getByRole('list', { name: 'Waiting tasks, the next one first' });
const plugin = (name: string) => page.getByRole('listitem').filter({ has: page.getByRole('heading', { name }) });

describe('tasks', () => {
  it('show what they draw while they run, and those that wait their place, their time and their priority', async () => {
    await draw('a picture that was measured');
    await page.getByText('a picture that was measured').waitFor();
    await page.getByText('Nothing to do.').waitFor();
    await draw('the one that runs', { numInferenceSteps: 40 });
    await running().getByText('the one that runs').waitFor();
    await draw('an ordinary one');
    await draw('one that goes before', { priority: 7 });

    await running().getByRole('img', { name: 'the one that runs' }).waitFor();
    await running()
      .getByText(/Step \d+ of 40/)
      .waitFor();
    await running()
      .getByText(/\d s left/)
      .waitFor();
    await waiting().getByText('an ordinary one').waitFor();
    await waiting()
      .getByText(/done in \d+ s/)
      .first()
      .waitFor();
    const places = await waiting().getByRole('listitem').allTextContents();
    expect(places).toHaveLength(2);
    expect(places[0]).toMatch(/^1one that goes before.*priority \+7/);
    expect(places[1]).toMatch(/^2an ordinary one/);
    await page.getByText('1 running, 2 waiting').first().waitFor();
    expect(await findings(page)).toEqual([]);
    await screenshots(page, 'activity-busy');
  }, 60_000);

  it('are cancelled, and tried again', async () => {
    await draw('one to stop', { numInferenceSteps: 40 });
    await running().getByRole('button', { name: 'Cancel' }).click();
    const ended = page.getByRole('listitem').filter({ hasText: 'one to stop' }).filter({ hasText: 'cancelled' });
    await ended.waitFor();
    await ended.getByRole('button', { name: 'Try again' }).click();
    await running().getByText('one to stop').waitFor();
    expect(await waiting().count()).toBe(0);
  }, 60_000);

  it('that are done tell how long a step took, as a plot', async () => {
    await draw('first of two');
    await draw('second of two');
    const plot = page.getByRole('img', { name: /^Time of a denoising step in the last tasks that drew: \d+ ms/ });
    await plot.waitFor();
    const told = Number(/: (\d+) ms/.exec((await plot.textContent()) ?? '')?.[1]);
    // The decoder waits 200 ms in every step.
    expect(told).toBeGreaterThanOrEqual(195);
    expect(told).toBeLessThan(1_000);
  }, 60_000);

  it('come and go without moving what stands beside and below them', async () => {
    await plugin('language').getByText('ready').waitFor();
    await page.getByRole('heading', { name: 'Done lately' }).waitFor();
    const places = () =>
      page.evaluate<string>(
        'JSON.stringify([...document.querySelectorAll("h2")].map((heading) => heading.getBoundingClientRect().top))',
      );
    expect(await shiftsOf(page)).toBeLessThan(0.1);
    const before = await places();
    await draw('one that comes');
    await running()
      .getByText(/Step \d of 8/)
      .waitFor();
    expect(await places()).toBe(before);
    await page.getByText('Nothing to do.').waitFor();
    expect(await places()).toBe(before);
  }, 60_000);
});

describe('plugins and models', () => {
  it('are told with state, memory, restarts and times', async () => {
    await plugin('language').getByText('ready').waitFor();
    for (const name of ['Calls', 'Memory', 'Restarts', 'Time of a call']) {
      expect(await plugin('language').getByText(name, { exact: true }).count()).toBeGreaterThan(0);
    }
    await plugin('language')
      .getByRole('img', { name: /^Memory of language: \d+/ })
      .waitFor();
    await plugin('Minimal').getByText('understand, draw, edit').waitFor();
    await plugin('Minimal').getByText('encoder, language, decoder').waitFor();
  }, 60_000);

  it('show it when a plugin is killed and comes back', async () => {
    await plugin('decoder').getByText('ready').waitFor();
    const restarts = () =>
      page.evaluate<string>(
        `[...document.querySelectorAll('h3')].find((h) => h.textContent.startsWith('decoder'))
          .parentElement.textContent.replace(/.*Restarts(\\d+).*/s, '$1')`,
      );
    const before = Number(await restarts());
    process.kill(gateway.hostOf('decoder'), 'SIGKILL');
    const hasRestarted = async () => Number(await restarts()) === before + 1;
    for (const until = Date.now() + 15_000; !(await hasRestarted()); ) {
      if (Date.now() > until) throw new Error('The page does not tell of the restart.');
      await page.waitForTimeout(200);
    }
    await plugin('decoder').getByText('ready').waitFor();
    expect(Number(await restarts())).toBe(before + 1);
  }, 60_000);
});
