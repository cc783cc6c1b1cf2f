/**
 * The same with `fetch` and `graphql-ws`, and nothing of ours: how to write a client in any language.
 *
 *   node dist/examples/graphql-ws.js "a red circle above a small blue square" out
 */
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';

import { type DrawOptions, main, savePicture, saveStep } from './draw.js';

const GENERATE = /* GraphQL */ `
  mutation ($prompt: String!, $seed: Int) {
    generateImage(input: { prompt: $prompt, diffusion: { seed: $seed } }) { task { id } }
  }
`;

const EVENTS = /* GraphQL */ `
  subscription ($taskId: ID!, $after: String) {
    taskEvents(taskId: $taskId, after: $after, preview: { maxSize: 256, maxPerSecond: 60 }) {
      __typename
      cursor
      ... on DenoisingPreview { stepIndex dataUrl }
      ... on ImageFinished { image { url } }
      ... on TaskFailed { error { code message } }
    }
  }
`;

type Event =
  | { __typename: 'DenoisingPreview'; cursor: string; stepIndex: number; dataUrl: string }
  | { __typename: 'ImageFinished'; cursor: string; image: { url: string } | null }
  | { __typename: 'TaskFailed'; cursor: string; error: { code: string; message: string } }
  | { __typename: 'TaskQueued' | 'TaskStarted' | 'TaskSucceeded'; cursor: string };

export async function draw({ url, prompt, folder, seed, say = () => {} }: DrawOptions): Promise<void> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: GENERATE, variables: { prompt, seed } }),
  });
  const { data, errors } = (await response.json()) as {
    data: { generateImage: { task: { id: string } } };
    errors?: { message: string }[];
  };
  if (errors?.[0]) throw new Error(errors[0].message);

  const client = createClient({ url: `${url.replace(/^http/, 'ws')}/graphql`, webSocketImpl: WebSocket });
  // graphql-ws connects again by itself and sends these variables once more, as they are then: with the newest cursor,
  // what comes is what was missed.
  const variables: { taskId: string; after?: string } = { taskId: data.generateImage.task.id };
  for await (const answer of client.iterate<{ taskEvents: Event }>({ query: EVENTS, variables })) {
    const event = answer.data?.taskEvents;
    if (!event) throw new Error(answer.errors?.[0]?.message);
    variables.after = event.cursor;
    if (event.__typename === 'DenoisingPreview') await saveStep(folder, event);
    else if (event.__typename === 'ImageFinished' && event.image)
      say(`Saved ${await savePicture(folder, event.image)}`);
    else if (event.__typename === 'TaskFailed') throw new Error(`${event.error.code}: ${event.error.message}`);
    else say(event.__typename);
  }
}

await main(import.meta.url, draw);
