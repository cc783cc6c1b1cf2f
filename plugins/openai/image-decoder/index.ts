/** An image model behind an OpenAI-compatible server: words to a picture, and words and a picture to a changed one. */
import { type DecodeCall, type DecodeEvent, type DecodeRequest, definePlugin, type RgbImage, z } from 'darkroom/plugin';
import { cover, shrink } from '../../lib/pictures.js';
import { createClient, serverOptions } from '../../lib/server.js';
import { Images } from './images.js';

const name = z.string().min(1).optional();
const side = z.int().min(1).max(16_384);

export const options = z.strictObject({
  ...serverOptions,
  /** Its name at the server; left out where the server has one model. */
  model: name,
  /** Whether the server has images/edits. */
  edits: z.boolean().default(true),
  /** Whether images/edits takes a mask. */
  masks: z.boolean().default(false),
  /** Pictures on the way that are asked for; 0 never streams. */
  partialImages: z.int().min(0).max(3).default(3),
  /** `b64_json` for servers that would send an address otherwise. OpenAI's gpt-image models refuse it. */
  responseFormat: z.enum(['b64_json', 'url']).optional(),
  /** The only sizes that the server draws, for instance `1024x1024`; another one is cut out of the nearest. Empty: it draws any. */
  sizes: z.array(z.string().regex(/^[1-9]\d*x[1-9]\d*$/)).default([]),
  /** The server's names of parameters that the API does not have. */
  parameters: z
    .strictObject({
      numInferenceSteps: name,
      guidanceScale: name,
      trueCfgScale: name,
      negativePrompt: name,
      seed: name,
    })
    .default({}),
  limits: z
    .strictObject({
      minSide: side.default(256),
      maxSide: side.default(1536),
      sizeMultiple: side.default(16),
      maxSteps: z.int().min(1).max(1000).default(50),
    })
    .prefault({}),
  defaults: z
    .strictObject({
      width: side.default(1024),
      height: side.default(1024),
      numInferenceSteps: z.int().min(1).max(1000).default(4),
      guidanceScale: z.number().default(1),
      trueCfgScale: z.number().min(1).default(1),
    })
    .prefault({}),
  /** Pictures that are drawn at once. */
  batch: z.int().min(1).default(1),
  /** More to send with every request, for instance `{ "quality": "low" }`. */
  body: z.record(z.string(), z.unknown()).default({}),
});

export default definePlugin({
  kind: 'image-decoder',
  name: 'openai-image-decoder',
  version: '0.1.0',
  options,
  async create({ limits, defaults, edits, masks, batch, ...rest }, host) {
    const client = createClient(rest);
    const images = new Images(client, rest, host.log);
    const { minSide, maxSide, sizeMultiple, maxSteps } = limits;
    return {
      reads: { condition: 'text', ...(edits && { reference: 'pixels' as const }) },
      supports: {
        edit: edits,
        mask: edits && masks,
        trueCfg: rest.parameters.trueCfgScale !== undefined,
        preview: 'image',
        batch,
      },
      limits: { minWidth: minSide, minHeight: minSide, maxWidth: maxSide, maxHeight: maxSide, sizeMultiple, maxSteps },
      defaults,
      decode: (request, call) => drawing(images, request, call),
      async close() {
        client.close();
      },
    };
  },
});

/** Partial pictures are spread evenly over the steps that were asked for: the server does not tell of its own. */
async function* drawing(images: Images, request: DecodeRequest, call: DecodeCall): AsyncGenerator<DecodeEvent> {
  const { width, height, numInferenceSteps: steps } = request;
  const startedAt = performance.now();
  let previewMs = 0;
  let lastStep = 0;

  async function step(stepIndex: number, image: RgbImage): Promise<DecodeEvent> {
    lastStep = stepIndex;
    const wish = call.wantsPreview(stepIndex);
    const event = { type: 'step', stepIndex, sigma: 1 - stepIndex / steps } as const;
    if (wish === undefined) return event;
    const begun = performance.now();
    const preview = await shrink(image, wish.maxSize);
    previewMs += performance.now() - begun;
    return { ...event, preview };
  }

  for await (const event of images.run(request, call.signal)) {
    const image = await cover(event.image, width, height);
    if (event.type === 'partial') {
      const stepIndex = Math.max(1, Math.floor(((event.index + 1) * steps) / (event.count + 1)));
      // One that comes twice, or too late, tells nothing new.
      if (stepIndex > lastStep && stepIndex < steps) yield await step(stepIndex, image);
      continue;
    }
    yield await step(steps, image);
    const denoiseMs = performance.now() - startedAt - previewMs;
    yield { type: 'image', image, timings: { denoiseMs, vaeMs: 0, previewMs } };
    return;
  }
}
