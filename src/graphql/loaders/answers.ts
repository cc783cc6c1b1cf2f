/**
 * The batch behind `Image.caption` and `Image.answer`: every such field of a request, however deep, goes to the language
 * model in one call per model. The batch leaves when the request has come to rest (pending-fields.ts). Asking the same of
 * the same image twice asks once. A question that fails is an error of its own field; its neighbours are answered.
 */
import DataLoader from 'dataloader';

import { GatewayError } from '../../errors/index.js';
import type { LanguageService } from '../../services/domain.js';
import type { PendingFields } from '../pending-fields.js';

export interface Question {
  readonly imageId: string;
  readonly question: string;
  /** Default: the gateway's default model. */
  readonly modelId?: string | undefined;
}

export type AnswerLoader = DataLoader<Question, string, string>;

export function createAnswerLoader(language: LanguageService, pendingFields: PendingFields): AnswerLoader {
  return new DataLoader((questions) => answerAll(language, questions), {
    cacheKeyFn: ({ imageId, question, modelId }) => JSON.stringify([imageId, question, modelId]),
    batchScheduleFn: (dispatch) => pendingFields.whenAtRest(dispatch),
  });
}

async function answerAll(language: LanguageService, questions: readonly Question[]): Promise<(string | Error)[]> {
  const answers: (string | Error)[] = Array(questions.length);
  const modelIds = new Set(questions.map(({ modelId }) => modelId));
  await Promise.all(
    [...modelIds].map(async (modelId) => {
      const places = questions.flatMap((question, place) => (question.modelId === modelId ? [place] : []));
      const asked = questions.filter((question) => question.modelId === modelId);
      // An unknown model must not fail the questions to the others.
      const told = await language.answer(asked, modelId).catch((error: unknown) => asked.map(() => asError(error)));
      for (const [index, place] of places.entries()) answers[place] = told[index] ?? noAnswer();
    }),
  );
  return answers;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new GatewayError('INTERNAL', 'The language model failed.', { cause: error });
}

function noAnswer(): GatewayError {
  return new GatewayError('INTERNAL', 'The language model left a question of the batch without an answer.');
}
