/**
 * `node scripts/gallery.mjs [FILE]`: draw the README's picture with the embedded model (default: docs/images/gallery.png).
 *
 * Eight prompts in two rows; below, the first one developing, as the denoiser holds it after each step.
 */
import sharp from 'sharp';

import { withModel } from '../dist/src/cli/local-models.js';
import { processTerminal } from '../dist/src/cli/terminal.js';
import { generate, resolveSettings } from '../dist/src/pipelines/index.js';

const PROMPTS = [
  'a red circle above a small blue square',
  'three small purple stars',
  'a purple heart',
  'a yellow triangle on a light pink background',
  'a yellow ring left of an orange triangle',
  'an orange square in the top right',
  'a brown ring on a light green background',
  '画两个红色的爱心',
];
const SEED = 7;
const SIDE = 216;
const COLUMNS = 4;

const file = process.argv[2] ?? 'docs/images/gallery.png';

await withModel({}, processTerminal, async ({ parts, limits, signal }) => {
  const settings = resolveSettings(parts, 'generation', { seed: SEED }, limits);
  const pictures = [];
  const development = [];
  for (const [index, prompt] of PROMPTS.entries()) {
    const wishes = { everySteps: index === 0 ? [1] : [], maxSize: 4096, view: 'noisy' };
    const call = {
      signal,
      previewWishes: { current: wishes, onChange: () => () => {} },
      emit: async (event) => {
        if (event.type === 'step' && event.preview) development.push(event.preview);
        if (event.type === 'imageFinished') pictures.push(event.image);
      },
    };
    await generate(parts, { prompt, settings }, call);
  }

  const width = COLUMNS * SIDE;
  const small = Math.floor(width / development.length);
  const rows = Math.ceil(PROMPTS.length / COLUMNS);
  const tiles = [
    ...pictures.map((picture, index) => [picture, SIDE, (index % COLUMNS) * SIDE, Math.floor(index / COLUMNS) * SIDE]),
    ...development.map((picture, index) => [picture, small, index * small, rows * SIDE]),
  ];
  const layers = tiles.map(async ([{ width: w, height: h, data }, side, left, top]) => ({
    input: await sharp(data, { raw: { width: w, height: h, channels: 3 } })
      .resize(side, side)
      .png()
      .toBuffer(),
    left,
    top,
  }));
  const canvas = { width, height: rows * SIDE + small, channels: 3, background: '#ffffff' };
  await sharp({ create: canvas })
    .composite(await Promise.all(layers))
    .png()
    .toFile(file);
  process.stderr.write(`${file}\n`);
});
