import { describe, expect, test } from '@jest/globals';

import { GatewayError } from '../../../src/errors/index.js';
import {
  answerMany,
  edit,
  generate,
  type PipelineCall,
  type PipelineEvent,
  type PipelineModel,
  reply,
  resolveSettings,
  understand,
} from '../../../src/pipelines/index.js';
import type { GenerateEvent, RgbImage } from '../../../src/plugin/contract.js';
import { END, imagined, type Script, scriptedModel, textsOf } from '../../support/scripted-model.js';

const LIMITS = { maxImages: 4, promptChars: 100 };

describe('generate', () => {
  test('asks the language model once and draws each picture with the next seed', async () => {
    const model = scriptedModel();
    const { call, events } = recording();
    const timings = await generate(
      model,
      { prompt: 'a circle', settings: settingsOf(model, { count: 3, seed: 7 }) },
      call,
    );

    expect(model.asked.generate).toHaveLength(1);
    expect(model.asked.generate[0]).toMatchObject([
      {
        task: 'generate',
        sampling: { seed: 7 },
        messages: [{ role: 'user', parts: [{ type: 'text', text: 'a circle' }] }],
      },
    ]);
    expect(model.asked.generation.map(({ seed }) => seed)).toEqual([7, 8, 9]);
    expect(events.map(({ type }) => type)).toEqual(
      Array.from({ length: 3 }, () => ['imageStarted', 'step', 'step', 'step', 'step', 'imageFinished']).flat(),
    );
    expect(timings).toMatchObject({ denoiseMs: 12, vaeMs: 6, previewMs: 3 });
    expect(timings.languageMs).toBeGreaterThanOrEqual(0);
  });

  test('makes the same picture of the same seed, whether or not somebody watches', async () => {
    const model = scriptedModel();
    const watched = {
      ...recording().call,
      previewWishes: { current: { everySteps: [1], maxSize: 64, view: 'x0' }, onChange: () => () => undefined },
    } as const;
    const first = recording();
    const second = recording({ previewWishes: watched.previewWishes });
    const settings = settingsOf(model, { seed: 3 });
    await generate(model, { prompt: 'a circle', settings }, first.call);
    await generate(model, { prompt: 'a circle', settings }, second.call);
    expect(pictures(second.events)).toEqual(pictures(first.events));
    expect(second.events.filter((event) => event.type === 'step' && event.preview !== undefined)).toHaveLength(4);
    expect(first.events.filter((event) => event.type === 'step' && event.preview !== undefined)).toHaveLength(0);
  });

  test('does not draw again what an earlier attempt finished', async () => {
    const model = scriptedModel();
    const { call, events } = recording({ finished: new Set([0]) });
    await generate(model, { prompt: 'a circle', settings: settingsOf(model, { count: 2, seed: 7 }) }, call);
    expect(model.asked.generation.map(({ seed }) => seed)).toEqual([8]);
    expect(events[0]).toEqual({ type: 'imageKept', index: 0 });
  });

  test('gives a decoder that reads words the prompt itself, and asks the language model nothing', async () => {
    const model = withTextDecoder(scriptedModel());
    await generate(model, { prompt: 'a circle', settings: settingsOf(model, {}) }, recording().call);
    expect(model.asked.generate).toEqual([]);
    expect(model.asked.generation).toMatchObject([{ condition: { type: 'text', text: 'a circle' } }]);
  });

  test('stops between two steps when it is aborted', async () => {
    const controller = new AbortController();
    const model = scriptedModel();
    const { call, events } = recording({
      signal: controller.signal,
      onEvent: (event) =>
        event.type === 'step' && event.stepIndex === 2 && controller.abort(new GatewayError('CANCELLED', 'enough')),
    });
    await expect(generate(model, { prompt: 'a circle', settings: settingsOf(model, {}) }, call)).rejects.toMatchObject({
      code: 'CANCELLED',
    });
    expect(events.at(-1)).toMatchObject({ type: 'step', stepIndex: 2 });
  });

  test('says so when the language model fails, ends without a picture, or breaks off', async () => {
    const draw = (answer: NonNullable<Script['answer']>) => {
      const model = scriptedModel({ answer });
      return generate(model, { prompt: 'p', settings: settingsOf(model, {}) }, recording().call);
    };
    await expect(draw(() => [{ type: 'error', code: 'PROMPT_TOO_LONG', message: 'long' }])).rejects.toMatchObject({
      code: 'PROMPT_TOO_LONG',
    });
    await expect(draw(() => [{ type: 'error', code: 'OTHER', message: 'odd' }])).rejects.toMatchObject({
      code: 'PLUGIN_FAILED',
    });
    await expect(draw(() => [{ type: 'text', text: 'no' }, END])).rejects.toMatchObject({ code: 'PLUGIN_INVALID' });
    await expect(draw(() => [])).rejects.toMatchObject({ code: 'PLUGIN_INVALID' });
  });
});

describe('edit', () => {
  test('shows the source to the language model and to the decoder', async () => {
    const model = scriptedModel();
    const { call, events } = recording();
    await edit(
      model,
      { source: grey(200), instruction: 'make it green', settings: settingsOf(model, {}, 'editing') },
      call,
    );
    expect(model.asked.encode.map(([request]) => request?.purpose)).toEqual(['reference', 'read']);
    expect(model.asked.generate[0]).toMatchObject([
      { task: 'edit', messages: [{ parts: [{ type: 'image' }, { type: 'text', text: 'make it green' }] }] },
    ]);
    expect(model.asked.editing).toMatchObject([{ reference: { type: 'embeddings' } }]);
    expect(events.at(-1)).toMatchObject({ type: 'imageFinished', isEdit: true });
  });

  test('is refused by a decoder that cannot edit', async () => {
    const model = scriptedModel();
    const settings = settingsOf(model, { decoder: 'generation' });
    await expect(edit(model, { source: grey(1), instruction: 'x', settings }, recording().call)).rejects.toMatchObject({
      code: 'CAPABILITY_MISSING',
    });
  });
});

describe('understand', () => {
  test('streams the answer and gives it as a whole', async () => {
    const model = scriptedModel({
      answer: () => [{ type: 'text', text: 'two ' }, { type: 'text', text: 'circles' }, END],
    });
    const { call, events } = recording();
    const { answer } = await understand(model, { images: [grey(1), grey(2)], question: 'how many?' }, call);
    expect(answer).toBe('two circles');
    expect(events).toEqual([
      { type: 'text', text: 'two ' },
      { type: 'text', text: 'circles' },
    ]);
    expect(model.asked.encode).toHaveLength(1);
    expect(model.asked.generate[0]?.[0]?.messages[0]?.parts.map(({ type }) => type)).toEqual([
      'image',
      'image',
      'text',
    ]);
  });

  test('without an encoder is refused where the language model reads embeddings', async () => {
    const model = { ...scriptedModel(), encoder: null };
    await expect(understand(model, { images: [grey(1)], question: '?' }, recording().call)).rejects.toMatchObject({
      code: 'CAPABILITY_MISSING',
    });
  });
});

describe('many questions at once', () => {
  test('are one call of the language model, with each picture encoded once; one failure harms no other', async () => {
    const model = scriptedModel({
      answer: (request) =>
        textsOf(request)[0] === 'fail'
          ? [{ type: 'error', code: 'INFERENCE_FAILED', message: 'no' }]
          : [{ type: 'text', text: `${textsOf(request)[0]}!` }, END],
    });
    const [one, two] = [grey(1), grey(2)];
    const answers = await answerMany(
      model,
      [
        { image: one, question: 'a' },
        { image: two, question: 'fail' },
        { image: one, question: 'c' },
      ],
      new AbortController().signal,
    );
    expect(answers).toEqual(['a!', expect.objectContaining({ code: 'INFERENCE_FAILED' }), 'c!']);
    expect(model.asked.generate.map((requests) => requests.length)).toEqual([3]);
    expect(model.asked.encode.map((requests) => requests.length)).toEqual([2]);
  });
});

describe('reply', () => {
  const settings = (model: PipelineModel) => ({
    generation: settingsOf(model, { seed: 1 }),
    editing: settingsOf(model, { seed: 1 }, 'editing'),
  });
  const say = (text: string) => ({ role: 'user', parts: [{ type: 'text', text }] }) as const;

  test('keeps words and pictures in the order in which the model says them', async () => {
    const model = scriptedModel({
      answer: () => [
        { type: 'text', text: 'First' },
        imagined(0.1),
        { type: 'text', text: 'then' },
        imagined(0.9),
        { type: 'text', text: 'done' },
        END,
      ],
    });
    const { call, events } = recording();
    await reply(model, { messages: [say('draw two')], settings: settings(model) }, call);
    expect(
      events.filter(({ type }) => type !== 'step').map((event) => (event.type === 'text' ? event.text : event.type)),
    ).toEqual([...['First', 'imageStarted', 'imageFinished', 'then', 'imageStarted', 'imageFinished', 'done']]);
    expect(model.asked.generation.map(({ seed }) => seed)).toEqual([1, 2]);
    expect(model.asked.editing).toEqual([]);
  });

  test('draws `count` pictures of what it imagined once, each with the next seed', async () => {
    const model = scriptedModel({ answer: () => [imagined(0.1), imagined(0.9), END] });
    const { call, events } = recording();
    const two = { generation: settingsOf(model, { seed: 1, count: 2 }), editing: undefined };
    await reply(model, { messages: [say('draw')], settings: two }, call);
    expect(pictures(events)).toHaveLength(4);
    expect(model.asked.generation.map(({ seed }) => seed)).toEqual([1, 2, 3, 4]);
  });

  describe('by a model that asks for pictures in words', () => {
    const writer = (...says: GenerateEvent[]) => {
      const model = scriptedModel({ answer: () => [...says, END] });
      const languageModel = { ...model.languageModel, writes: null, asksForPictures: true };
      const reads = { condition: 'text' } as const;
      const { generation, editing } = model.decoders;
      if (generation == null || editing == null) throw new Error('The scripted model has both decoders.');
      const decoders = {
        generation: { ...generation, reads },
        editing: { ...editing, reads: { condition: 'text', reference: 'pixels' } as const },
      };
      return { ...model, languageModel, decoders };
    };
    const drawing = (edits: boolean) => ({ type: 'drawing', prompt: 'a cat', edits }) as const;
    const seen = { role: 'user', parts: [{ type: 'image', image: grey(10) }] } as const;

    test('offers the decoders that read words, and draws what it asks for', async () => {
      const model = writer({ type: 'text', text: 'Here:' }, drawing(false));
      const { call, events } = recording();
      await reply(model, { messages: [say('show me a cat')], settings: settings(model) }, call);
      expect(model.asked.generate[0]).toMatchObject([{ drawing: { edits: false } }]);
      expect(model.asked.generation).toMatchObject([{ condition: { type: 'text', text: 'a cat' } }]);
      expect(pictures(events)).toHaveLength(1);
    });

    test('changes the newest picture only where it says so', async () => {
      const model = writer(drawing(true), drawing(false));
      await reply(model, { messages: [seen, say('greener')], settings: settings(model) }, recording().call);
      expect(model.asked.generate[0]).toMatchObject([{ drawing: { edits: true } }]);
      expect(model.asked.editing).toMatchObject([{ reference: { type: 'pixels' } }]);
      expect(model.asked.generation[0]).not.toHaveProperty('reference');
    });

    test('offers nothing where no decoder reads words', async () => {
      const model = { ...writer(), decoders: scriptedModel().decoders };
      await reply(model, { messages: [say('show me a cat')], settings: settings(model) }, recording().call);
      expect(model.asked.generate[0]?.[0]).not.toHaveProperty('drawing');
    });
  });

  test('draws from nothing while the conversation has no picture, and changes the newest one afterwards', async () => {
    const model = scriptedModel({ answer: () => [imagined(0.5), END] });
    const { call, events } = recording();
    const messages = [
      {
        role: 'user',
        parts: [
          { type: 'image', image: grey(10) },
          { type: 'text', text: 'look' },
        ],
      },
      { role: 'assistant', parts: [{ type: 'image', image: grey(250) }] },
      say('make it green'),
    ] as const;
    await reply(model, { messages, settings: settings(model) }, call);
    expect(model.asked.generation).toEqual([]);
    expect(model.asked.editing).toHaveLength(1);
    const [read, reference] = model.asked.encode;
    expect(read?.map(({ image }) => image.data[0])).toEqual([10, 250]);
    expect(reference).toMatchObject([{ purpose: 'reference', image: { data: grey(250).data } }]);
    expect(
      model.asked.generate[0]?.[0]?.messages.map(({ role, parts }) => [role, ...parts.map(({ type }) => type)]),
    ).toEqual([
      ['user', 'image', 'text'],
      ['assistant', 'image'],
      ['user', 'text'],
    ]);
    expect(events.at(-1)).toMatchObject({ type: 'imageFinished', isEdit: true });
  });

  test('gives a decoder that reads words what the model said before the picture, or else what it was asked', async () => {
    const model = withTextDecoder(
      scriptedModel({ answer: () => [imagined(0), { type: 'text', text: 'a red star' }, imagined(0), END] }),
    );
    await reply(model, { messages: [say('draw')], settings: settings(model) }, recording().call);
    expect(model.asked.generation.map(({ condition }) => condition)).toEqual([
      { type: 'text', text: 'draw' },
      { type: 'text', text: 'a red star' },
    ]);
  });
});

describe('settings', () => {
  const model = scriptedModel();
  const resolve = (input: Parameters<typeof resolveSettings>[2]) => resolveSettings(model, 'generation', input, LIMITS);

  test('are filled in with the defaults of the decoder and a random seed', () => {
    const settings = resolve({});
    expect(settings).toMatchObject({
      width: 32,
      height: 32,
      numInferenceSteps: 4,
      guidanceScale: 1,
      trueCfgScale: 1,
      negativePrompt: '',
      count: 1,
      decoder: 'generation',
    });
    expect(Number.isInteger(settings.seed) && settings.seed >= 0 && settings.seed < 2 ** 31).toBe(true);
    expect(new Set([1, 2, 3].map(() => resolve({}).seed)).size).toBeGreaterThan(1);
  });

  test.each([
    [{ width: 17 }, 'SIZE_OUT_OF_LIMITS'],
    [{ width: 8 }, 'SIZE_OUT_OF_LIMITS'],
    [{ height: 272 }, 'SIZE_OUT_OF_LIMITS'],
    [{ height: Number.NaN }, 'SIZE_OUT_OF_LIMITS'],
    [{ numInferenceSteps: 0 }, 'STEPS_OUT_OF_LIMITS'],
    [{ numInferenceSteps: 51 }, 'STEPS_OUT_OF_LIMITS'],
    [{ count: 5 }, 'BAD_INPUT'],
    [{ seed: -1 }, 'BAD_INPUT'],
    [{ seed: 2 ** 31 }, 'BAD_INPUT'],
    [{ guidanceScale: -1 }, 'BAD_INPUT'],
    [{ guidanceScale: Number.NaN }, 'BAD_INPUT'],
    [{ trueCfgScale: 0.5 }, 'BAD_INPUT'],
    [{ trueCfgScale: 2 }, 'CAPABILITY_MISSING'],
    [{ negativePrompt: 'x'.repeat(101) }, 'PROMPT_TOO_LONG'],
    [{ decoder: 'painting' }, 'CAPABILITY_MISSING'],
  ])('with %j are refused with %s', (input, code) => {
    expect(() => resolve(input)).toThrow(expect.objectContaining({ code }));
  });
});

function settingsOf(
  model: PipelineModel,
  input: Parameters<typeof resolveSettings>[2],
  decoder: 'generation' | 'editing' = 'generation',
) {
  return resolveSettings(model, decoder, input, LIMITS);
}

function withTextDecoder(model: ReturnType<typeof scriptedModel>): ReturnType<typeof scriptedModel> {
  const { generation, editing } = model.decoders;
  if (generation == null) throw new Error('The scripted model has a generation decoder.');
  return { ...model, decoders: { generation: { ...generation, reads: { condition: 'text' } }, editing } };
}

function grey(shade: number): RgbImage {
  return { width: 16, height: 16, data: new Uint8Array(16 * 16 * 3).fill(shade) };
}

function recording({ onEvent, ...call }: Partial<PipelineCall> & { onEvent?: (event: PipelineEvent) => void } = {}) {
  const events: PipelineEvent[] = [];
  const recorded: PipelineCall = {
    signal: new AbortController().signal,
    emit(event) {
      events.push(event);
      onEvent?.(event);
    },
    ...call,
  };
  return { call: recorded, events };
}

function pictures(events: readonly PipelineEvent[]): RgbImage[] {
  return events.flatMap((event) => (event.type === 'imageFinished' ? [event.image] : []));
}
