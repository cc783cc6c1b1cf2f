/**
 * `darkroom/client`: the typed client, for browsers and Node. It loads nothing but itself.
 *
 *   const client = createClient({ url: 'http://127.0.0.1:4000' });
 *   const { generateImage } = await client.request(GenerateImageDocument, { input: { prompt: 'a red circle' } });
 *   for await (const event of client.watch(generateImage.task.id)) …
 */
export {
  type Arguments,
  type DarkroomClient,
  type PartialResult,
  type UploadedImage,
  createClient,
} from './client.js';
export {
  type DevelopingImage,
  type Development,
  type DevelopmentFrame,
  NO_DEVELOPMENT,
  developed,
  secondsLeft,
} from './development.js';
export type { AnyDocument, PrintDocument, TypedDocument } from './document.js';
export {
  type ClientErrorCode,
  DarkroomError,
  type DarkroomErrorCode,
  type DarkroomErrorOptions,
  type GraphQLErrorShape,
} from './errors.js';
export * from './gql/graphql.js';
export type { RequestOptions } from './http.js';
export type { ClientOptions, ConnectionState, Provided, RetryOptions } from './settings.js';
export type { SubscribeOptions, Subscription } from './subscription.js';
export type { UploadOptions, UploadProgress, UploadSource } from './upload.js';
export type { FinishedTask, TaskEvent, TaskWatch, WatchOptions } from './watch.js';
export type { WebSocketConstructor, WebSocketLike } from './web-socket.js';
