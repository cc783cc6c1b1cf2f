import { GatewayError } from '../../errors/index.js';
import type { Call, GenerateRequest, LanguageModel } from '../contract.js';
import type { CallTarget } from '../endpoint.js';
import { generateEventFromWire, type IndexedGenerateEvent } from '../wire/answers.js';
import type * as wire from '../wire/messages.js';
import { generateRequestToWire } from '../wire/requests.js';
import { checkEmbeddings, checkGenerateRequest } from './checks.js';
import { runOnHost } from './remote-call.js';

/** A language model that runs on its host. */
export function remoteLanguageModel(
  target: CallTarget,
  declared: Pick<LanguageModel, 'reads' | 'writes' | 'limits' | 'asksForPictures'>,
): LanguageModel {
  const { name } = target;

  /** More requests than the plugin takes at once go one batch after another. */
  async function* generate(requests: readonly GenerateRequest[], call: Call): AsyncGenerator<IndexedGenerateEvent> {
    for (const request of requests) checkGenerateRequest(request, declared, name);
    const batchSize = Math.max(1, declared.limits.batch);
    for (let first = 0; first < requests.length; first += batchSize) {
      const batch = requests.slice(first, first + batchSize);
      for await (const { index, event } of generateBatch(batch, call)) yield { index: first + index, event };
    }
  }

  async function* generateBatch(
    batch: readonly GenerateRequest[],
    { signal }: Call,
  ): AsyncGenerator<IndexedGenerateEvent> {
    const answers = runOnHost<wire.GenerateCommandInput, wire.GenerateEvent>(
      target,
      {
        open: (connection) => connection.languageModel.Generate(),
        start: () => ({ start: { requests: batch.map(generateRequestToWire) } }),
        abort: { abort: {} },
        batch: batch.length,
      },
      signal,
    );
    const unfinished = new Set(batch.keys());
    for await (const answer of answers) {
      const { index, event } = generateEventFromWire(answer);
      if (!unfinished.has(index)) throw invalid(`told of request ${index}, which has ended or was never asked`);
      if (event.type === 'image') {
        if (declared.writes === null) throw invalid('wrote a picture although it declares that it writes only words');
        checkEmbeddings(event.image, declared.writes, name);
      }
      if (event.type === 'drawing' && batch[index]?.drawing === undefined)
        throw invalid('asked for a picture in words although none was offered');
      if (event.type === 'end' || event.type === 'error') unfinished.delete(index);
      yield { index, event };
    }
    if (unfinished.size > 0) throw invalid(`left ${unfinished.size} of ${batch.length} requests without an end`);
  }

  function invalid(what: string): GatewayError {
    return new GatewayError('PLUGIN_INVALID', `Plugin ${name} ${what}.`, { plugin: name });
  }

  const { reads, writes, limits, asksForPictures = false } = declared;
  return { reads, writes, limits, asksForPictures, generate, close: () => target.stop() };
}
