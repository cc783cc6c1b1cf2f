/** images/generations and images/edits, with partial pictures where the server has them. */
import { type DecodeRequest, GatewayError, type PluginLog, type RgbImage, z } from 'darkroom/plugin';
import { readEvents } from '../../lib/event-stream.js';
import { type HttpAnswer, type HttpClient, RefusedError } from '../../lib/http.js';
import { type FormField, multipart } from '../../lib/multipart.js';
import { fromFile, toMaskPng, toPng } from '../../lib/pictures.js';

export interface ImagesOptions {
  readonly model?: string | undefined;
  readonly partialImages: number;
  readonly responseFormat?: string | undefined;
  readonly sizes: readonly string[];
  readonly parameters: Readonly<
    Partial<
      Record<'numInferenceSteps' | 'guidanceScale' | 'trueCfgScale' | 'negativePrompt' | 'seed', string | undefined>
    >
  >;
  readonly body: Readonly<Record<string, unknown>>;
}

export type ImagesEvent =
  /** `index` counts from 0, of `count` that were asked for. */
  | { readonly type: 'partial'; readonly index: number; readonly count: number; readonly image: RgbImage }
  | { readonly type: 'image'; readonly image: RgbImage };

const pictureSchema = z.object({ b64_json: z.string().nullish(), url: z.string().nullish() });
const answerSchema = z.object({ data: z.array(pictureSchema).min(1) });
const eventSchema = z.looseObject({
  type: z.string().optional(),
  b64_json: z.string().optional(),
  partial_image_index: z.number().optional(),
  error: z.unknown().optional(),
});

export class Images {
  readonly #client: HttpClient;
  readonly #options: ImagesOptions;
  readonly #log: PluginLog;
  /** A server that refused to stream is not asked again. */
  #streams: boolean;

  constructor(client: HttpClient, options: ImagesOptions, log: PluginLog) {
    this.#client = client;
    this.#options = options;
    this.#log = log;
    this.#streams = options.partialImages > 0;
  }

  /** @throws {GatewayError} what `HttpClient.send` throws; ENGINE_ANSWER_INVALID */
  async *run(request: DecodeRequest, signal: AbortSignal): AsyncGenerator<ImagesEvent, void> {
    const count = Math.min(this.#options.partialImages, request.numInferenceSteps - 1);
    const response = await this.#post(request, count, signal);
    if (!/text\/event-stream/i.test(response.headers['content-type'] ?? '')) {
      // A server may ignore `stream`.
      yield { type: 'image', image: await this.#finalOf(response, signal) };
      return;
    }
    for await (const { event, data } of readEvents(response.chunks())) {
      if (data === '[DONE]') break;
      const parsed = eventSchema.safeParse(parseJson(data));
      if (!parsed.success) throw this.#invalid('streamed something that is no event of a picture');
      const { type = event, b64_json: picture, partial_image_index: index = 0, error } = parsed.data;
      if (error != null || type === 'error') throw this.#failed(error);
      if (picture === undefined) continue;
      const image = await fromFile(Buffer.from(picture, 'base64'));
      if (type.endsWith('.partial_image')) yield { type: 'partial', index, count, image };
      if (!type.endsWith('.completed')) continue;
      yield { type: 'image', image };
      return;
    }
    throw this.#invalid('ended its stream without a picture');
  }

  async #post(request: DecodeRequest, partialImages: number, signal: AbortSignal): Promise<HttpAnswer> {
    const isStreamed = this.#streams && partialImages > 0;
    const fields = this.#fieldsOf(request, isStreamed ? partialImages : 0);
    const { path, contentType, body } = await bodyOf(request, fields);
    const headers = { 'content-type': contentType, accept: 'text/event-stream, application/json' };
    try {
      return await this.#client.send({ method: 'POST', path, headers, body, signal });
    } catch (error) {
      const isAboutTheRequest =
        error instanceof RefusedError &&
        (error.code === 'ENGINE_REFUSED' || error.status === 501 || error.status === 500);
      if (!isStreamed || !isAboutTheRequest) throw error;
      // The refusal may have another reason: then the plain request is refused as well, and that is what is told.
      const plain = await bodyOf(request, this.#fieldsOf(request, 0));
      const answer = await this.#client.send({
        method: 'POST',
        path,
        headers: { 'content-type': plain.contentType },
        body: plain.body,
        signal,
      });
      this.#streams = false;
      this.#log.warn('The server sends no partial pictures; only the finished ones are shown.', {
        status: error.status,
      });
      return answer;
    }
  }

  #fieldsOf(request: DecodeRequest, partialImages: number): Record<string, unknown> {
    const { model, responseFormat, parameters, sizes, body } = this.#options;
    const prompt = request.condition.type === 'text' ? request.condition.text : '';
    const named = Object.entries(parameters).flatMap(([ours, theirs]) => {
      const value = request[ours as keyof ImagesOptions['parameters']];
      return theirs === undefined || value === '' ? [] : [[theirs, value] as const];
    });
    return {
      ...body,
      ...(model !== undefined && { model }),
      prompt,
      n: 1,
      size: sizeOf(request, sizes),
      ...Object.fromEntries(named),
      ...(responseFormat !== undefined && { response_format: responseFormat }),
      ...(partialImages > 0 && { stream: true, partial_images: partialImages }),
    };
  }

  async #finalOf(response: HttpAnswer, signal: AbortSignal): Promise<RgbImage> {
    const parsed = answerSchema.safeParse(await response.json());
    if (!parsed.success) throw this.#invalid('answered without a picture');
    const [{ b64_json: inline, url } = {}] = parsed.data.data;
    if (inline) return fromFile(Buffer.from(inline, 'base64'));
    if (!url) throw this.#invalid('answered without a picture');
    if (url.startsWith('data:')) return fromFile(Buffer.from(url.slice(url.indexOf(',') + 1), 'base64'));
    return fromFile(await (await this.#client.send({ path: url, signal })).bytes());
  }

  #failed(error: unknown): GatewayError {
    const message = typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : '';
    return new GatewayError('ENGINE_FAILED', `The server ${this.#client.host} failed while it drew. ${message}`.trim());
  }

  #invalid(what: string): GatewayError {
    return new GatewayError('ENGINE_ANSWER_INVALID', `The server ${this.#client.host} ${what}.`);
  }
}

/** JSON without a picture to change, a form with one. */
async function bodyOf({ reference, mask }: DecodeRequest, fields: Readonly<Record<string, unknown>>) {
  if (reference?.type !== 'pixels')
    return {
      path: 'images/generations',
      contentType: 'application/json',
      body: Buffer.from(JSON.stringify(fields)),
    };
  const texts = Object.entries(fields).map(
    ([name, value]): FormField => ({
      name,
      value: typeof value === 'string' ? value : JSON.stringify(value),
    }),
  );
  const png = (name: string, file: Uint8Array): FormField => ({
    ...{ name, file },
    fileName: `${name}.png`,
    type: 'image/png',
  });
  const files = [png('image', await toPng(reference.image))];
  if (mask !== undefined) files.push(png('mask', await toMaskPng(mask)));
  return { path: 'images/edits', ...multipart([...texts, ...files]) };
}

/** The size asked for, or the one of the server's sizes whose shape is nearest to it, the largest of those. */
function sizeOf({ width, height }: DecodeRequest, sizes: readonly string[]): string {
  const wanted = `${width}x${height}`;
  if (sizes.length === 0 || sizes.includes(wanted)) return wanted;
  const shapes = sizes.map((size) => {
    const [w = 1, h = 1] = size.split('x').map(Number);
    return { size, off: Math.abs(Math.log((w / h) * (height / width))), area: w * h };
  });
  return shapes.sort((a, b) => a.off - b.off || b.area - a.area)[0]?.size ?? wanted;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
