/** Every example is run as its reader would run it, as a program of its own, against a real gateway. Needs a build. */
import { execFile } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';

import { packageRoot } from '../../src/plugin/package-root.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { startTestGateway, type TestGateway } from '../support/test-gateway.js';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ stepMs: 20 });
}, 60_000);
afterAll(() => gateway.stop());

describe.each(['darkroom-client', 'apollo-client', 'urql', 'graphql-ws'])('examples/%s', (name) => {
  it('draws a picture, and saves the steps and the picture itself', async () => {
    const folder = join(await temporaryFolder(), name);
    const program = join(packageRoot, 'dist/examples', `${name}.js`);
    const { stdout } = await promisify(execFile)(process.execPath, [program, 'a red circle', folder, gateway.url]);
    const files = await readdir(folder);
    const steps = files.filter((file) => /^step-\d+\.jpg$/.test(file));
    const formatOf = async (file: string) => (await sharp(await readFile(join(folder, file))).metadata()).format;

    expect(steps.length).toBeGreaterThan(2);
    expect(await formatOf(steps[0] ?? '')).toBe('jpeg');
    expect(await formatOf('picture.png')).toBe('png');
    expect(stdout).toContain('TaskSucceeded');
  }, 60_000);
});
