/**
 * Only the order of calls matters here, so the services are stubs: they answer after a turn or more of the event loop, as
 * a database would, and the language model writes down what it is asked.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import { describe, expect, it } from '@jest/globals';
import { type ExecutionResult, execute, parse } from 'graphql';

import { GatewayError } from '../../../src/errors/index.js';
import { compiledQueries } from '../../../src/graphql/compiled-queries.js';
import { GraphQLContext } from '../../../src/graphql/context.js';
import { toGlobalId } from '../../../src/graphql/global-id.js';
import { buildGatewaySchema } from '../../../src/graphql/schema.js';
import { CAPTION_QUESTION } from '../../../src/services/caption.js';
import type { ImageRecord, LanguageService, Services } from '../../../src/services/domain.js';

const schema = buildGatewaySchema();

interface Asked {
  readonly questions: readonly { readonly imageId: string; readonly question: string }[];
  readonly modelId: string | undefined;
}

/** `child` was edited from `parent`. */
const image = (id: string): Partial<ImageRecord> => ({ id, sourceId: id === 'child' ? 'parent' : null });

function servicesWith(
  answer: LanguageService['answer'] = async (questions) => questions.map(({ question }) => `${question}!`),
) {
  const asked: Asked[] = [];
  const services = {
    images: {
      getMany: async (ids: readonly string[]) => {
        await sleep(5);
        return ids.map(image);
      },
    },
    language: {
      answer: async (...[questions, modelId]: Parameters<LanguageService['answer']>) => {
        asked.push({ questions, modelId });
        return answer(questions, modelId);
      },
    },
  };
  return { asked, services: services as unknown as Services };
}

const compiled = compiledQueries(schema);

const EXECUTORS: Record<string, (source: string, contextValue: GraphQLContext) => Promise<ExecutionResult>> = {
  'graphql-js': async (source, contextValue) => execute({ schema, document: parse(source), contextValue }),
  'a compiled query': async (source, contextValue) => {
    const request = { source, document: parse(source), contextValue };
    // The first time it is only remembered.
    const result = (await compiled.answer(request)) ?? (await compiled.answer(request));
    if (result === null) throw new Error('The query was not compiled.');
    return result;
  },
};

const imageField = (alias: string, id: string, fields: string) =>
  `${alias}: node(id: "${toGlobalId('Image', id)}") { ... on Image { ${fields} } }`;

describe.each(Object.keys(EXECUTORS))('captions and answers of one request, by %s,', (executor) => {
  const ask = (services: Services, query: string): Promise<ExecutionResult> => {
    const run = EXECUTORS[executor] as (typeof EXECUTORS)[string];
    return run(query, new GraphQLContext(services, 'http://gateway'));
  };

  it('go to the language model as one batch', async () => {
    const { asked, services } = servicesWith();
    const images = ['a', 'b', 'c', 'd'].map((id) => imageField(id, id, 'caption answer(question: "How many?")'));

    const { data, errors } = await ask(services, `{ ${images.join(' ')} }`);

    expect(errors).toBeUndefined();
    expect(data?.['d']).toEqual({ caption: `${CAPTION_QUESTION}!`, answer: 'How many?!' });
    expect(asked).toHaveLength(1);
    expect(asked[0]?.questions).toHaveLength(8);
  });

  it('are still one batch when one lies deeper than another', async () => {
    const { asked, services } = servicesWith();

    const { errors } = await ask(
      services,
      `{ ${imageField('a', 'near', 'caption')} ${imageField('b', 'child', 'source { caption }')} }`,
    );

    expect(errors).toBeUndefined();
    expect(asked.map(({ questions }) => questions.map(({ imageId }) => imageId))).toEqual([['near', 'parent']]);
  });

  it('are asked once where they ask the same', async () => {
    const { asked, services } = servicesWith();

    await ask(services, `{ ${imageField('a', 'x', 'caption')} ${imageField('b', 'x', 'caption')} }`);

    expect(asked[0]?.questions).toHaveLength(1);
  });

  it('are one batch per model', async () => {
    const { asked, services } = servicesWith();

    await ask(
      services,
      `{ ${imageField('a', 'x', 'caption one: answer(question: "Why?", model: "acme") two: caption(model: "acme")')} }`,
    );

    expect(asked.map(({ modelId, questions }) => [modelId, questions.length])).toEqual([
      [undefined, 1],
      ['acme', 2],
    ]);
  });

  it('fail one by one: the error is that of its field, the others are answered', async () => {
    const { services } = servicesWith(async (questions) =>
      questions.map(({ question }) =>
        question === 'Bad?' ? new GatewayError('PROMPT_TOO_LONG', 'Too long.') : 'fine',
      ),
    );

    const { data, errors } = await ask(
      services,
      `{ ${imageField('a', 'x', 'caption')} ${imageField('b', 'y', 'answer(question: "Bad?")')} }`,
    );

    expect(data).toEqual({ a: { caption: 'fine' }, b: { answer: null } });
    expect(errors?.map(({ path, message }) => [path, message])).toEqual([[['b', 'answer'], 'Too long.']]);
  });

  it('of a model that does not exist leave those of another one alone', async () => {
    const { services } = servicesWith(async (questions, modelId) => {
      if (modelId === 'nobody') throw new GatewayError('MODEL_NOT_FOUND', 'No such model.');
      return questions.map(() => 'fine');
    });

    const { data, errors } = await ask(
      services,
      `{ ${imageField('a', 'x', 'caption')} ${imageField('b', 'x', 'caption(model: "nobody")')} }`,
    );

    expect(data).toEqual({ a: { caption: 'fine' }, b: { caption: null } });
    expect(errors).toHaveLength(1);
  });
});
