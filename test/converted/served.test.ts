/** A converted checkpoint as an operator uses it: the folder that the toolkit wrote, named on the command line. Needs a build. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import { expect, test } from '@jest/globals';

import { packageRoot } from '../../src/plugin/package-root.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const PROGRAM = join(packageRoot, 'dist/src/cli/main.js');
const BUNDLES = join(packageRoot, 'node_modules/.cache/darkroom-converted/bundles');
const PATIENCE_MS = 300_000;

test(
  'draws, answers and edits from the command line',
  async () => {
    const folder = await temporaryFolder();
    const model = ['--model', join(BUNDLES, 'int8')];
    const small = ['--steps', '2', '--size', '256x192', '--seed', '5'];

    const drawn = await run(folder, 'generate', 'a red circle', '-o', 'out.png', ...small, ...model);
    const answered = await run(folder, 'ask', 'out.png', 'What is in the picture?', ...model);
    const edited = await run(folder, 'edit', 'out.png', 'make it green', '-o', 'green.png', ...small, ...model);

    expect(drawn).toEqual({ code: 0, out: 'out.png  256 x 192, seed 5\n' });
    expect(answered).toEqual({ code: 0, out: expect.stringMatching(/\S/) });
    expect(edited).toEqual({ code: 0, out: 'green.png  256 x 192, seed 5\n' });
  },
  PATIENCE_MS,
);

test(
  'is served with the published defaults',
  async () => {
    const { child, output } = start(await temporaryFolder(), 'serve', '--port', '0', '--model', join(BUNDLES, 'int4'));
    const ended = once(child, 'close');
    while (!output.out.includes('curl ')) await once(child.stdout, 'data');
    const url = /Darkroom is at (\S+)/.exec(output.out)?.[1] ?? '';
    const query = '{ models { id name capabilities defaults { width numInferenceSteps trueCfgScale } } }';
    const answer = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    });
    const body = await answer.json();
    child.kill('SIGTERM');
    await ended;

    expect(body).toMatchObject({
      data: {
        models: [
          {
            name: 'Nexus-Gen V2',
            capabilities: expect.arrayContaining(['UNDERSTAND', 'GENERATE', 'EDIT']),
            defaults: { width: 512, numInferenceSteps: 50, trueCfgScale: 3 },
          },
        ],
      },
    });
  },
  PATIENCE_MS,
);

function start(folder: string, ...args: string[]) {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const output = { out: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.out += text));
  return { child, output };
}

async function run(folder: string, ...args: string[]): Promise<{ code: number; out: string }> {
  const { child, output } = start(folder, ...args);
  const [code] = await once(child, 'close');
  return { code: Number(code), ...output };
}
