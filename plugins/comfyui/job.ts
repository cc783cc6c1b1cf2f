/** One picture: a job in the server's queue, followed over its WebSocket to its end. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type DecodeCall,
  type DecodeEvent,
  type DecodeRequest,
  GatewayError,
  type PluginLog,
  type PreviewWish,
} from 'darkroom/plugin';
import type { HttpClient } from '../lib/http.js';
import { cover, fromFile, shrink } from '../lib/pictures.js';
import { retryDelayMs } from '../lib/retry.js';
import { type ComfyServer, type Ending, faultOf } from './server.js';
import { JobSocket } from './socket.js';
import type { Workflow } from './workflow.js';

export interface JobContext {
  readonly client: HttpClient;
  readonly server: ComfyServer;
  readonly log: PluginLog;
  /** The node whose picture is taken; undefined: the last that saved one. */
  readonly outputNode: string | undefined;
  readonly reconnects: number;
  /** After so long without a word, the history is asked. */
  readonly silenceMs: number;
  /** A job of which nothing is heard for so long is given up. */
  readonly deadlineMs: number;
}

/** The history is written a moment after the last message. */
const HISTORY_WAITS_MS = [0, 50, 100, 200, 400, 800, 1_600, 3_200];

/** @throws {GatewayError} what the server's addresses throw; ENGINE_FAILED naming the node that failed; ENGINE_TIMEOUT */
export async function* runJob(
  context: JobContext,
  workflow: Workflow,
  request: DecodeRequest,
  call: DecodeCall,
): AsyncGenerator<DecodeEvent, void> {
  const { client, server } = context;
  const { signal } = call;
  const startedAt = performance.now();
  const clientId = randomUUID();
  const image = request.reference?.type === 'pixels' ? await server.upload(request.reference.image, signal) : undefined;
  const {
    condition,
    negativePrompt,
    seed,
    numInferenceSteps: steps,
    width,
    height,
    guidanceScale,
    trueCfgScale,
  } = request;
  const prompt = condition.type === 'text' ? condition.text : '';
  const filled = workflow.with({
    ...{ prompt, negativePrompt, seed, steps, width, height },
    guidanceScale,
    trueCfgScale,
    image,
  });

  let socket = await JobSocket.open(client, clientId, signal);
  let promptId: string | undefined;
  let ending: Ending | undefined;
  const progress = new Progress(call, steps);
  try {
    // Known before the answer: an abort meanwhile still reaches the job.
    promptId = randomUUID();
    promptId = await server.queue(filled, clientId, promptId, signal);

    let heardAt = performance.now();
    let losses = 0;
    while (ending === undefined) {
      const news = await socket.next(context.silenceMs, signal);
      if (news.type === 'preview') {
        heardAt = performance.now();
        if (news.promptId === undefined || news.promptId === promptId) yield* progress.preview(news.file);
        continue;
      }
      if (news.type === 'message') {
        heardAt = performance.now();
        const { name, data } = news;
        if (data.prompt_id != null && data.prompt_id !== promptId) continue;
        if (name === 'progress') yield* progress.step(data.value ?? 0, data.max ?? 0);
        if (name === 'execution_error' || name === 'execution_interrupted') throw failed(client, faultOf(data));
        const isOver = name === 'execution_success' || (name === 'executing' && data.node == null);
        if (isOver && data.prompt_id === promptId) ending = await endingOf(server, promptId, signal);
        continue;
      }
      if (news.type === 'lost') {
        losses += 1;
        if (losses > context.reconnects)
          throw new GatewayError('ENGINE_UNAVAILABLE', `The server ${client.host} keeps closing its WebSocket.`);
        context.log.warn('The WebSocket was lost; the job is followed over a new one.', { promptId });
        await sleep(retryDelayMs(losses - 1), undefined, { signal }).catch(() => signal.throwIfAborted());
        socket.close();
        socket = await JobSocket.open(client, clientId, signal);
      }
      // What was said meanwhile is gone: the history tells whether that was the end.
      ending = await server.ending(promptId, signal);
      if (ending === undefined && !(await server.isKnown(promptId, signal)))
        throw failed(client, 'it knows nothing of the job any more; it may have been restarted');
      if (performance.now() - heardAt > context.deadlineMs)
        throw new GatewayError(
          'ENGINE_TIMEOUT',
          `The server ${client.host} told nothing of a job for ${context.deadlineMs} ms.`,
        );
    }
  } finally {
    socket.close();
    if (ending === undefined && promptId !== undefined) await server.cancel(promptId);
  }

  if (ending.error !== undefined) throw failed(client, ending.error);
  yield* progress.rest();
  const files = Object.entries(ending.outputs).flatMap(([node, images]) => images.map((file) => ({ node, ...file })));
  const wanted = files.filter(({ node }) => context.outputNode === undefined || node === context.outputNode);
  const file = wanted.findLast(({ type }) => type === 'output') ?? wanted.at(-1);
  if (file === undefined) {
    const where = context.outputNode === undefined ? 'No node' : `Its node ${context.outputNode} never`;
    throw new GatewayError('ENGINE_ANSWER_INVALID', `The workflow ended without a picture. ${where} saved one.`);
  }
  const fetchedAt = performance.now();
  const drawn = await cover(await server.picture(file, signal), width, height);
  const timings = {
    denoiseMs: fetchedAt - startedAt - progress.previewMs,
    vaeMs: performance.now() - fetchedAt,
    previewMs: progress.previewMs,
  };
  yield { type: 'image', image: drawn, timings };
}

/** Counts steps up, whatever the samplers of a workflow count; a preview belongs to the step before it. */
class Progress {
  readonly #call: DecodeCall;
  readonly #steps: number;
  #last = 0;
  /** A step that waits for its preview. */
  #held: { readonly stepIndex: number; readonly wish: PreviewWish | undefined } | undefined;
  previewMs = 0;

  constructor(call: DecodeCall, steps: number) {
    this.#call = call;
    this.#steps = steps;
  }

  *step(value: number, max: number): Generator<DecodeEvent> {
    yield* this.rest();
    const stepIndex = Math.min(this.#steps, Math.floor((value * this.#steps) / Math.max(1, max)));
    if (stepIndex <= this.#last) return;
    this.#last = stepIndex;
    const wish = this.#call.wantsPreview(stepIndex);
    this.#held = { stepIndex, wish };
    if (wish === undefined) yield* this.rest();
  }

  async *preview(file: Buffer): AsyncGenerator<DecodeEvent> {
    const held = this.#held;
    if (held?.wish === undefined) return;
    this.#held = undefined;
    const begun = performance.now();
    // One that cannot be read is a step without a preview.
    const preview = await fromFile(file)
      .then((image) => shrink(image, held.wish?.maxSize ?? 0))
      .catch(() => undefined);
    this.previewMs += performance.now() - begun;
    yield { ...this.#event(held.stepIndex), ...(preview && { preview }) };
  }

  *rest(): Generator<DecodeEvent> {
    const held = this.#held;
    this.#held = undefined;
    if (held) yield this.#event(held.stepIndex);
  }

  #event(stepIndex: number) {
    return { type: 'step', stepIndex, sigma: 1 - stepIndex / this.#steps } as const;
  }
}

async function endingOf(server: ComfyServer, promptId: string, signal: AbortSignal): Promise<Ending | undefined> {
  for (const waitMs of HISTORY_WAITS_MS) {
    await sleep(waitMs, undefined, { signal }).catch(() => signal.throwIfAborted());
    const ending = await server.ending(promptId, signal);
    if (ending) return ending;
  }
  return undefined;
}

function failed({ host }: HttpClient, why: string): GatewayError {
  return new GatewayError('ENGINE_FAILED', `The server ${host} failed: ${why}.`);
}
