import { GatewayError, toGatewayError } from '../errors/index.js';
import { answerMany, type Question } from '../pipelines/index.js';
import type { ImageService, LanguageService } from './domain.js';
import type { Models } from './models.js';
import { checkWords } from './words.js';

export interface LanguageOptions {
  /** Characters of a question. */
  readonly promptChars: number;
  /** After which a batch is given up. */
  readonly deadlineMs: number;
}

export function createLanguageService(
  models: Models,
  images: ImageService,
  { promptChars, deadlineMs }: LanguageOptions,
): LanguageService {
  return {
    async answer(requests, modelId) {
      const model = models.parts(models.choose(modelId).id);

      // 1 each picture once; a request whose picture or question cannot be used fails alone
      const ids = [...new Set(requests.map(({ imageId }) => imageId))];
      const pixels = new Map(
        await Promise.all(
          ids.map(
            async (id) => [id, await images.readPixels(id).catch((error: unknown) => toGatewayError(error))] as const,
          ),
        ),
      );
      const prepared = requests.map(({ imageId, question }): Question | GatewayError => {
        try {
          checkWords(question, 'question', promptChars);
        } catch (error) {
          return toGatewayError(error);
        }
        const image = pixels.get(imageId) ?? new GatewayError('NOT_FOUND', `There is no image ${imageId}.`);
        return image instanceof GatewayError ? image : { image, question };
      });

      // 2 the rest as one batch
      const questions = prepared.filter((item): item is Question => !(item instanceof GatewayError));
      const answers = await answerMany(model, questions, AbortSignal.timeout(deadlineMs)).catch((error: unknown) => {
        const fault =
          error instanceof DOMException && error.name === 'TimeoutError'
            ? new GatewayError('PLUGIN_TIMEOUT', `The language model did not answer within ${deadlineMs} ms.`)
            : toGatewayError(error);
        return questions.map(() => fault);
      });
      let next = 0;
      return prepared.map((item) => {
        if (item instanceof GatewayError) return item;
        const answer = answers[next] ?? new GatewayError('INTERNAL', 'An answer is missing.');
        next += 1;
        return answer;
      });
    },
  };
}
