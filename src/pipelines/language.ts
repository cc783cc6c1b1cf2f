/** One request to the language model, as a stream without its envelope. */
import { GatewayError, isErrorCode } from '../errors/index.js';
import type { ChatPart, GenerateEvent, GenerateRequest, ImageEmbeddings, SamplingOptions } from '../plugin/contract.js';
import type { PipelineModel } from './model.js';

export type LanguageEvent = Extract<GenerateEvent, { type: 'text' | 'image' | 'drawing' }>;

/**
 * Runs one request; ends when the model ends its answer.
 *
 * @throws GatewayError with the model's own code, or PLUGIN_INVALID when the stream breaks off
 */
export async function* speak(
  model: PipelineModel,
  request: GenerateRequest,
  signal: AbortSignal,
): AsyncGenerator<LanguageEvent, void> {
  let hasEnded = false;
  // Read to its end: a reader that leaves cancels the call.
  for await (const { event } of model.languageModel.generate([request], { signal })) {
    signal.throwIfAborted();
    if (event.type === 'error') throw languageError(event);
    if (event.type === 'end') hasEnded = true;
    else yield event;
  }
  signal.throwIfAborted();
  if (hasEnded) return;
  throw new GatewayError('PLUGIN_INVALID', `The language model of ${model.id} stopped without ending its answer.`);
}

/** The picture that the language model imagines for `parts`. What it writes before is passed over. */
export async function imagine(
  model: PipelineModel,
  task: 'generate' | 'edit',
  parts: readonly ChatPart[],
  sampling: SamplingOptions,
  signal: AbortSignal,
): Promise<ImageEmbeddings> {
  let picture: ImageEmbeddings | undefined;
  for await (const event of speak(model, { task, messages: [{ role: 'user', parts }], sampling }, signal)) {
    if (event.type === 'image') picture ??= event.image;
  }
  if (picture !== undefined) return picture;
  throw new GatewayError('PLUGIN_INVALID', `The language model of ${model.id} was asked for a picture and wrote none.`);
}

export function languageError(event: Extract<GenerateEvent, { type: 'error' }>): GatewayError {
  return new GatewayError(isErrorCode(event.code) ? event.code : 'PLUGIN_FAILED', event.message);
}
