/**
 * The same with Apollo Client:
 *
 *   node dist/examples/apollo-client.js "a red circle above a small blue square" out
 */
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import {
  GenerateImageDocument,
  type GenerateImageMutation,
  type GenerateImageMutationVariables,
  TaskEventsDocument,
  type TaskEventsSubscription,
  type TaskEventsSubscriptionVariables,
} from 'darkroom/client';
import { OperationTypeNode } from 'graphql';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';

import { type DrawOptions, main, savePicture, saveStep } from './draw.js';

export async function draw({ url, prompt, folder, seed, say = () => {} }: DrawOptions): Promise<void> {
  const socket = createClient({ url: `${url.replace(/^http/, 'ws')}/graphql`, webSocketImpl: WebSocket });
  const client = new ApolloClient({
    cache: new InMemoryCache(),
    link: ApolloLink.split(
      ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
      new GraphQLWsLink(socket),
      new HttpLink({ uri: `${url}/graphql` }),
    ),
  });
  const { data } = await client.mutate<GenerateImageMutation, GenerateImageMutationVariables>({
    mutation: gql(GenerateImageDocument.toString()),
    variables: { input: { prompt, diffusion: { seed } } },
  });
  const taskId = data?.generateImage.task.id ?? '';

  const answers = client.subscribe<TaskEventsSubscription, TaskEventsSubscriptionVariables>({
    query: gql(TaskEventsDocument.toString()),
    variables: { taskId, preview: { maxSize: 256, maxPerSecond: 60 } },
    // Events are no objects to keep.
    fetchPolicy: 'no-cache',
  });
  // After a lost connection the story is told once more from its beginning. Cursors grow, so what was seen is known by them.
  let newest = '';
  const saving: Promise<unknown>[] = [];
  await new Promise<void>((resolve, reject) => {
    answers.subscribe({
      next({ data, error }) {
        const event = data?.taskEvents;
        if (!event) return reject(error);
        if (event.cursor < newest || (event.cursor === newest && event.__typename !== 'DenoisingPreview')) return;
        newest = event.cursor;
        if (event.__typename === 'DenoisingPreview') saving.push(saveStep(folder, event));
        else if (event.__typename === 'ImageFinished' && event.image) saving.push(savePicture(folder, event.image));
        else if (event.__typename === 'TaskFailed') reject(new Error(`${event.error.code}: ${event.error.message}`));
        else say(event.__typename);
      },
      error: reject,
      complete: resolve,
    });
  });
  await Promise.all(saving);
  say(`Saved what came into ${folder}`);
  client.stop();
}

await main(import.meta.url, draw);
