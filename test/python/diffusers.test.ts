/** plugins/diffusers with tiny pipelines of random weights, whose parts are the true classes of diffusers and transformers. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GenerateImageDocument, TaskEventsDocument } from '../../src/client/gql/graphql.js';
import { describeConformance } from '../../src/plugin/conformance/index.js';
import type { DecodeEvent, DecodeRequest, PreviewView, RgbImage } from '../../src/plugin/contract.js';
import { packageRoot } from '../../src/plugin/package-root.js';
import { resolvePlugin } from '../../src/plugin/program.js';
import { PluginSupervisor } from '../../src/plugin/supervisor/supervisor.js';
import {
  changingWishes,
  collect,
  decoderOf,
  neverAborted,
  pictureOf,
  QUICK,
  recordingLog,
} from '../plugins/support.js';
import { tell, watch } from '../support/client.js';
import { startTestGateway } from '../support/test-gateway.js';

jest.setTimeout(240_000);

const plugin = join(packageRoot, 'plugins/diffusers');
/** The toolkit's environment has PyTorch and diffusers; scripts/lib/python.mjs adds the SDK. */
const python = join(packageRoot, 'models/toolkit/.venv/bin/python');
const command = [python, '-m', 'darkroom_plugin'];
const folder = mkdtempSync(join(tmpdir(), 'darkroom-diffusers-'));
const model = (name: string) => join(folder, name);
const small = { width: 64, height: 64, steps: 4 };

beforeAll(() => {
  const script = join(packageRoot, 'test/python/tiny_pipelines.py');
  execFileSync(python, [script, folder], { stdio: ['ignore', 'ignore', 'pipe'] });
}, 240_000);
afterAll(() => rmSync(folder, { recursive: true }));

async function startDiffusers(options: Record<string, unknown>): Promise<PluginSupervisor> {
  const supervisor = new PluginSupervisor({
    name: 'diffusers',
    program: await resolvePlugin(plugin, command),
    options,
    log: recordingLog().log,
    timing: { ...QUICK, abortDeadlineMs: 10_000 },
  });
  await supervisor.start();
  return supervisor;
}

const request = (changes: Partial<DecodeRequest> = {}): DecodeRequest => ({
  condition: { type: 'text', text: 'a red circle' },
  width: 64,
  height: 64,
  numInferenceSteps: 4,
  guidanceScale: 1,
  trueCfgScale: 1,
  negativePrompt: '',
  seed: 7,
  ...changes,
});

const draw = (supervisor: PluginSupervisor, changes: Partial<DecodeRequest> = {}) =>
  collect(decoderOf(supervisor).decode(request(changes), { signal: neverAborted }));

/** Draws with a preview of 64 pixels after each step. */
const drawWatched = (supervisor: PluginSupervisor, view: PreviewView, changes: Partial<DecodeRequest> = {}) =>
  collect(
    decoderOf(supervisor).decode(request(changes), {
      signal: neverAborted,
      previewWishes: changingWishes({ everySteps: [1], maxSize: 64, view }),
    }),
  );

const digest = ({ data }: RgbImage) => createHash('sha256').update(data).digest('hex');
const previewsOf = (events: readonly DecodeEvent[]) =>
  events.flatMap((event) => (event.type === 'step' && event.preview ? [event.preview] : []));

/** Of all values, 0 to 255. */
function meanDifference(left: RgbImage, right: RgbImage): number {
  return left.data.reduce((sum, value, at) => sum + Math.abs(value - (right.data[at] ?? 0)), 0) / left.data.length;
}

const plain = (value: number): RgbImage => ({ width: 48, height: 64, data: new Uint8Array(48 * 64 * 3).fill(value) });

describe.each([
  // Its guidance is fed to the denoiser; a second pass can be had besides. Latents are packed 2 x 2.
  {
    name: 'flux',
    multiple: 4,
    defaults: { guidanceScale: 3.5, trueCfgScale: 1 },
    class: 'FluxPipeline',
  },
  // Its guidance is that of the second pass. Its scheduler calls the denoiser once more than there are steps.
  {
    name: 'stable-diffusion',
    multiple: 2,
    defaults: { guidanceScale: 1, trueCfgScale: 7.5 },
    class: 'StableDiffusionPipeline',
  },
])('a $name pipeline', ({ name, multiple, defaults, class: pipelineClass }) => {
  describeConformance({ describe, beforeAll, it }, plugin, {
    command,
    options: { model: model(name), ...small },
    timeoutMs: 240_000,
  });

  let supervisor: PluginSupervisor;
  beforeAll(async () => {
    supervisor = await startDiffusers({ model: model(name), ...small });
  });
  afterAll(() => supervisor.stop());

  it('declares what it can do', () => {
    expect(supervisor.introduction?.capabilities).toMatchObject({
      reads: { condition: 'text', reference: 'pixels' },
      supports: { edit: true, mask: false, trueCfg: true, preview: 'image', batch: 1 },
      limits: { minWidth: 64, maxWidth: 2048, sizeMultiple: multiple },
      defaults: { width: 64, height: 64, numInferenceSteps: 4, ...defaults },
    });
  });

  it('draws the picture that diffusers draws', async () => {
    const code = `
import diffusers, hashlib, numpy, torch
pipeline = diffusers.${pipelineClass}.from_pretrained("${model(name)}")
generator = torch.Generator("cpu").manual_seed(7)
image = pipeline("a red circle", width=64, height=64, num_inference_steps=4, guidance_scale=1, generator=generator).images[0]
print(hashlib.sha256(numpy.asarray(image).tobytes()).hexdigest())`;
    const said = execFileSync(python, ['-c', code], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    expect(digest(pictureOf(await draw(supervisor)))).toBe(said.trim());
  });

  it('draws another picture for another seed or other words, and the same whoever watches', async () => {
    const first = digest(pictureOf(await draw(supervisor)));
    expect(digest(pictureOf(await drawWatched(supervisor, 'x0')))).toBe(first);
    expect(digest(pictureOf(await draw(supervisor, { seed: 8 })))).not.toBe(first);
    const blue = { type: 'text', text: 'blue' } as const;
    expect(digest(pictureOf(await draw(supervisor, { condition: blue })))).not.toBe(first);
  });

  it('tells each step, from noise to none', async () => {
    const steps = (await draw(supervisor)).flatMap((event) => (event.type === 'step' ? [event] : []));
    expect(steps.map(({ stepIndex }) => stepIndex)).toEqual([1, 2, 3, 4]);
    const sigmas = steps.map(({ sigma }) => sigma);
    expect(sigmas).toEqual(sigmas.toSorted((left, right) => right - left));
    expect(sigmas.at(-1)).toBe(0);
  });

  it('takes a negative prompt where there is a second pass', async () => {
    const guided = await draw(supervisor, { trueCfgScale: 4 });
    const away = await draw(supervisor, { trueCfgScale: 4, negativePrompt: 'blue' });
    expect(digest(pictureOf(away))).not.toBe(digest(pictureOf(guided)));
  });

  it('begins an edit with its reference, of whatever size', async () => {
    const edit = async (value: number) => {
      const events = await draw(supervisor, { reference: { type: 'pixels', image: plain(value) } });
      const steps = events.flatMap((event) => (event.type === 'step' ? [event.stepIndex] : []));
      expect(steps.at(-1)).toBe(4);
      return pictureOf(events);
    };
    const [dark, light] = [await edit(0), await edit(255)];
    expect(dark).toMatchObject({ width: 64, height: 64 });
    expect(digest(dark)).not.toBe(digest(light));
    expect(digest(await edit(0))).toBe(digest(dark));
  });

  it('stops between two steps when it is aborted', async () => {
    const aborting = new AbortController();
    let answers = 0;
    const drawing = (async () => {
      const call = { signal: aborting.signal };
      for await (const _ of decoderOf(supervisor).decode(request({ numInferenceSteps: 200 }), call)) {
        answers += 1;
        aborting.abort();
      }
    })();
    await expect(drawing).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(answers).toBeLessThan(100);
    expect(supervisor.restarts).toBe(0);
    expect(pictureOf(await draw(supervisor)).width).toBe(64);
  });
});

describe('previews', () => {
  it.each(['flux', 'ddim'])('of x0 end at the picture itself (%s)', async (name) => {
    const supervisor = await startDiffusers({ model: model(name), ...small });
    try {
      const events = await drawWatched(supervisor, 'x0');
      const last = previewsOf(events).at(-1);
      expect(last && meanDifference(last, pictureOf(events))).toBeLessThan(0.05);
      const noisy = previewsOf(await drawWatched(supervisor, 'noisy'));
      expect(noisy).toHaveLength(4);
      expect(noisy.map(digest)).not.toContain(digest(previewsOf(events)[0] ?? plain(0)));
    } finally {
      await supervisor.stop();
    }
  });
});

it('a pipeline with edits of its own looks at the reference, and draws with or without one in the size asked for', async () => {
  const supervisor = await startDiffusers({ model: model('kontext'), ...small });
  try {
    const size = { width: 96, height: 64 };
    const alone = pictureOf(await draw(supervisor, size));
    const edit = async (value: number) =>
      pictureOf(await draw(supervisor, { ...size, reference: { type: 'pixels', image: plain(value) } }));
    const [dark, light] = [await edit(0), await edit(255)];
    expect([alone, dark, light]).toEqual([1, 2, 3].map(() => expect.objectContaining(size)));
    expect(new Set([alone, dark, light].map(digest)).size).toBe(3);
  } finally {
    await supervisor.stop();
  }
});

describe('a pipeline that cannot be loaded', () => {
  it.each([
    ['there is none', { model: './nowhere' }, 'BUNDLE_MISSING', /There is no DiffusionPipeline at .*nowhere/],
    ['an option is unknown', { model: 'x', stepz: 4 }, 'CONFIG_INVALID', /stepz: Extra inputs/],
    ['there is no such device', { model: 'x', device: 'cuda:99' }, 'CONFIG_INVALID', /PyTorch finds no|device/],
  ])('is refused at once: %s', async (_what, options, code, message) => {
    const supervisor = await startDiffusers(options);
    const { state } = supervisor;
    await supervisor.stop();
    expect(state).toMatchObject({ type: 'FAILED', reason: { code, message: expect.stringMatching(message) } });
  });
});

it('a gateway draws with it from words, and shows the picture as it develops', async () => {
  const gateway = await startTestGateway({
    config: {
      plugins: [
        { name: 'language', path: join(packageRoot, 'dist/plugins/minimal/language-model.js') },
        { name: 'encoder', path: join(packageRoot, 'dist/plugins/minimal/encoder.js') },
        { name: 'sd', path: plugin, command, options: { model: model('stable-diffusion'), ...small } },
      ],
      models: [
        {
          id: 'tiny',
          name: 'Tiny',
          encoder: 'encoder',
          languageModel: 'language',
          decoders: { generation: 'sd', editing: 'sd' },
        },
      ],
    },
  });
  try {
    const input = { prompt: 'a red circle', diffusion: { numInferenceSteps: 100, seed: 7 } };
    const { generateImage } = await tell(gateway.url, GenerateImageDocument, { input });
    const events = await watch(gateway.url, TaskEventsDocument, {
      taskId: generateImage.task.id,
      preview: { maxPerSecond: 1_000 },
    }).rest();
    const names = events.map(({ taskEvents }) => taskEvents.__typename);
    expect(names).toContain('DenoisingPreview');
    expect(names).toContain('ImageFinished');
    expect(names.at(-1)).toBe('TaskSucceeded');
  } finally {
    await gateway.stop();
  }
});
