/** What tests of the engines share: a plugin in this process, and what it answers. */
import type {
  DecodeEvent,
  DecodeRequest,
  GenerateEvent,
  GenerateRequest,
  ImageDecoder,
  LanguageModel,
  PluginHost,
  PreviewWish,
  RgbImage,
} from '../../../src/plugin/contract.js';

export const neverAborted = new AbortController().signal;

/** A host without a process; what is logged is kept. */
export function testHost(logged: string[] = []): PluginHost {
  const note = (message: string) => void logged.push(message);
  return {
    log: { debug: note, info: note, warn: note, error: note },
    metrics: { add() {}, set() {} },
    folder: '/nowhere',
    modelsFolder: null,
    resolvePath: (path) => path,
    signal: neverAborted,
  };
}

export function asked(words: string, changes: Partial<GenerateRequest> = {}): GenerateRequest {
  return { task: 'reply', messages: [{ role: 'user', parts: [{ type: 'text', text: words }] }], ...changes };
}

/** The events of one request; text in one piece. */
export async function told(model: LanguageModel, request: GenerateRequest, signal = neverAborted) {
  const events: GenerateEvent[] = [];
  for await (const { event } of model.generate([request], { signal })) {
    const last = events.at(-1);
    if (event.type === 'text' && last?.type === 'text')
      events[events.length - 1] = { type: 'text', text: last.text + event.text };
    else events.push(event);
  }
  return events;
}

export function drawn(changes: Partial<DecodeRequest> = {}): DecodeRequest {
  return {
    condition: { type: 'text', text: 'a red circle' },
    width: 64,
    height: 64,
    numInferenceSteps: 4,
    guidanceScale: 1,
    trueCfgScale: 1,
    negativePrompt: '',
    seed: 7,
    ...changes,
  };
}

export async function developed(
  decoder: ImageDecoder,
  request: DecodeRequest,
  { signal = neverAborted, wish }: { signal?: AbortSignal; wish?: PreviewWish } = {},
): Promise<DecodeEvent[]> {
  const events: DecodeEvent[] = [];
  for await (const event of decoder.decode(request, { signal, wantsPreview: () => wish })) events.push(event);
  return events;
}

export function flat(width: number, height: number, shade = 90): RgbImage {
  return { width, height, data: new Uint8Array(width * height * 3).fill(shade) };
}
