/** ComfyUI's addresses over HTTP. */
import { createHash } from 'node:crypto';
import { type ErrorCode, GatewayError, type RgbImage, z } from 'darkroom/plugin';
import { type HttpClient, RefusedError } from '../lib/http.js';
import { multipart } from '../lib/multipart.js';
import { fromFile, toPng } from '../lib/pictures.js';

/** Pictures of edits lie in a folder of their own among the server's inputs. */
const UPLOAD_FOLDER = 'darkroom';
const CANCEL_MS = 1_500;

const fileSchema = z.object({
  filename: z.string(),
  subfolder: z.string().default(''),
  type: z.string().default('output'),
});
type OutputFile = z.output<typeof fileSchema>;
const historySchema = z.record(
  z.string(),
  z.looseObject({
    outputs: z.record(z.string(), z.looseObject({ images: z.array(fileSchema).optional() })).default({}),
    status: z
      .looseObject({
        status_str: z.string().optional(),
        messages: z.array(z.tuple([z.string(), z.unknown()])).optional(),
      })
      .nullish(),
  }),
);
const queueSchema = z.object({
  queue_running: z.array(z.array(z.unknown())).default([]),
  queue_pending: z.array(z.array(z.unknown())).default([]),
});
const refusalSchema = z.object({
  error: z
    .union([z.string(), z.looseObject({ message: z.string().optional(), details: z.string().optional() })])
    .optional(),
  node_errors: z
    .record(
      z.string(),
      z.looseObject({
        class_type: z.string().optional(),
        errors: z.array(z.looseObject({ message: z.string(), details: z.string().optional() })).default([]),
      }),
    )
    .or(z.array(z.unknown()).transform(() => ({})))
    .default({}),
});

export type Ending = {
  readonly outputs: Readonly<Record<string, readonly OutputFile[]>>;
  readonly error: string | undefined;
};

export class ComfyServer {
  readonly #client: HttpClient;

  constructor(client: HttpClient) {
    this.#client = client;
  }

  /** @returns its name for a node that loads pictures */
  async upload(image: RgbImage, signal: AbortSignal): Promise<string> {
    const file = await toPng(image);
    // The same picture has the same name: uploading it twice changes nothing.
    const fileName = `${createHash('sha256').update(file).digest('hex').slice(0, 32)}.png`;
    const { contentType, body } = multipart([
      { name: 'image', file, fileName, type: 'image/png' },
      { name: 'type', value: 'input' },
      { name: 'overwrite', value: 'true' },
      { name: 'subfolder', value: UPLOAD_FOLDER },
    ]);
    const document = await this.#post('upload/image', body, contentType, signal, true);
    const { name, subfolder } = this.#read(z.object({ name: z.string(), subfolder: z.string().default('') }), document);
    return subfolder === '' ? name : `${subfolder}/${name}`;
  }

  /**
   * @returns the job's id: the one that was proposed, or an older server's own
   * @throws {GatewayError} ENGINE_REFUSED naming each node that the server finds fault with
   */
  async queue(workflow: unknown, clientId: string, promptId: string, signal: AbortSignal): Promise<string> {
    const body = Buffer.from(JSON.stringify({ prompt: workflow, client_id: clientId, prompt_id: promptId }));
    try {
      const document = await this.#post('prompt', body, 'application/json', signal, false);
      return this.#read(z.object({ prompt_id: z.string() }), document).prompt_id;
    } catch (error) {
      if (error instanceof RefusedError) throw refusalOf(error, this.#client.host);
      // The way broke down behind the request: the job may be there all the same, and is not queued twice.
      const mayBeThere = error instanceof GatewayError && error.code === 'ENGINE_UNAVAILABLE';
      if (!mayBeThere || !(await this.isKnown(promptId, signal).catch(() => false))) throw error;
      return promptId;
    }
  }

  /** How the job ended; undefined while it has not. */
  async ending(promptId: string, signal: AbortSignal): Promise<Ending | undefined> {
    const path = `history/${encodeURIComponent(promptId)}`;
    const history = this.#read(historySchema, await (await this.#client.send({ path, signal })).json());
    const entry = history[promptId];
    if (entry === undefined) return undefined;
    const outputs = Object.fromEntries(Object.entries(entry.outputs).map(([node, { images = [] }]) => [node, images]));
    const messages = new Map(entry.status?.messages ?? []);
    const told = messages.get('execution_error') ?? messages.get('execution_interrupted');
    const error = entry.status?.status_str === 'error' ? faultOf(told) : undefined;
    return { outputs, error };
  }

  /** Whether the job waits, runs or has ended. */
  async isKnown(promptId: string, signal: AbortSignal): Promise<boolean> {
    const queue = this.#read(queueSchema, await (await this.#client.send({ path: 'queue', signal })).json());
    // An entry is [number, id, workflow, …].
    const ids = [...queue.queue_running, ...queue.queue_pending].map(([, id]) => id);
    return ids.includes(promptId) || (await this.ending(promptId, signal)) !== undefined;
  }

  async picture({ filename, subfolder, type }: OutputFile, signal: AbortSignal): Promise<RgbImage> {
    const path = `view?${new URLSearchParams({ filename, subfolder, type }).toString()}`;
    return fromFile(await (await this.#client.send({ path, signal })).bytes());
  }

  /** By its id alone: other people's jobs go on. Takes it out of the queue, too. Never fails. */
  async cancel(promptId: string): Promise<void> {
    const signal = AbortSignal.timeout(CANCEL_MS);
    const send = (path: string, body: unknown) =>
      this.#post(path, Buffer.from(JSON.stringify(body)), 'application/json', signal, true);
    await Promise.allSettled([send('queue', { delete: [promptId] }), send('interrupt', { prompt_id: promptId })]);
  }

  async #post(
    path: string,
    body: Buffer,
    contentType: string,
    signal: AbortSignal,
    isIdempotent: boolean,
  ): Promise<unknown> {
    const headers = { 'content-type': contentType };
    const answer = await this.#client.send({ method: 'POST', path, headers, body, signal, isIdempotent });
    const bytes = await answer.bytes();
    if (bytes.length === 0) return undefined;
    try {
      return JSON.parse(String(bytes));
    } catch (cause) {
      throw this.#invalid(cause);
    }
  }

  #read<Schema extends z.ZodType>(schema: Schema, document: unknown): z.output<Schema> {
    const parsed = schema.safeParse(document);
    if (parsed.success) return parsed.data;
    throw this.#invalid(parsed.error);
  }

  #invalid(cause: unknown): GatewayError {
    return new GatewayError(
      'ENGINE_ANSWER_INVALID',
      `The server ${this.#client.host} does not answer as ComfyUI does.`,
      {
        cause,
      },
    );
  }
}

/** What a message of an error says: the node and its words. */
export function faultOf(data: unknown): string {
  const {
    node_id: id,
    node_type: kind,
    exception_message: words,
  } = z
    .looseObject({
      node_id: z.string().nullish(),
      node_type: z.string().nullish(),
      exception_message: z.string().nullish(),
    })
    .catch({})
    .parse(data);
  const node = id == null ? '' : `node ${id}${kind == null ? '' : ` (${kind})`}: `;
  return `${node}${words?.trim() ?? 'it was interrupted'}`;
}

function refusalOf(error: RefusedError, host: string): GatewayError {
  let document: unknown;
  try {
    document = JSON.parse(error.detail);
  } catch {
    return error;
  }
  const parsed = refusalSchema.safeParse(document);
  if (!parsed.success) return error;
  const nodes = Object.entries(parsed.data.node_errors).map(([id, { class_type: kind, errors }]) => {
    const faults = errors.map(({ message, details }) => (details ? `${message} (${details})` : message));
    return `node ${id}${kind === undefined ? '' : ` (${kind})`}: ${faults.join(', ')}`;
  });
  const whole = parsed.data.error;
  const words = typeof whole === 'string' ? whole : [whole?.message, whole?.details].filter(Boolean).join(' ');
  const code: ErrorCode = error.code;
  return new GatewayError(code, `The server ${host} refused the workflow: ${[words, ...nodes].join('; ')}.`, {
    cause: error,
  });
}
