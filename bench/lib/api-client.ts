/** A client that asks over HTTP and watches over one WebSocket that stays open, as a page does. */
import { type Client, createClient } from 'graphql-ws';
import { WebSocket } from 'ws';

import {
  EditImageDocument,
  GenerateImageDocument,
  type PreviewInput,
  TaskEventsDocument,
  type TaskEventsSubscription,
  TypedDocumentString,
  UnderstandImagesDocument,
} from '../../src/client/gql/graphql.js';
import { decodePicture } from '../../src/services/image-codec.js';
import type { RgbImage } from '../../src/plugin/contract.js';
import type { Setting } from './setting.js';

/** Milliseconds by stage, as the task tells them; null where there was no such stage. */
export interface TaskTimings {
  readonly queuedMs: number | null;
  readonly encodeMs: number | null;
  readonly languageMs: number | null;
  readonly denoiseMs: number | null;
  readonly vaeMs: number | null;
  readonly previewMs: number | null;
  readonly totalMs: number | null;
}

export interface ApiPicture {
  readonly taskId: string;
  readonly imageId: string;
  readonly imageUrl: string;
  /** From the mutation to TaskSucceeded, as the client sees it. */
  readonly ms: number;
  /** Previews that came. */
  readonly previews: number;
}

export interface ApiClient {
  /** Generates a picture and watches it until it has succeeded. @throws Error when it fails */
  draw(seed: number, preview?: PreviewInput): Promise<ApiPicture>;
  edit(imageId: string, instruction: string, seed: number): Promise<void>;
  ask(imageId: string, question: string): Promise<void>;
  /** Asks for a picture and tells the task's id at once. */
  submit(seed: number): Promise<string>;
  /** Watches a task to its end. */
  watch(taskId: string, preview?: PreviewInput): Promise<Omit<ApiPicture, 'ms'>>;
  timings(taskId: string): Promise<TaskTimings>;
  pixels(picture: Pick<ApiPicture, 'imageUrl'>): Promise<RgbImage>;
  close(): Promise<void>;
}

const TIMINGS = new TypedDocumentString<{ node: { timings: TaskTimings } | null }, { id: string }>(
  `query Timings($id: ID!) {
    node(id: $id) {
      ... on Task { timings { queuedMs encodeMs languageMs denoiseMs vaeMs previewMs totalMs } }
    }
  }`,
);

/** @param url of the gateway */
export async function connectClient(url: string, setting: Setting): Promise<ApiClient> {
  const endpoint = `${url}/graphql`;
  const { prompt, steps, width, height, guidanceScale, trueCfgScale } = setting;
  const socket = await openSocket(endpoint.replace(/^http/, 'ws'));

  async function request<Result, Variables>(
    document: TypedDocumentString<Result, Variables>,
    variables: Variables,
  ): Promise<Result> {
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: document.toString(), variables }),
    });
    return dataOf((await response.json()) as Answer<Result>);
  }

  async function submit(seed: number): Promise<string> {
    const diffusion = { seed, numInferenceSteps: steps, width, height, guidanceScale, trueCfgScale };
    const { generateImage } = await request(GenerateImageDocument, { input: { prompt, diffusion } });
    return generateImage.task.id;
  }

  async function watch(taskId: string, preview?: PreviewInput): Promise<Omit<ApiPicture, 'ms'>> {
    const query = TaskEventsDocument.toString();
    let [imageId, imageUrl, previews] = ['', '', 0];
    for await (const answer of socket.iterate<TaskEventsSubscription>({ query, variables: { taskId, preview } })) {
      const { taskEvents: event } = dataOf(answer);
      if (event.__typename === 'DenoisingPreview') previews += 1;
      if (event.__typename === 'ImageFinished' && event.image) [imageId, imageUrl] = [event.image.id, event.image.url];
      if (event.__typename === 'TaskFailed') throw new Error(`${event.error.code}: ${event.error.message}`);
      if (event.__typename === 'TaskSucceeded') return { taskId, imageId, imageUrl, previews };
    }
    throw new Error(`The events of task ${taskId} ended before it succeeded.`);
  }

  return {
    submit,
    watch,
    async draw(seed, preview) {
      const startedAt = performance.now();
      const picture = await watch(await submit(seed), preview);
      return { ...picture, ms: performance.now() - startedAt };
    },
    async edit(sourceImageId, instruction, seed) {
      const { editImage } = await request(EditImageDocument, {
        input: { sourceImageId, instruction, diffusion: { seed } },
      });
      await watch(editImage.task.id);
    },
    async ask(imageId, question) {
      const { understandImages } = await request(UnderstandImagesDocument, {
        input: { imageIds: [imageId], question },
      });
      await watch(understandImages.task.id);
    },
    async timings(id) {
      const { node } = await request(TIMINGS, { id });
      if (node === null) throw new Error(`The gateway does not know task ${id} any more.`);
      return node.timings;
    },
    async pixels({ imageUrl }) {
      const response = await fetch(imageUrl);
      if (!response.ok) throw new Error(`A picture was answered with ${response.status}.`);
      return decodePicture(Buffer.from(await response.arrayBuffer()), width * height);
    },
    async close() {
      await socket.dispose();
    },
  };
}

function openSocket(url: string): Promise<Client> {
  return new Promise((resolve, reject) => {
    const client = createClient({
      url,
      webSocketImpl: WebSocket,
      lazy: false,
      onNonLazyError: reject,
      on: { connected: () => resolve(client) },
    });
  });
}

interface Answer<Result> {
  readonly data?: Result | null | undefined;
  readonly errors?: readonly { readonly message: string }[] | undefined;
}

function dataOf<Result>({ data, errors }: Answer<Result>): Result {
  const [error] = errors ?? [];
  if (error !== undefined) throw new Error(`The gateway answered: ${error.message}`);
  if (data === null || data === undefined) throw new Error('The gateway answered without data.');
  return data;
}

/** @throws Error where two pictures that must be the same differ */
export function expectSamePixels(left: RgbImage, right: RgbImage, what: string): void {
  const isSame =
    left.width === right.width && left.height === right.height && Buffer.compare(left.data, right.data) === 0;
  if (!isSame) throw new Error(`${what} should be the same picture, byte for byte, and are not.`);
}
