/** What the parts of a bundle answer, however their graphs are run. */
import type { ImageDecoder, ImageEmbeddings, LanguageModel, VisionEncoder } from '../../../src/plugin/contract.js';
import { answers, picture } from '../../unit/inference/tiny-bundle.js';
import { developed, neverAborted } from './support.js';

export interface Parts {
  readonly encoder: VisionEncoder;
  readonly languageModel: LanguageModel;
  readonly generation: ImageDecoder;
  readonly editing: ImageDecoder;
}

/** Everything that the four parts can be asked, in one go: numbers, words and pixels. */
export async function answersOfAll({ encoder, languageModel, generation, editing }: Parts) {
  const image = picture(70, 50);
  const [read, target, reference] = await encoder.encode(
    (['read', 'target', 'reference'] as const).map((purpose) => ({ image, purpose })),
    { signal: neverAborted },
  );
  if (!read || !target || !reference) throw new Error('The encoder answers each picture.');
  const sampling = { maxNewTokens: 12, temperature: 0 };
  const said = await answers(languageModel, [
    {
      task: 'understand',
      messages: [
        {
          role: 'user',
          parts: [
            { type: 'image', image: read },
            { type: 'text', text: 'What is it?' },
          ],
        },
      ],
      sampling,
    },
    {
      task: 'generate',
      messages: [{ role: 'user', parts: [{ type: 'text', text: 'a red circle' }] }],
      sampling: { temperature: 0 },
    },
  ]);
  const condition = { type: 'embeddings', image: target } as const;
  const draw = async (decoder: ImageDecoder, more: { reference?: { type: 'embeddings'; image: ImageEmbeddings } }) => {
    const { width, height, guidanceScale, trueCfgScale } = decoder.defaults;
    const request = { condition, ...more, width, height, guidanceScale, trueCfgScale, negativePrompt: '', seed: 5 };
    const events = await developed(
      decoder,
      { ...request, numInferenceSteps: 2 },
      { wish: { maxSize: 32, view: 'x0' } },
    );
    return events.map((event) => (event.type === 'image' ? event.image : event));
  };
  return {
    embeddings: [read, target, reference],
    said: said.map(({ text, images }) => ({ text, images })),
    drawn: await draw(generation, {}),
    edited: await draw(editing, { reference: { type: 'embeddings', image: reference } }),
  };
}
