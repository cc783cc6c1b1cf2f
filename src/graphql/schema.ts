/** The GraphQL schema, built from the classes of this folder. schema/schema.graphql is its print. */
import 'reflect-metadata';

import type { GraphQLSchema } from 'graphql';
import { type PubSub, buildSchemaSync } from 'type-graphql';

import { ConversationResolver } from './conversation/conversation.resolver.js';
import { DeletionResolver } from './deletion/deletion.resolver.js';
import { ImageFinishedResolver, TaskEventResolver, TaskSucceededResolver } from './event/event.resolver.js';
import { ConversationEventResolver } from './event/conversation-event.resolver.js';
import { EVENT_TYPES } from './event/event.type.js';
import { PreviewResolver } from './event/preview.resolver.js';
import { ImageResolver } from './image/image.resolver.js';
import { ImagePartResolver, MessageResolver } from './message/message.resolver.js';
import { ModelResolver } from './model/model.resolver.js';
import { NodeResolver } from './node/node.resolver.js';
import { trackPendingFields } from './pending-fields.js';
import { resolveTypesAtOnce } from './resolve-type.js';
import { SimilarityResolver } from './similarity/similarity.resolver.js';
import { StatusResolver } from './status/status.resolver.js';
import { RetryResolver } from './task/retry.resolver.js';
import {
  EditTaskResolver,
  GenerationTaskResolver,
  ReplyTaskResolver,
  TaskErrorResolver,
  TaskResolver,
  UnderstandingTaskResolver,
} from './task/task.resolver.js';
import { EditTask, GenerationTask, ReplyTask, UnderstandingTask } from './task/task.type.js';

export function buildGatewaySchema(): GraphQLSchema {
  const schema = buildSchemaSync({
    resolvers: [
      NodeResolver,
      ConversationResolver,
      MessageResolver,
      ImagePartResolver,
      ImageResolver,
      DeletionResolver,
      SimilarityResolver,
      TaskResolver,
      ReplyTaskResolver,
      UnderstandingTaskResolver,
      GenerationTaskResolver,
      EditTaskResolver,
      TaskErrorResolver,
      RetryResolver,
      TaskEventResolver,
      ConversationEventResolver,
      PreviewResolver,
      ImageFinishedResolver,
      TaskSucceededResolver,
      ModelResolver,
      StatusResolver,
    ],
    // Reached through interfaces alone.
    orphanedTypes: [ReplyTask, UnderstandingTask, GenerationTask, EditTask, ...EVENT_TYPES],
    // Services check their arguments: they are called from the command line as well.
    validate: false,
    pubSub: NO_PUB_SUB,
  });
  return trackPendingFields(resolveTypesAtOnce(schema));
}

/** type-graphql wants one for any subscription; ours bring their own `subscribe` and never come here. */
const NO_PUB_SUB: PubSub = {
  publish: () => {
    throw new TypeError('Events go through services.events, not through a PubSub.');
  },
  subscribe: () => {
    throw new TypeError('A subscription must bring its own `subscribe`.');
  },
};
