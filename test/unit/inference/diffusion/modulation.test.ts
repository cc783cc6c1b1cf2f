import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Modulation, type Pooled } from '../../../../src/inference/diffusion/modulation.js';
import { denoiserRotaryTables, imageIds, zeroIds } from '../../../../src/inference/diffusion/rope.js';
import { sigmaSchedule } from '../../../../src/inference/diffusion/schedule.js';
import { type Bundle, openBundle } from '../../../../src/inference/index.js';
import { GraphSession } from '../../../../src/inference/session/graph-session.js';
import { asFloat32, type Float32, float32 } from '../../../../src/inference/tensor/tensor.js';
import { greatestDifference, TINY_BUNDLE } from '../tiny-bundle.js';

const ONE_THREAD = { threads: 1 };

let bundle: Bundle;
let pooled: Pooled;
let graph: GraphSession<'modulation'>;
let denoiser: GraphSession<'denoiser'>;
beforeAll(async () => {
  bundle = await openBundle(TINY_BUNDLE);
  const { constants, graphs } = bundle.manifest.decoders.generation;
  pooled = { name: constants.pooled, vector: await bundle.constant(constants.pooled) };
  graph = await GraphSession.load(bundle, 'modulation', graphs.modulation, ONE_THREAD);
  denoiser = await GraphSession.load(bundle, 'denoiser', graphs.denoiser, ONE_THREAD);
});
afterAll(() => Promise.all([graph.release(), denoiser.release()]));

const modulationOf = (bytesKept?: number) =>
  new Modulation(bundle, bundle.manifest.decoders.generation, {
    ...ONE_THREAD,
    ...(bytesKept === undefined ? {} : { bytesKept }),
  });
const schedule = (steps: number) => sigmaSchedule(steps, bundle.manifest.decoders.generation.scheduler);

describe('a table of modulation', () => {
  test('leads to the velocity that computing its row anew at every step leads to', async () => {
    const sigmas = schedule(5);
    const table = modulationOf();
    await table.rows(sigmas, 3.5, pooled);
    const rows = await table.rows(sigmas, 3.5, pooled);
    expect(rows).toHaveLength(5);
    for (const [step, row] of rows.entries()) {
      const { modulation } = await graph.run({
        timestep: float32([1], Float32Array.of(1000 * (sigmas[step] ?? Number.NaN))),
        guidance: float32([1], Float32Array.of(3.5)),
        pooled: float32([1, pooled.vector.data.length], pooled.vector.data),
      });
      const anew = await velocityWith(asFloat32(modulation, 'modulation'));
      expect(greatestDifference((await velocityWith(row)).data, anew.data)).toBeLessThan(1e-6);
      // Another step's row is another velocity: the rows are not all alike.
      const next = rows[(step + 1) % rows.length] as Float32;
      expect(greatestDifference((await velocityWith(next)).data, anew.data)).toBeGreaterThan(1e-4);
    }
  });

  test('is made once for steps and guidance, whoever asks', async () => {
    const modulation = modulationOf();
    const table = await modulation.rows(schedule(4), 3.5, pooled);
    await modulation.rows(schedule(3), 3.5, pooled);
    expect(await modulation.rows(schedule(4), 3.5, pooled)).toBe(table);
    expect(await modulation.rows(schedule(4), 2, pooled)).not.toBe(table);
    expect(await modulation.rows(schedule(4), 3.5, { ...pooled, name: 'another' })).not.toBe(table);
  });

  test('is forgotten when others need its room, the least recently used first', async () => {
    const [row] = await modulationOf().rows(schedule(1), 3.5, pooled);
    const modulation = modulationOf(5 * (row?.data.byteLength ?? 0));
    const two = await modulation.rows(schedule(2), 3.5, pooled);
    const three = await modulation.rows(schedule(3), 3.5, pooled);
    expect(await modulation.rows(schedule(2), 3.5, pooled)).toBe(two);
    await modulation.rows(schedule(1), 3.5, pooled);
    expect(await modulation.rows(schedule(2), 3.5, pooled)).toBe(two);
    expect(await modulation.rows(schedule(3), 3.5, pooled)).not.toBe(three);
  });

  test('that alone is larger than the room is kept until another comes', async () => {
    const modulation = modulationOf(1);
    const table = await modulation.rows(schedule(4), 3.5, pooled);
    expect(await modulation.rows(schedule(4), 3.5, pooled)).toBe(table);
  });
});

async function velocityWith(modulation: Float32): Promise<Float32> {
  const size = { height: 4, width: 6 };
  const ids = [...zeroIds(9), ...imageIds(size)];
  const { velocity } = await denoiser.run({
    latents: wave([1, 6, 16]),
    context: wave([1, 9, 24]),
    modulation,
    ...denoiserRotaryTables(ids, bundle.manifest.decoders.generation.rope),
  });
  return asFloat32(velocity, 'velocity');
}

/** Numbers that differ from each other. */
function wave(dims: readonly number[]): Float32 {
  const tensor = float32(dims);
  for (let index = 0; index < tensor.data.length; index++) tensor.data[index] = Math.sin(index);
  return tensor;
}
