/**
 * What a sequence makes of the scores that come back. The scores are scripted: only the decisions matter here, and a
 * model of random weights cannot be made to say a given thing. language-model.test.ts runs the same with real graphs.
 */
import { describe, expect, test } from '@jest/globals';
import type { RowSource } from '../../../../src/inference/autoregressive/language-graphs.js';
import { type Pass, Sequence, type SequenceSettings } from '../../../../src/inference/autoregressive/sequence.js';
import { resolveSampling } from '../../../../src/inference/autoregressive/token-choice.js';
import { float32 } from '../../../../src/inference/tensor/tensor.js';
import type { GenerateEvent, LanguageTask, SamplingOptions } from '../../../../src/plugin/contract.js';

const [END, VS, VE, IMG] = [0, 1, 2, 3];
const VOCAB = 40;
const PROMPT = [10, 11, 12];
const LEAD_IN = [20, 21];
/** Four rows a picture, two by two. */
const settings: SequenceSettings = {
  space: 'tiny',
  block: {
    imageTokens: 4,
    gridThw: [1, 4, 4],
    mergeSize: 2,
    visionStart: VS,
    visionEnd: VE,
    positionAfterImage: 'grid',
  },
  imagePad: IMG,
  endOfText: new Set([END]),
  contextLength: 60,
  longestLeadIn: 3,
  guessLeadIn: true,
  tokenizer: { encode: () => [], splitSpecial: () => [], decode: (ids) => ids.map((id) => `${id} `).join('') },
  imagePrefillRows: float32([4, 8]),
};

/** What the model would say next after these rows of the answer; a row of a picture stands as `'picture'`. */
type Script = (answer: readonly (number | 'picture')[]) => number;

interface Run {
  readonly events: readonly GenerateEvent[];
  readonly passes: readonly Pass[];
  /** Rows that are cached at the end. */
  readonly rows: readonly RowSource[];
}

function run(
  task: LanguageTask,
  script: Script,
  options: { sampling?: SamplingOptions; settings?: Partial<SequenceSettings> } = {},
): Run {
  const sampling = resolveSampling(
    { repetitionPenalty: 1, ...options.sampling },
    { maxNewTokens: 50, temperature: 0, topP: 1, topK: 1, repetitionPenalty: 1 },
  );
  const leadIn = task === 'generate' || task === 'edit' ? LEAD_IN : [];
  const sequence = new Sequence(
    { task, prompt: { ids: PROMPT, images: [], leadIn }, sampling },
    { ...settings, ...options.settings },
  );
  const events: GenerateEvent[] = [];
  const passes: Pass[] = [];
  let rows: RowSource[] = [];
  while (!sequence.ended) {
    const { pass } = sequence;
    if (passes.push(pass) > 60) throw new Error('the sequence does not end');
    const before = rows.length;
    rows.push(...pass.rows);
    const logits = pass.logitsAfter.map((row) => {
      const answer = rows
        .slice(PROMPT.length, before + row + 1)
        .map((source) => (typeof source === 'number' ? source : ('picture' as const)));
      return new Float32Array(VOCAB)
        .fill(-9)
        .fill(5, script(answer), script(answer) + 1)
        .fill(4, 39, 40);
    });
    sequence.take(pass.imageAt === undefined ? { logits } : { logits, image: float32([4, 6]) });
    rows = rows.slice(0, sequence.keepRows);
    events.push(...sequence.takeEvents());
  }
  return { events, passes, rows };
}

/** Says these tokens one after the other, then ends; rows of a picture count as one word. */
const saying =
  (...words: number[]): Script =>
  (answer) =>
    words[answer.filter((row) => row !== 'picture' && row !== VE).length] ?? END;

const story = (events: readonly GenerateEvent[]) =>
  events.map((event) => (event.type === 'text' ? event.text.trim() : event.type)).join(' ');

describe('a reply', () => {
  test('is words when the model says words', () => {
    expect(story(run('reply', saying(30, 31)).events)).toBe('30 31 end');
  });

  test('may hold several pictures between words, each in one pass of its own', () => {
    const { events, passes } = run('reply', saying(30, VS, 31, VS, 32));
    expect(story(events)).toBe('30 image 31 image 32 end');
    expect(passes.filter((pass) => pass.imageAt === 0).map((pass) => pass.rows.length)).toEqual([6, 6]);
  });

  test('places text behind a picture behind the longer side of its grid', () => {
    const { passes } = run('reply', saying(VS, 30));
    expect(passes[1]?.positions.map(([time]) => time)).toEqual([3, 4, 4, 4, 4, 6]);
    expect(passes[2]?.positions).toEqual([[7, 7, 7]]);
  });

  test('ends with `length` before a picture for which no tokens are left', () => {
    expect(run('reply', saying(30, 31, VS), { sampling: { maxNewTokens: 7 } }).events.at(-1)).toMatchObject({
      type: 'end',
      reason: 'length',
      usage: { completionTokens: 2 },
    });
    expect(story(run('reply', saying(30, VS), { sampling: { maxNewTokens: 7 } }).events)).toBe('30 image end');
  });

  test('never samples the end of a picture or a placeholder: they come by count', () => {
    expect(story(run('reply', (answer) => (answer.length < 2 ? ([VE, IMG][answer.length] ?? END) : END)).events)).toBe(
      '39 39 end',
    );
  });
});

describe('an understanding', () => {
  test('stays in words where the model would begin a picture', () => {
    expect(story(run('understand', saying(30, VS)).events)).toMatch(/^30 39 /);
  });
});

describe('a picture that is owed', () => {
  test('comes with the prompt in one pass when the model says its lead-in', () => {
    const { events, passes } = run('generate', saying(...LEAD_IN, VS));
    expect(story(events)).toBe('20 21 image end');
    expect(passes).toHaveLength(1);
    expect(passes[0]?.rows).toHaveLength(PROMPT.length + LEAD_IN.length + 6);
  });

  test('comes with the same events and positions when nothing is guessed', () => {
    const guessed = run('generate', saying(...LEAD_IN, VS, 33));
    const plain = run('generate', saying(...LEAD_IN, VS, 33), { settings: { guessLeadIn: false } });
    expect(guessed.events).toEqual(plain.events);
    expect(guessed.rows).toEqual(plain.rows);
    expect(guessed.passes.flatMap((pass) => pass.positions)).toEqual(plain.passes.flatMap((pass) => pass.positions));
  });

  test('comes after other words too, and what was guessed wrongly is forgotten', () => {
    const { events, passes, rows } = run('generate', saying(20, 33, VS));
    expect(story(events)).toBe('20 33 image end');
    expect(rows.slice(0, 7)).toEqual([...PROMPT, 20, 33, VS, expect.any(Float32Array)]);
    expect(passes[1]?.positions).toEqual([[4, 4, 4]]);
  });

  test('is forced when the model ends without one: its words are thrown away, the lead-in stands instead', () => {
    const refusing: Script = (answer) => (answer.includes('picture') ? END : saying(34, 35)(answer));
    const { events, rows } = run('generate', refusing);
    expect(story(events)).toBe('20 21 image end');
    expect(rows.slice(0, 6)).toEqual([...PROMPT, ...LEAD_IN, VS]);
  });

  test('is forced when the model talks longer than any lead-in', () => {
    const { events } = run('edit', (answer) => (answer.includes('picture') ? END : 36));
    expect(story(events)).toBe('20 21 image end');
  });

  test('comes once: a second one is not begun', () => {
    const { events } = run('generate', (answer) => (answer.length < 9 ? saying(...LEAD_IN, VS, VS)(answer) : END));
    expect(events.filter((event) => event.type === 'image')).toHaveLength(1);
  });
});

describe('room', () => {
  test('a prompt that leaves no token for an answer is refused with both numbers', () => {
    expect(() => run('reply', saying(), { settings: { contextLength: 3 } })).toThrow(
      expect.objectContaining({ code: 'PROMPT_TOO_LONG', message: expect.stringMatching(/3 tokens.*reads 3/) }),
    );
  });

  test('a prompt that leaves no room for the picture that is owed is refused', () => {
    expect(() => run('generate', saying(), { settings: { contextLength: 11 } })).toThrow(
      expect.objectContaining({ code: 'PROMPT_TOO_LONG' }),
    );
    expect(() => run('generate', saying(...LEAD_IN, VS), { settings: { contextLength: 12 } })).not.toThrow();
  });

  test('the context ends an answer even where maxNewTokens would not', () => {
    expect(run('reply', () => 30, { settings: { contextLength: 8 } }).events.at(-1)).toMatchObject({
      reason: 'length',
      usage: { completionTokens: 5 },
    });
  });
});
