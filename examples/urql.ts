/**
 * The same with urql:
 *
 *   node dist/examples/urql.js "a red circle above a small blue square" out
 */
import { Client, fetchExchange, gql, subscriptionExchange } from '@urql/core';
import {
  GenerateImageDocument,
  type GenerateImageMutation,
  type GenerateImageMutationVariables,
  TaskEventsDocument,
  type TaskEventsSubscription,
  type TaskEventsSubscriptionVariables,
} from 'darkroom/client';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';

import { type DrawOptions, main, savePicture, saveStep } from './draw.js';

export async function draw({ url, prompt, folder, seed, say = () => {} }: DrawOptions): Promise<void> {
  const socket = createClient({ url: `${url.replace(/^http/, 'ws')}/graphql`, webSocketImpl: WebSocket });
  const client = new Client({
    url: `${url}/graphql`,
    preferGetMethod: false,
    exchanges: [
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: ({ query = '', variables = {} }) => ({
          subscribe: (sink) => ({
            unsubscribe: socket.subscribe(
              { query, variables: variables as Record<string, unknown> },
              { ...sink, next: ({ data = null, errors = [] }) => sink.next({ data, errors }) },
            ),
          }),
        }),
      }),
    ],
  });
  const generated = await client
    .mutation<GenerateImageMutation, GenerateImageMutationVariables>(gql(GenerateImageDocument.toString()), {
      input: { prompt, diffusion: { seed } },
    })
    .toPromise();
  if (!generated.data) throw generated.error ?? new Error('The gateway answered without data.');

  // After a lost connection the story is told once more from its beginning. Cursors grow, so what was seen is known by them.
  let newest = '';
  const saving: Promise<unknown>[] = [];
  await new Promise<void>((resolve, reject) => {
    const { unsubscribe } = client
      .subscription<TaskEventsSubscription, TaskEventsSubscriptionVariables>(gql(TaskEventsDocument.toString()), {
        taskId: generated.data?.generateImage.task.id ?? '',
        preview: { maxSize: 256, maxPerSecond: 60 },
      })
      .subscribe(({ data, error }) => {
        const event = data?.taskEvents;
        if (!event) return reject(error);
        if (event.cursor < newest || (event.cursor === newest && event.__typename !== 'DenoisingPreview')) return;
        newest = event.cursor;
        if (event.__typename === 'DenoisingPreview') saving.push(saveStep(folder, event));
        else if (event.__typename === 'ImageFinished' && event.image) saving.push(savePicture(folder, event.image));
        else if (event.__typename === 'TaskFailed') reject(new Error(`${event.error.code}: ${event.error.message}`));
        else say(event.__typename);
        // urql does not tell its reader that a subscription has completed; the last event does.
        if (['TaskSucceeded', 'TaskCancelled', 'TaskFailed'].includes(event.__typename)) {
          resolve();
          queueMicrotask(() => unsubscribe());
        }
      });
  });
  await Promise.all(saving);
  say(`Saved what came into ${folder}`);
}

await main(import.meta.url, draw);
