/** ComfyUI as an image decoder: a workflow with placeholders, its steps with previews, cancelled by its own id. */
import { definePlugin, GatewayError, z } from 'darkroom/plugin';
import { createClient, serverOptions } from '../lib/server.js';
import { type JobContext, runJob } from './job.js';
import { ComfyServer } from './server.js';
import { readWorkflow } from './workflow.js';

const side = z.int().min(1).max(16_384);

export const options = z.strictObject({
  ...serverOptions,
  /** File of the workflow that draws, as ComfyUI exports it for its API, with placeholders. */
  workflow: z.string().min(1),
  /** File of the workflow that changes a picture; it has {{image}}. Left out: no edits. */
  editWorkflow: z.string().min(1).optional(),
  /** Node whose picture is taken. Default: the last that saved one. */
  outputNode: z.string().min(1).optional(),
  /** Whether the server sends previews (`--preview-method`). */
  previews: z.boolean().default(true),
  /** After so long without a word over the WebSocket, the history is asked. */
  silenceMs: z.int().min(10).default(15_000),
  limits: z
    .strictObject({
      minSide: side.default(256),
      maxSide: side.default(2048),
      sizeMultiple: side.default(16),
      maxSteps: z.int().min(1).max(1000).default(100),
    })
    .prefault({}),
  defaults: z
    .strictObject({
      width: side.default(1024),
      height: side.default(1024),
      numInferenceSteps: z.int().min(1).max(1000).default(20),
      guidanceScale: z.number().default(3.5),
      trueCfgScale: z.number().min(1).default(1),
    })
    .prefault({}),
  /** Jobs that are queued at once; the server runs one after the other. */
  batch: z.int().min(1).default(1),
});

export default definePlugin({
  kind: 'image-decoder',
  name: 'comfyui',
  version: '0.1.0',
  options,
  async create({ workflow, editWorkflow, outputNode, silenceMs, previews, limits, defaults, batch, ...rest }, host) {
    const drawing = await readWorkflow(host.resolvePath(workflow));
    const editing = editWorkflow === undefined ? undefined : await readWorkflow(host.resolvePath(editWorkflow));
    if (editing && !editing.has.has('image'))
      throw new GatewayError('CONFIG_INVALID', `The workflow ${editWorkflow} has no {{image}}, so it cannot edit one.`);
    const client = createClient(rest);
    const context: JobContext = {
      client,
      server: new ComfyServer(client),
      log: host.log,
      outputNode,
      reconnects: rest.retries,
      silenceMs,
      deadlineMs: rest.answerTimeoutMs,
    };
    const { minSide, maxSide, sizeMultiple, maxSteps } = limits;
    return {
      reads: { condition: 'text', ...(editing && { reference: 'pixels' as const }) },
      supports: {
        edit: editing !== undefined,
        mask: false,
        trueCfg: drawing.has.has('trueCfgScale'),
        preview: previews ? 'latent' : 'none',
        batch,
      },
      limits: { minWidth: minSide, minHeight: minSide, maxWidth: maxSide, maxHeight: maxSide, sizeMultiple, maxSteps },
      defaults,
      decode: (request, call) =>
        runJob(context, request.reference !== undefined && editing ? editing : drawing, request, call),
      async close() {
        client.close();
      },
    };
  },
});
