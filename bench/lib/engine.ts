/** The bare engine: language model and decoder in this process, with nothing around them. */
import { createImageDecoder, createLanguageModel } from '../../src/inference/index.js';
import type {
  DecodeRequest,
  DecodeTimings,
  ImageEmbeddings,
  PreviewWish,
  RgbImage,
} from '../../src/plugin/contract.js';
import type { Setting } from './setting.js';

export interface EnginePicture {
  readonly image: RgbImage;
  /** All of it. */
  readonly ms: number;
  readonly languageMs: number;
  readonly timings: DecodeTimings;
  readonly previews: number;
}

export interface Engine {
  /** @param wish wanted of every step; undefined makes no previews */
  draw(seed: number, wish?: PreviewWish): Promise<EnginePicture>;
  close(): Promise<void>;
}

const patient = { signal: new AbortController().signal };

/** @throws GatewayError as the parts of the engine do */
export async function openEngine(setting: Setting): Promise<Engine> {
  const { bundle, threads, prompt, width, height, steps, guidanceScale, trueCfgScale } = setting;
  const languageModel = await createLanguageModel(bundle, { threads });
  const decoder = await createImageDecoder(bundle, 'generation', { threads });

  async function imagine(seed: number): Promise<ImageEmbeddings> {
    const message = { role: 'user', parts: [{ type: 'text', text: prompt }] } as const;
    let picture: ImageEmbeddings | undefined;
    const request = { task: 'generate', messages: [message], sampling: { seed } } as const;
    for await (const { event } of languageModel.generate([request], patient)) {
      if (event.type === 'image') picture ??= event.image;
      if (event.type === 'error') throw new Error(`${event.code}: ${event.message}`);
    }
    if (picture === undefined) throw new Error('The language model wrote no picture.');
    return picture;
  }

  return {
    async draw(seed, wish) {
      const startedAt = performance.now();
      const image = await imagine(seed);
      const languageMs = performance.now() - startedAt;

      const request: DecodeRequest = {
        ...{ condition: { type: 'embeddings', image }, width, height, numInferenceSteps: steps, seed },
        ...{ guidanceScale, trueCfgScale, negativePrompt: '' },
      };
      let previews = 0;
      for await (const event of decoder.decode(request, { ...patient, wantsPreview: () => wish })) {
        if (event.type === 'step') previews += event.preview === undefined ? 0 : 1;
        else {
          const { image, timings } = event;
          return { image, ms: performance.now() - startedAt, languageMs, timings, previews };
        }
      }
      throw new Error('The decoder stopped without a picture.');
    },
    async close() {
      await Promise.all([languageModel.close(), decoder.close()]);
    },
  };
}
