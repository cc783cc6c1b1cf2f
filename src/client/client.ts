/** The client: what it is made of is in the files beside it. */
import { type AnyDocument, textOf } from './document.js';
import { DarkroomError, errorOf, errorsOf } from './errors.js';
import { eventStreamTransport } from './event-stream.js';
import {
  CreateImageDocument,
  type CreateImageMutation,
  TaskDocument,
  TaskEventsDocument,
  type TaskEventsSubscriptionVariables,
} from './gql/graphql.js';
import { type Operation, type RequestOptions, postOperation } from './http.js';
import { type ClientOptions, type Settings, settingsFrom } from './settings.js';
import { type SubscribeOptions, type Subscription, subscribe } from './subscription.js';
import { type Transport, withFallback } from './transport.js';
import { type UploadOptions, type UploadSource, postUpload } from './upload.js';
import { type FinishedTask, type TaskWatch, type WatchOptions, toTaskError, watchTask } from './watch.js';
import { type WebSocketConstructor, webSocketTransport } from './web-socket.js';

/** Variables may be left out where none is required. */
export type Arguments<Variables, Options> =
  Record<string, never> extends Variables
    ? [variables?: Variables, options?: Options]
    : [variables: Variables, options?: Options];

export interface PartialResult<Result> {
  /** Null where nothing could be answered. Below, a field that failed is null, or the nearest field above it that may be. */
  readonly data: Result | null;
  readonly errors: readonly DarkroomError[];
}

/** As `upload` answers it. */
export type UploadedImage = CreateImageMutation['createImage']['image'];

export interface DarkroomClient {
  /**
   * Runs a query or mutation.
   *
   * @throws DarkroomError the first error of the answer, with its `data` and all `errors`; or what happened to the request
   */
  request<Result, Variables>(
    document: AnyDocument<Result, Variables>,
    ...args: Arguments<Variables, RequestOptions>
  ): Promise<Result>;
  /** The same where a part of the answer is worth having: errors of fields are returned beside it. @throws DarkroomError otherwise */
  requestPartial<Result, Variables>(
    document: AnyDocument<Result, Variables>,
    ...args: Arguments<Variables, RequestOptions>
  ): Promise<PartialResult<Result>>;
  /**
   * Runs a subscription, over as many connections as it takes. The document declares `$after: String`, passes it on, and selects
   * `cursor` of every event.
   *
   * @throws TypeError for a document that does not; the iteration throws DarkroomError
   */
  subscribe<Result, Variables extends { after?: string | null | undefined }>(
    document: AnyDocument<Result, Variables>,
    ...args: Arguments<Variables, SubscribeOptions>
  ): Subscription<Result>;
  /** Follows a task with its previews, until it has ended. */
  watch(taskId: string, options?: WatchOptions): TaskWatch;
  /** Sends a picture and makes an image of it. @throws DarkroomError IMAGE_UNREADABLE, IMAGE_TOO_LARGE, UPLOAD_TOO_LARGE, … */
  upload(source: UploadSource, options?: UploadOptions): Promise<UploadedImage>;
  /** Ends all requests, uploads and subscriptions; they throw CLIENT_CLOSED. */
  close(): void;
}

/** @throws TypeError for options that contradict each other or the platform */
export function createClient(options: ClientOptions = {}): DarkroomClient {
  const closing = new AbortController();
  const settings = settingsFrom(options, closing.signal);
  const transport = transportFrom(options, settings);
  const operationOf = (document: object | string, variables: unknown): Operation => ({
    query: textOf(document, settings.print),
    variables: { ...(variables as object | undefined) },
  });

  const client: DarkroomClient = {
    async request<Result, Variables>(
      document: AnyDocument<Result, Variables>,
      ...[variables, given]: Arguments<Variables, RequestOptions>
    ) {
      const { answer, context } = await postOperation(settings, operationOf(document, variables), given ?? {});
      const error = errorOf(answer, context);
      if (error) throw error;
      return answer.data as Result;
    },

    async requestPartial<Result, Variables>(
      document: AnyDocument<Result, Variables>,
      ...[variables, given]: Arguments<Variables, RequestOptions>
    ) {
      const { answer, context } = await postOperation(settings, operationOf(document, variables), given ?? {});
      return { data: (answer.data ?? null) as Result | null, errors: errorsOf(answer, context) };
    },

    subscribe<Result, Variables>(
      document: AnyDocument<Result, Variables>,
      ...[variables, given]: Arguments<Variables, SubscribeOptions>
    ) {
      return subscribe<Result>(transport, settings, operationOf(document, variables), given);
    },

    watch(taskId, { preview = {}, after, signal } = {}) {
      const variables: TaskEventsSubscriptionVariables = { taskId, after, preview: preview === false ? null : preview };
      return watchTask(client.subscribe(TaskEventsDocument, variables, { signal }), () => readOutcome(taskId, signal));
    },

    async upload(source, given = {}) {
      const uploadId = await postUpload(settings, source, given);
      const { createImage } = await client.request(
        CreateImageDocument,
        { input: { uploadId } },
        { signal: given.signal },
      );
      return createImage.image;
    },

    close() {
      closing.abort(new DarkroomError('CLIENT_CLOSED', 'The client was closed.'));
    },
  };
  return client;

  async function readOutcome(id: string, signal: AbortSignal | undefined): Promise<FinishedTask> {
    const { node } = await client.request(TaskDocument, { id }, { signal });
    if (node && 'status' in node && node.status === 'SUCCEEDED') return node;
    throw toTaskError(node && 'error' in node ? node.error : null);
  }
}

function transportFrom(options: ClientOptions, settings: Settings): Transport {
  const { transport = 'auto', token, headers, webSocket = platformWebSocket() } = options;
  if (transport === 'websocket' && !webSocket) {
    throw new TypeError(
      'This platform has no WebSocket: hand one to createClient (that of the package `ws`), or take `sse`.',
    );
  }
  const cannotCarryHeaders = transport === 'auto' && (token !== undefined || headers !== undefined);
  if (transport === 'sse' || !webSocket || cannotCarryHeaders) return eventStreamTransport(settings);
  const overSocket = webSocketTransport(settings, webSocket);
  return transport === 'websocket' ? overSocket : withFallback(overSocket, eventStreamTransport(settings));
}

function platformWebSocket(): WebSocketConstructor | undefined {
  return (globalThis as { WebSocket?: WebSocketConstructor }).WebSocket;
}
