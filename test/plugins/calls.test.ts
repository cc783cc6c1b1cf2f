import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { runOnHost } from '../../src/plugin/client/remote-call.js';
import type { ChatMessage, DecodeEvent, GenerateRequest, PreviewWishes, RgbImage } from '../../src/plugin/contract.js';
import type { DecodeCommandInput } from '../../src/plugin/wire/messages.js';
import {
  changingWishes,
  collect,
  decodeRequest,
  decoderOf,
  encoderOf,
  fixture,
  languageModelOf,
  minimal,
  neverAborted,
  pictureOf,
  recordingLog,
  start,
  supervise,
} from './support.js';

jest.setTimeout(120_000);

const signal = neverAborted;
const hosts = {
  encoder: supervise(minimal('encoder')),
  language: supervise(minimal('language-model')),
  decoder: supervise(minimal('decoder')),
  /** Takes its time, so that something can happen meanwhile. */
  slow: supervise(minimal('decoder'), { options: { stepMs: 30 } }),
};

beforeAll(async () => {
  await Promise.all(Object.values(hosts).map((host) => host.start()));
});
afterAll(async () => {
  await Promise.all(Object.values(hosts).map((host) => host.stop()));
});

describe('a vision encoder on its host', () => {
  it('answers in the order of the requests', async () => {
    const encoder = encoderOf(hosts.encoder);
    const [red, blue] = await encoder.encode(
      [
        { image: plain(255, 0, 0), purpose: 'read' },
        { image: plain(0, 0, 255), purpose: 'reference' },
      ],
      { signal },
    );
    expect(red).toMatchObject({ space: 'minimal', gridThw: [1, 4, 4], embeddings: { dims: [4, 8] } });
    expect(Array.from(red?.embeddings.data.subarray(0, 3) ?? [])).toEqual([1, 0, 0]);
    expect(Array.from(blue?.embeddings.data.subarray(0, 3) ?? [])).toEqual([0, 0, 1]);
  });

  it("brings a picture over that is larger than gRPC's own limit of 4 MiB", async () => {
    const image = { width: 1300, height: 1100, data: new Uint8Array(1300 * 1100 * 3).fill(51) };
    const [embeddings] = await encoderOf(hosts.encoder).encode([{ image, purpose: 'read' }], { signal });
    expect(embeddings?.embeddings.data[0]).toBeCloseTo(0.2);
  });

  it('is not asked at all once its signal is aborted', async () => {
    const encoding = encoderOf(hosts.encoder).encode([{ image: plain(0, 0, 0), purpose: 'read' }], {
      signal: AbortSignal.abort(),
    });
    await expect(encoding).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});

describe('a language model on its host', () => {
  it('streams the words of all requests of a batch, each with its index and its end', async () => {
    const events = await collect(languageModelOf(hosts.language).generate([ask('one two'), ask('three')], { signal }));
    expect(textOf(events, 0)).toBe('I see 0 pictures; you said: one two');
    expect(textOf(events, 1)).toBe('I see 0 pictures; you said: three');
    expect(events.filter(({ event }) => event.type === 'end')).toHaveLength(2);
    expect(events.at(-1)).toEqual({
      index: 0,
      event: { type: 'end', reason: 'stop', usage: { promptTokens: 2, completionTokens: 8 } },
    });
  });

  it('takes more requests than it runs together, in several batches', async () => {
    const requests = Array.from({ length: 10 }, (_, index) => ask(`number ${index}`));
    const events = await collect(languageModelOf(hosts.language).generate(requests, { signal }));
    expect(requests.map((_, index) => textOf(events, index))).toEqual(
      requests.map((_, index) => `I see 0 pictures; you said: number ${index}`),
    );
  });

  it('reads embeddings and writes embeddings', async () => {
    const [picture] = await encoderOf(hosts.encoder).encode([{ image: plain(255, 0, 0), purpose: 'read' }], { signal });
    if (!picture) throw new Error('The encoder answered nothing.');
    const parts: ChatMessage['parts'] = [
      { type: 'image', image: picture },
      { type: 'text', text: 'make the ground green' },
    ];
    const request: GenerateRequest = { task: 'edit', messages: [{ role: 'user', parts }] };
    const events = await collect(languageModelOf(hosts.language).generate([request], { signal }));
    const image = events.map(({ event }) => event).find((event) => event.type === 'image');
    expect(Array.from(image?.image.embeddings.data.subarray(0, 3) ?? [])).toEqual([1, 0, 0]);
  });

  it('passes sampling options on, and leaves out those that were not set', async () => {
    const request: GenerateRequest = { ...ask('one two three'), sampling: { maxNewTokens: 3 } };
    const events = await collect(languageModelOf(hosts.language).generate([request], { signal }));
    expect(textOf(events, 0)).toBe('I see 0');
    expect(events.at(-1)?.event).toMatchObject({ type: 'end', reason: 'length' });
  });

  it('refuses pictures in a form that it does not read, before anything is sent', async () => {
    const request: GenerateRequest = {
      task: 'understand',
      messages: [{ role: 'user', parts: [{ type: 'pixels', image: plain(0, 0, 0) }] }],
    };
    await expect(collect(languageModelOf(hosts.language).generate([request], { signal }))).rejects.toMatchObject({
      code: 'CAPABILITY_MISSING',
      message: expect.stringContaining('embeddings of minimal; pixels came'),
    });
  });
});

describe('an image decoder on its host', () => {
  it('tells of each step, and ends with the picture', async () => {
    const events = await collect(decoderOf(hosts.decoder).decode(decodeRequest(), { signal }));
    expect(events.slice(0, -1)).toEqual(
      [1, 2, 3, 4, 5, 6, 7, 8].map((stepIndex) => ({ type: 'step', stepIndex, sigma: 1 - stepIndex / 8 })),
    );
    expect(pictureOf(events)).toMatchObject({ width: 32, height: 32 });
  });

  it('gives the same picture for the same seed, and another for another', async () => {
    const decoder = decoderOf(hosts.decoder);
    const draw = async (seed: number) => pictureOf(await collect(decoder.decode(decodeRequest({ seed }), { signal })));
    const [first, again, other] = [await draw(4_294_967_295), await draw(4_294_967_295), await draw(8)];
    expect(again.data).toEqual(first.data);
    expect(other.data).not.toEqual(first.data);
  });

  it('makes previews of the steps and the size that are wished for', async () => {
    const previewWishes = changingWishes({ everySteps: [3, 4], maxSize: 16, view: 'x0' });
    const events = await collect(decoderOf(hosts.decoder).decode(decodeRequest(), { signal, previewWishes }));
    expect(previewedSteps(events)).toEqual([3, 4, 6, 8]);
    expect(previewsOf(events).map(({ width, height }) => `${width} x ${height}`)).toEqual(Array(4).fill('16 x 16'));
  });

  it('follows wishes that change while the picture develops', async () => {
    const none: PreviewWishes = { everySteps: [], maxSize: 16, view: 'x0' };
    const previewWishes = changingWishes(none);
    const events: DecodeEvent[] = [];
    const request = decodeRequest({ numInferenceSteps: 40 });
    for await (const event of decoderOf(hosts.slow).decode(request, { signal, previewWishes })) {
      events.push(event);
      if (event.type !== 'step') continue;
      if (event.stepIndex === 5) previewWishes.change({ everySteps: [1], maxSize: 16, view: 'noisy' });
      if (event.stepIndex === 20) previewWishes.change(none);
    }
    const steps = previewedSteps(events);
    // A change holds from the next step on, but one for which the message is under way.
    expect(Math.min(...steps)).toBeGreaterThan(5);
    expect(Math.min(...steps)).toBeLessThan(15);
    expect(Math.max(...steps)).toBeGreaterThanOrEqual(20);
    expect(Math.max(...steps)).toBeLessThan(35);
  });

  it('shows what the denoiser holds when that is wished for', async () => {
    const look = async (view: 'x0' | 'noisy') => {
      const previewWishes = changingWishes({ everySteps: [1], maxSize: 32, view });
      return collect(decoderOf(hosts.decoder).decode(decodeRequest(), { signal, previewWishes }));
    };
    const [clean, noisy] = [previewsOf(await look('x0')), previewsOf(await look('noisy'))];
    expect(noisy[0]?.data).not.toEqual(clean[0]?.data);
    expect(noisy.at(-1)?.data).toEqual(clean.at(-1)?.data);
  });

  it('draws the same picture whether or not anybody watches', async () => {
    const decoder = decoderOf(hosts.decoder);
    const previewWishes = changingWishes({ everySteps: [1], maxSize: 32, view: 'noisy' });
    const watched = pictureOf(await collect(decoder.decode(decodeRequest(), { signal, previewWishes })));
    expect(watched.data).toEqual(pictureOf(await collect(decoder.decode(decodeRequest(), { signal }))).data);
  });

  it.each([
    ['a size above its limits', { width: 2048 }, 'SIZE_OUT_OF_LIMITS'],
    ['a size that is no multiple', { height: 40 }, 'SIZE_OUT_OF_LIMITS'],
    ['no steps', { numInferenceSteps: 0 }, 'STEPS_OUT_OF_LIMITS'],
    ['guidance that it does not have', { trueCfgScale: 4 }, 'CAPABILITY_MISSING'],
    ['text', { condition: { type: 'text', text: 'a circle' } }, 'CAPABILITY_MISSING'],
    ['pixels as reference', { reference: { type: 'pixels', image: plain(0, 0, 0) } }, 'CAPABILITY_MISSING'],
    ['embeddings of another space', { condition: embeddings('other', [4, 8]) }, 'SPACE_MISMATCH'],
    ['embeddings of another dimension', { condition: embeddings('minimal', [8, 4]) }, 'SHAPE_MISMATCH'],
  ] as const)('is not asked for %s', async (_what, changes, code) => {
    const drawing = collect(decoderOf(hosts.decoder).decode(decodeRequest(changes), { signal }));
    await expect(drawing).rejects.toMatchObject({ code, plugin: 'subject' });
  });

  it('is paused by a reader that falls behind, and loses nothing', async () => {
    const all: PreviewWishes = { everySteps: [1], maxSize: 64, view: 'x0' };
    const previewWishes = changingWishes(all);
    const request = decodeRequest({ width: 64, height: 64, numInferenceSteps: 1000 });
    const events: DecodeEvent[] = [];
    for await (const event of decoderOf(hosts.decoder).decode(request, { signal, previewWishes })) {
      events.push(event);
      if (events.length !== 1) continue;
      // Long enough for all steps, of which a few dozen find room on the way. The others are not made yet, so that this
      // change still holds for them.
      await new Promise((resolve) => setTimeout(resolve, 5_000));
      previewWishes.change({ ...all, everySteps: [] });
    }
    expect(events).toHaveLength(1001);
    expect(Math.max(...previewedSteps(events))).toBeLessThan(300);
  });
});

describe('aborting', () => {
  const long = decodeRequest({ numInferenceSteps: 1000 });

  it('ends the call within a step or two, in the same process, which goes on with its other calls', async () => {
    const { pid } = hosts.slow;
    expect(pid).toBeDefined();
    const aborting = new AbortController();
    const decoder = decoderOf(hosts.slow);
    const other = collect(decoder.decode(decodeRequest({ numInferenceSteps: 20 }), { signal }));
    const steps: number[] = [];
    const aborted = (async () => {
      for await (const event of decoder.decode(long, { signal: aborting.signal })) {
        if (event.type === 'step') steps.push(event.stepIndex);
        if (steps.length === 3) aborting.abort();
      }
    })();
    await expect(aborted).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(steps.length).toBeLessThan(10);
    expect(pictureOf(await other).width).toBe(32);
    expect(hosts.slow.pid).toBe(pid);
  });

  it('happens by itself when the reader leaves', async () => {
    const { pid } = hosts.slow;
    for await (const event of decoderOf(hosts.slow).decode(long, { signal })) {
      if (event.type === 'step' && event.stepIndex === 3) break;
    }
    expect(hosts.slow.state.type).toBe('READY');
    expect(hosts.slow.pid).toBe(pid);
  });

  it('stops a language model between two words', async () => {
    const slow = await start(minimal('language-model'), { options: { stepMs: 30 } });
    const aborting = new AbortController();
    const request = ask(Array(400).fill('word').join(' '));
    let words = 0;
    const aborted = (async () => {
      for await (const _ of languageModelOf(slow).generate([request], { signal: aborting.signal })) {
        words += 1;
        if (words === 3) aborting.abort();
      }
    })();
    await expect(aborted).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(words).toBeLessThan(10);
  });

  it('kills a host that does not stop in time; other plugins go on, and so does its next process', async () => {
    const deaf = await start(fixture('troubled-decoder'));
    const { pid } = deaf;
    const elsewhere = collect(decoderOf(hosts.slow).decode(decodeRequest({ numInferenceSteps: 30 }), { signal }));
    const aborting = new AbortController();
    const drawing = (async () => {
      const request = decodeRequest({ negativePrompt: 'deaf' });
      for await (const event of decoderOf(deaf).decode(request, { signal: aborting.signal })) {
        if (event.type === 'step' && event.stepIndex === 2) aborting.abort();
      }
    })();
    await expect(drawing).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(deaf.lastError?.message).toContain('did not stop within 1000 ms of an abort');
    const events = await collect(decoderOf(deaf).decode(decodeRequest(), { signal }));
    expect(events).toHaveLength(9);
    expect(deaf.pid).not.toBe(pid);
    expect(pictureOf(await elsewhere).width).toBe(32);
  });
});

describe('a call that fails', () => {
  it('keeps the code and the message of the plugin, and adds its name', async () => {
    const troubled = await start(fixture('troubled-decoder'));
    const drawing = collect(decoderOf(troubled).decode(decodeRequest({ negativePrompt: 'coded' }), { signal }));
    await expect(drawing).rejects.toMatchObject({
      code: 'INFERENCE_FAILED',
      message: 'The denoiser wanted [1, 4]; [1, 5] came.',
      plugin: 'subject',
    });
  });

  it('tells nothing of an error without a code but its class; the log has the rest', async () => {
    const { log, lines } = recordingLog();
    const troubled = await start(fixture('troubled-decoder'), { log });
    const drawing = collect(decoderOf(troubled).decode(decodeRequest({ negativePrompt: 'uncoded' }), { signal }));
    await expect(drawing).rejects.toMatchObject({
      code: 'PLUGIN_FAILED',
      message: expect.not.stringContaining('a secret prompt'),
    });
    await troubled.stop();
    const logged = lines.find(({ message }) => message === 'A call failed.');
    expect(logged?.fields?.['error']).toContain('RangeError: a secret prompt');
  });

  it('does not fail its neighbours', async () => {
    const troubled = await start(fixture('troubled-decoder'), { options: { stepMs: 10 } });
    const decoder = decoderOf(troubled);
    const outcomes = await Promise.allSettled(
      ['', 'coded', '', 'uncoded', ''].map((negativePrompt) =>
        collect(decoder.decode(decodeRequest({ negativePrompt }), { signal })),
      ),
    );
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
    expect(troubled.restarts).toBe(0);
  });

  it('says what a message of the wrong shape lacks', async () => {
    const malformed = runOnHost<DecodeCommandInput, unknown>(
      hosts.decoder,
      {
        open: ({ imageDecoder }) => imageDecoder.Decode(),
        batch: 1,
        start: () => ({
          start: {
            request: {
              embeddings: {
                space: 'minimal',
                gridThw: [1, 4, 4],
                embeddings: { dims: [4, 8], data: Buffer.alloc(12) },
              },
            },
          },
        }),
        abort: { abort: {} },
      },
      signal,
    );
    await expect(collect(malformed)).rejects.toMatchObject({
      code: 'SHAPE_MISMATCH',
      message: 'A tensor [4, 8] needs 128 bytes of float32; 12 came.',
    });
  });
});

function plain(red: number, green: number, blue: number): RgbImage {
  const data = Uint8Array.from({ length: 16 * 16 * 3 }, (_, at) => [red, green, blue][at % 3] ?? 0);
  return { width: 16, height: 16, data };
}

function embeddings(space: string, dims: [number, number]) {
  const tensor = { dims, data: new Float32Array(dims[0] * dims[1]) };
  return { type: 'embeddings', image: { space, embeddings: tensor, gridThw: [1, 4, 4] } } as const;
}

function ask(text: string): GenerateRequest {
  return { task: 'understand', messages: [{ role: 'user', parts: [{ type: 'text', text }] }] };
}

type IndexedEvents = Awaited<ReturnType<typeof collect<{ index: number; event: { type: string; text?: string } }>>>;

function textOf(events: IndexedEvents, index: number): string {
  return events
    .map(({ index: of, event }) => (of === index && event.type === 'text' ? (event.text ?? '') : ''))
    .join('');
}

function previewsOf(events: readonly DecodeEvent[]): RgbImage[] {
  return events.flatMap((event) => (event.type === 'step' && event.preview ? [event.preview] : []));
}

function previewedSteps(events: readonly DecodeEvent[]): number[] {
  return events.flatMap((event) => (event.type === 'step' && event.preview ? [event.stepIndex] : []));
}
