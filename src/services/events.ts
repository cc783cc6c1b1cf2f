import { GatewayError } from '../errors/index.js';
import { type SubscriptionSources, followConversation, followTask } from '../tasks/subscription.js';
import type { ConversationService, EventService, ImageBytes, ImageFormat, PreviewFrame } from './domain.js';
import { encodePixels, fitWithin } from './image-codec.js';
import { parseFormat } from './images.js';
import type { UrlSigner } from './signed-urls.js';

export interface EventServiceOptions extends SubscriptionSources {
  readonly conversations: Pick<ConversationService, 'get' | 'getMany'>;
  readonly signer: UrlSigner;
}

export function createEventService({ conversations, signer, ...sources }: EventServiceOptions): EventService {
  /** Subscribers of one picture often want it in one size and format: it is encoded once, and forgotten with the pixels. */
  const encoded = new WeakMap<PreviewFrame['image'], Map<string, Promise<ImageBytes>>>();

  return {
    subscribe: (taskId, options) => followTask(sources, taskId, options),

    async subscribeToConversation(conversationId, options) {
      await conversations.get(conversationId);
      const exists = async (): Promise<boolean> => (await conversations.getMany([conversationId]))[0] != null;
      return followConversation(sources, conversationId, exists, options);
    },

    latestPreview: (taskId) => sources.previews.latest(taskId),
    previewSize: (frame) => fitWithin(frame.image, frame.maxSize),

    encodePreview(frame, format) {
      const variants = encoded.get(frame.image) ?? new Map<string, Promise<ImageBytes>>();
      encoded.set(frame.image, variants);
      const key = `${format} ${frame.maxSize}`;
      const known = variants.get(key) ?? encodePixels(frame.image, frame.maxSize, format);
      variants.set(key, known);
      return known;
    },

    previewUrl: (taskId, format, maxSize) =>
      signer.sign(pathOf(taskId), { format: format.toLowerCase(), maxSize: String(maxSize) }),

    verifyPreviewUrl(taskId, query) {
      const { format, maxSize } = signer.verify(pathOf(taskId), query);
      const size = Number(maxSize);
      if (!Number.isInteger(size) || size < 1)
        throw new GatewayError('BAD_INPUT', `\`maxSize\` must be a whole number from 1, not ${maxSize}.`);
      return { format: parseFormat(format ?? ''), maxSize: size } satisfies { format: ImageFormat; maxSize: number };
    },
  };
}

function pathOf(taskId: string): string {
  return `/tasks/${taskId}/preview`;
}
