import { Arg, Ctx, FieldResolver, ID, Resolver, Root, Subscription } from 'type-graphql';

import type { MessageRecord, PreviewEvent, TaskEventRecord } from '../../services/domain.js';
import type { GraphQLContext } from '../context.js';
import { rawIdOf } from '../global-id.js';
import { Message } from '../message/message.type.js';
import { found } from '../node/found.js';
import { ConversationEvent, MessageAdded } from './conversation-event.type.js';
import { AFTER, PREVIEW, type StreamArgs, inFormatOf, streamOptions } from './event.resolver.js';
import { PreviewInput } from './preview.input.js';
import type { PreviewInFormat } from './preview.resolver.js';

interface ConversationEventsArgs extends StreamArgs {
  readonly conversationId: string;
}

@Resolver(() => MessageAdded)
export class ConversationEventResolver {
  @Subscription(() => ConversationEvent, {
    description:
      'Everything that happens in a conversation, from `after` on (from its beginning when absent), then live until it is left or the conversation is deleted: its new messages, and the events of all its tasks as `taskEvents` tells them.',
    subscribe: ({ args, context }: { args: ConversationEventsArgs; context: GraphQLContext }) =>
      context.services.events.subscribeToConversation(
        rawIdOf('Conversation', args.conversationId, 'conversationId'),
        streamOptions(args, context),
      ),
  })
  conversationEvents(
    @Root() event: TaskEventRecord | PreviewEvent,
    @Arg('conversationId', () => ID, { description: 'The id of a conversation.' }) _conversationId: string,
    @Arg('after', () => String, AFTER) _after: string | null,
    @Arg('preview', () => PreviewInput, PREVIEW) preview: PreviewInput | null,
  ): TaskEventRecord | PreviewInFormat {
    return inFormatOf(event, preview);
  }

  @FieldResolver(() => Message, { description: 'The message as it stands now.' })
  async message(
    @Root() { messageId }: TaskEventRecord & { readonly type: 'MessageAdded' },
    @Ctx() { loaders }: GraphQLContext,
  ): Promise<MessageRecord> {
    return found(await loaders.messages.load(messageId), 'Message', messageId);
  }
}
