/** Pictures and a question to words. */
import { GatewayError, toGatewayError } from '../errors/index.js';
import type { GenerateRequest, RgbImage, SamplingOptions } from '../plugin/contract.js';
import { languageError, speak } from './language.js';
import type { PipelineCall, PipelineModel, PipelineTimings } from './model.js';
import { toChatParts } from './reading.js';

export interface UnderstandInput {
  /** In the order in which the question means them. */
  readonly images: readonly RgbImage[];
  readonly question: string;
  readonly sampling?: SamplingOptions | undefined;
}

/**
 * Answers a question about pictures. The words come with `emit` as they are written, and as a whole at the end.
 *
 * @throws GatewayError CAPABILITY_MISSING, and what plugins throw
 */
export async function understand(
  model: PipelineModel,
  { images, question, sampling }: UnderstandInput,
  call: PipelineCall,
): Promise<{ readonly answer: string; readonly timings: PipelineTimings }> {
  const timings: PipelineTimings = {};

  // 1 pictures -> embeddings, where the language model wants those
  const parts = await toChatParts(model, images, call.signal, timings);

  // 2 embeddings and question -> words
  const startedAt = performance.now();
  let answer = '';
  for await (const event of speak(
    model,
    understandingOf([...parts, { type: 'text', text: question }], sampling),
    call.signal,
  )) {
    if (event.type !== 'text') continue;
    answer += event.text;
    await call.emit({ type: 'text', text: event.text });
  }
  timings.languageMs = performance.now() - startedAt;
  return { answer, timings };
}

export interface Question {
  readonly image: RgbImage;
  readonly question: string;
}

/**
 * Many questions at once: one call of the encoder, in which each picture appears once, and one of the language model.
 *
 * @returns answers in the order of the questions; a question that failed has its error there, and does not harm the others
 * @throws GatewayError when the encoder or the language model fails as a whole
 */
export async function answerMany(
  model: PipelineModel,
  questions: readonly Question[],
  signal: AbortSignal,
): Promise<(string | GatewayError)[]> {
  if (questions.length === 0) return [];

  // 1 pictures -> embeddings
  const images = [...new Set(questions.map(({ image }) => image))];
  const parts = await toChatParts(model, images, signal, {});

  // 2 all questions -> all answers, as one batch
  const requests = questions.map(({ image, question }) => {
    const part = parts[images.indexOf(image)];
    return understandingOf([...(part === undefined ? [] : [part]), { type: 'text', text: question }]);
  });
  const answers = questions.map(() => '');
  const outcomes: (string | GatewayError | undefined)[] = questions.map(() => undefined);
  try {
    for await (const { index, event } of model.languageModel.generate(requests, { signal })) {
      if (event.type === 'text') answers[index] += event.text;
      else if (event.type === 'end') outcomes[index] = answers[index];
      else if (event.type === 'error') outcomes[index] = languageError(event);
    }
  } catch (error) {
    // Answers that ended before the stream broke are whole.
    const fault = toGatewayError(error);
    return outcomes.map((outcome) => outcome ?? fault);
  }
  return outcomes.map(
    (outcome) =>
      outcome ??
      new GatewayError('PLUGIN_INVALID', `The language model of ${model.id} stopped without ending its answer.`),
  );
}

function understandingOf(
  parts: GenerateRequest['messages'][number]['parts'],
  sampling?: SamplingOptions,
): GenerateRequest {
  return { task: 'understand', messages: [{ role: 'user', parts }], ...(sampling === undefined ? {} : { sampling }) };
}
