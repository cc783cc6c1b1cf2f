/** What the host computes without a model, held against PyTorch's and Pillow's numbers. */
import { describe, expect, test } from '@jest/globals';
import { imageBlock } from '../../../src/inference/autoregressive/image-block.js';
import {
  type GridThw,
  type Position,
  promptPositions,
  type RopeShape,
  RotaryTable,
} from '../../../src/inference/autoregressive/mrope.js';
import { TokenChooser } from '../../../src/inference/autoregressive/token-choice.js';
import type { DecoderManifest } from '../../../src/inference/bundle/manifest.js';
import { standardNormal } from '../../../src/inference/diffusion/noise.js';
import { pack, unpack } from '../../../src/inference/diffusion/pack.js';
import { toRgbImage } from '../../../src/inference/diffusion/pixels.js';
import {
  denoiserRotaryTables,
  gridIds,
  imageIds,
  mergerPositions,
  type RopeId,
  zeroIds,
} from '../../../src/inference/diffusion/rope.js';
import { sigmaSchedule } from '../../../src/inference/diffusion/schedule.js';
import { patchify } from '../../../src/inference/image/patchify.js';
import { type Filter, resize } from '../../../src/inference/image/resample.js';
import { smartResize } from '../../../src/inference/image/smart-resize.js';
import { float32 } from '../../../src/inference/tensor/tensor.js';
import { type VisionShape, visionLayout, windowOrder } from '../../../src/inference/vision/layout.js';
import { type Case, casesOf, greatestDifference, type NumberTensor, partOf } from './fixture.js';
import { differing, expectWithin } from './measured.js';

/** The published mean and deviation of each channel. */
const CHANNELS = {
  mean: [0.48145466, 0.4578275, 0.40821073],
  std: [0.26862954, 0.26130258, 0.27577711],
} as const;

const rgbOf = ({ shape: [height = 0, width = 0], data }: NumberTensor) => ({
  width,
  height,
  data: Uint8Array.from(data),
});
const float32Of = ({ shape, data }: NumberTensor) => float32(shape, Float32Array.from(data));
/** [positions, 3] to [3, positions], as the fixtures hold them. */
const byAxis = (positions: readonly Position[]) =>
  [0, 1, 2].flatMap((axis) => positions.map((position) => position[axis] ?? Number.NaN));

function expectTables(
  piece: string,
  one: Case,
  { cos, sin }: { cos: { data: Float32Array }; sin: { data: Float32Array } },
): void {
  const errors = [
    greatestDifference(cos.data, one.numbers('cos').data),
    greatestDifference(sin.data, one.numbers('sin').data),
  ];
  expectWithin(piece, one, Math.max(...errors));
}

describe('pictures', () => {
  test.each(casesOf('smart-resize'))('smart_resize of %s', (_, one) => {
    const limits = {
      factor: one.value<number>('factor'),
      minPixels: one.value<number>('minPixels'),
      maxPixels: one.value<number>('maxPixels'),
    };
    const { height, width } = smartResize(one.value('height'), one.value('width'), limits);
    expectWithin('`smart_resize`', one, differing([height, width], one.value<number[]>('result')));
  });

  test.each(casesOf('resample'))('resampling %s', (_, one) => {
    const wanted = one.numbers('result');
    const [height = 0, width = 0] = wanted.shape;
    const { data } = resize(rgbOf(one.numbers('source')), width, height, one.value<Filter>('filter'));
    expectWithin('Resampling, to the byte', one, differing(data, wanted.data));
  });

  test.each(casesOf('patchify'))('patches of %s', (_, one) => {
    const layout = {
      patchSize: one.value<number>('patchSize'),
      mergeSize: one.value<number>('mergeSize'),
      temporalPatchSize: one.value<number>('temporalPatchSize'),
    };
    const { patches, gridThw } = patchify(rgbOf(one.numbers('pixels')), { ...layout, ...CHANNELS });
    expect(gridThw).toEqual(one.value('gridThw'));
    expect(patches.dims).toEqual(one.numbers('patches').shape);
    expectWithin('Patches', one, greatestDifference(patches.data, one.numbers('patches').data));
  });

  test.each(casesOf('pixels'))('decoded numbers to pixels: %s', (_, one) => {
    const decoded = one.numbers('decoded');
    const { data } = toRgbImage(float32([1, ...decoded.shape], Float32Array.from(decoded.data)));
    expectWithin('Decoded picture to pixels', one, differing(data, one.numbers('pixels').data));
  });
});

describe('the vision tower', () => {
  test.each(casesOf('vision-tables'))('tables of %s', (_, one) => {
    const shape: VisionShape = {
      patchSize: one.value('patchSize'),
      mergeSize: one.value('mergeSize'),
      windowSize: one.value('windowSize'),
      headDim: one.value('headDim'),
      ropeTheta: one.value('ropeTheta'),
    };
    const grids = one.value<GridThw[]>('grids');
    const layout = visionLayout(grids, shape);
    const lengths = grids.flatMap((grid) =>
      windowOrder(grid, shape).unitCounts.map((units) => units * shape.mergeSize ** 2),
    );
    expectWithin(
      'Window order and lengths',
      one,
      differing(Array.from(layout.unitOrder.data, Number), one.numbers('order').data) +
        differing(Array.from(layout.unitInverse.data, Number), one.numbers('inverse').data) +
        differing(lengths, one.value<number[]>('windowLengths')),
      { tolerance: 0 },
    );
    expect(openCells(layout.windowMask.data)).toEqual(
      one.value<number[]>('windowLengths').reduce((sum, length) => sum + length ** 2, 0),
    );
    expect(openCells(layout.fullMask.data)).toEqual(
      one.value<number[]>('fullLengths').reduce((sum, length) => sum + length ** 2, 0),
    );
    if (one.has('cos')) expectTables('Rotary tables of the vision tower', one, layout);
  });

  const openCells = (mask: Float32Array) => mask.reduce((sum, value) => sum + (value === 0 ? 1 : 0), 0);
});

describe('the language model', () => {
  const [prompts, blocks] = [
    casesOf('mrope').filter(([, one]) => one.has('ids')),
    casesOf('mrope').filter(([, one]) => one.has('start')),
  ];

  test.each(prompts)('positions of %s', (_, one) => {
    const ids = one.value<number[]>('ids');
    const { positions, next } = promptPositions(ids, one.value('grids'), 1, one.value('mergeSize'));
    const wrong = differing(byAxis(positions), one.numbers('positions').data);
    expectWithin('M-RoPE positions of prompts', one, wrong, { tolerance: 0 });
    expect(next - ids.length).toBe(one.value('delta'));
    for (const table of one.has('tables') ? one.value<(RopeShape & Record<string, unknown>)[]>('tables') : []) {
      expectTables('M-RoPE tables', partOf(one, table, 'mrope'), new RotaryTable(table).tables(positions));
    }
  });

  test.each(blocks)('positions of %s', (_, one) => {
    const gridThw = one.value<GridThw>('gridThw');
    const shape = {
      imageTokens: 81,
      gridThw,
      mergeSize: one.value<number>('mergeSize'),
      visionStart: 1,
      visionEnd: 2,
      positionAfterImage: 'grid',
    } as const;
    const { positions } = imageBlock(one.value('start'), float32([81, 4]), shape);
    const wrong = differing(byAxis(positions.slice(0, -1)), one.numbers('positions').data);
    expectWithin('M-RoPE positions of the image block', one, wrong, { tolerance: 0 });
  });

  test.each(casesOf('token-choice'))('token choice: %s', (_, one) => {
    const sampling = {
      maxNewTokens: 1,
      temperature: 0,
      topP: 1,
      topK: 1,
      repetitionPenalty: one.value<number>('penalty'),
      seed: 0,
      stop: [],
    };
    const chooser = new TokenChooser(one.value('seen'), sampling);
    const token = chooser.choose(Float32Array.from(one.value<number[]>('logits')), one.value('forbidden'));
    expectWithin('Token choice', one, differing([token], [one.value('token')]));
  });
});

describe('the denoiser', () => {
  test.each(casesOf('schedule'))('noise levels of %s', (_, one) => {
    const sigmas = sigmaSchedule(one.value('steps'), { shift: one.value('shift'), sMin: one.value('sMin') });
    expectWithin('Noise levels', one, greatestDifference(sigmas, one.value<number[]>('sigmas')));
  });

  test.each(casesOf('noise'))('noise of %s', (_, one) => {
    const noise = standardNormal(one.value('count'), one.value('seed'));
    expectWithin('Noise', one, greatestDifference(noise, one.numbers('values').data));
  });

  test.each(casesOf('packing'))('packing of %s, and back', (_, one) => {
    const latents = float32Of(one.numbers('latents'));
    const [, , height = 0, width = 0] = latents.dims;
    const packed = pack(latents);
    expect(packed.dims).toEqual(one.numbers('packed').shape);
    expectWithin('Packing of latents', one, differing(packed.data, one.numbers('packed').data));
    expect(unpack(pack(latents), { height, width })).toEqual(latents);
  });

  test.each(casesOf('flux-rope'))('places and tables of %s', (_, one) => {
    const [height, width] = one.value<[number, number]>('latentSize');
    const mergeSize = one.value<number>('mergeSize');
    const precision = one.value<DecoderManifest['rope']['idPrecision']>('idPrecision');
    const pictures = one.value<GridThw[]>('pictures');
    const context = pictures.flatMap((grid, plane): RopeId[] =>
      one.value('contextIds') === 'zeros'
        ? zeroIds((grid[1] * grid[2]) / mergeSize ** 2)
        : gridIds(grid, mergeSize, { height, width }, plane, precision),
    );
    const ids = [...context, ...imageIds({ height, width })];
    expectWithin('Places in the denoiser', one, greatestDifference(ids.flat(), one.numbers('ids').data));
    expectTables(
      'Rotary tables of the denoiser',
      one,
      denoiserRotaryTables(ids, { axes: one.value('axes'), theta: one.value('theta') }),
    );
  });

  test.each(casesOf('merger-tables'))('places and tables of the merger: %s', (_, one) => {
    const positions = one
      .value<GridThw[]>('grids')
      .flatMap((grid) => mergerPositions(grid, one.value('mergeSize'), one.value('baseGrid')));
    const error = greatestDifference(byAxis(positions), one.numbers('positions').data);
    expectWithin('Places in the editing merger', one, error, { tolerance: 1e-5 });
    const rotary = new RotaryTable({
      headDim: one.value('headDim'),
      ropeTheta: one.value('theta'),
      mropeSection: one.value('sections'),
    });
    expectTables('Rotary tables of the editing merger', one, rotary.tables(positions));
  });
});
