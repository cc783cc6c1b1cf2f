/**
 * A server that speaks ComfyUI's HTTP and WebSocket protocol, written from its server.py and execution.py as documentation: a queue that
 * runs one job after the other, messages to the client that queued it, previews as binary frames, a history. Its nodes compute
 * nothing: pictures follow from the workflow alone.
 *
 * @see https://docs.comfy.org/development/comfyui-server/comms_routes and comms_messages
 */
import { createHash, randomUUID } from 'node:crypto';
import sharp from 'sharp';
import { type WebSocket, WebSocketServer } from 'ws';
import { formOf, picture } from './openai-server.js';
import { type LoggedRequest, type ProtocolServer, protocolServer, sendJson } from './protocol-server.js';

type Workflow = Record<string, { class_type: string; inputs: Record<string, unknown> }>;

interface Job {
  readonly id: string;
  readonly clientId: string;
  readonly workflow: Workflow;
  interrupted: boolean;
}

export interface ComfyServerOptions {
  /** The binary event that previews come as. Default 1. */
  readonly previewEvent?: 1 | 4;
  /** Called before each step of a job. */
  beforeStep?(step: number, server: ComfyServer): Promise<void> | void;
  /** The node that throws while it runs. */
  readonly failingNode?: string;
  /** An older server makes its own ids. */
  readonly ownIds?: boolean;
}

export interface ComfyServer extends ProtocolServer {
  readonly uploads: Map<string, Buffer>;
  /** Ids of jobs that were interrupted. */
  readonly interrupted: string[];
  /** Cuts every WebSocket. */
  dropSockets(): void;
  /** Sends bytes as they are to every client. */
  sendToAll(bytes: Buffer): void;
}

const NODES = new Set(['KSampler', 'CLIPTextEncode', 'EmptyLatentImage', 'LoadImage', 'SaveImage', 'PreviewImage']);

export async function comfyServer(options: ComfyServerOptions = {}): Promise<ComfyServer> {
  const sockets = new Map<string, WebSocket>();
  const history = new Map<string, unknown>();
  const files = new Map<string, Buffer>();
  const uploads = new Map<string, Buffer>();
  const interrupted: string[] = [];
  let pending: Job[] = [];
  let running: Job | undefined;

  const base = await protocolServer(async (request, response) => {
    const url = new URL(request.path, 'http://localhost');
    const json = () => JSON.parse(String(request.body)) as Record<string, never>;
    switch (`${request.method} ${url.pathname.split('/')[1]}`) {
      case 'POST prompt':
        return void enqueue(json(), response);
      case 'GET history': {
        const id = url.pathname.split('/')[2] ?? '';
        return void sendJson(response, 200, history.has(id) ? { [id]: history.get(id) } : {});
      }
      case 'GET queue': {
        const entry = (job: Job) => [0, job.id, job.workflow, {}, []];
        return void sendJson(response, 200, {
          queue_running: running ? [entry(running)] : [],
          queue_pending: pending.map(entry),
        });
      }
      case 'POST queue': {
        const ids: string[] = json()['delete'] ?? [];
        pending = pending.filter(({ id }) => !ids.includes(id));
        return void response.writeHead(200).end();
      }
      case 'POST interrupt': {
        const id: string | undefined = json()['prompt_id'];
        if (running !== undefined && (id === undefined || id === running.id)) running.interrupted = true;
        return void response.writeHead(200).end();
      }
      case 'POST upload': {
        const form = formOf(request);
        const name = /filename="([^"]+)"/.exec(request.body.toString('latin1'))?.[1] ?? '';
        const subfolder = form['subfolder'] ?? '';
        uploads.set(`${subfolder}/${name}`, Buffer.from(form['image'] ?? '', 'latin1'));
        return void sendJson(response, 200, { name, subfolder, type: form['type'] });
      }
      case 'GET view': {
        const file = files.get(url.searchParams.get('filename') ?? '');
        return void (file
          ? response.writeHead(200, { 'content-type': 'image/png' }).end(file)
          : response.writeHead(404).end());
      }
      default:
        return void response.writeHead(404).end();
    }
  });

  const webSockets = new WebSocketServer({ server: base.http, path: '/ws' });
  webSockets.on('connection', (socket, { url = '' }) => {
    const clientId = new URL(url, 'http://localhost').searchParams.get('clientId') ?? randomUUID();
    sockets.set(clientId, socket);
    // A client that comes back learns no more than this.
    socket.send(
      JSON.stringify({
        type: 'status',
        data: { status: { exec_info: { queue_remaining: pending.length } }, sid: clientId },
      }),
    );
  });

  const server: ComfyServer = {
    ...base,
    uploads,
    interrupted,
    dropSockets: () => webSockets.clients.forEach((socket) => socket.terminate()),
    sendToAll: (bytes) => webSockets.clients.forEach((socket) => socket.send(bytes)),
    async stop() {
      webSockets.clients.forEach((socket) => socket.terminate());
      webSockets.close();
      await base.stop();
    },
  };

  function enqueue(
    {
      prompt: workflow,
      client_id: clientId,
      prompt_id: proposed,
    }: { prompt?: Workflow; client_id?: string; prompt_id?: string },
    response: Parameters<typeof sendJson>[0],
  ): void {
    const unknown = Object.entries(workflow ?? {}).filter(([, { class_type: kind }]) => !NODES.has(kind));
    if (workflow === undefined || unknown.length > 0) {
      const nodeErrors = Object.fromEntries(
        unknown.map(([id, { class_type }]) => [
          id,
          {
            class_type,
            dependent_outputs: [],
            errors: [{ type: 'unknown', message: 'Node does not exist', details: class_type }],
          },
        ]),
      );
      const error = {
        type: 'prompt_outputs_failed_validation',
        message: 'Prompt outputs failed validation',
        details: '',
      };
      return void sendJson(response, 400, { error, node_errors: nodeErrors });
    }
    const id = (options.ownIds ? undefined : proposed) ?? randomUUID();
    pending.push({ id, clientId: clientId ?? '', workflow, interrupted: false });
    sendJson(response, 200, { prompt_id: id, number: pending.length, node_errors: {} });
    void work();
  }

  async function work(): Promise<void> {
    if (running !== undefined) return;
    for (running = pending.shift(); running !== undefined; running = pending.shift()) await run(running);
  }

  async function run(job: Job): Promise<void> {
    const { id, workflow } = job;
    const say = (type: string, data: object) =>
      sockets.get(job.clientId)?.send(JSON.stringify({ type, data: { ...data, prompt_id: id } }));
    const end = (status: string, messages: unknown[], outputs = {}) =>
      history.set(id, {
        prompt: [],
        outputs,
        status: { status_str: status, completed: status === 'success', messages },
      });
    say('execution_start', { timestamp: 1 });
    say('execution_cached', { nodes: [] });
    const seed = createHash('sha256').update(JSON.stringify(workflow)).digest('hex');
    const outputs: Record<string, unknown> = {};
    for (const [node, { class_type: kind, inputs }] of Object.entries(workflow)) {
      say('executing', { node, display_node: node });
      if (node === options.failingNode) {
        const data = {
          node_id: node,
          node_type: kind,
          exception_message: 'CUDA out of memory\n',
          exception_type: 'OOM',
        };
        end('error', [['execution_error', { ...data, prompt_id: id }]]);
        return void say('execution_error', data);
      }
      const steps = kind === 'KSampler' ? Number(inputs['steps']) : 0;
      for (let value = 1; value <= steps; value += 1) {
        await options.beforeStep?.(value, server);
        await new Promise((resolve) => {
          setImmediate(resolve);
        });
        if (job.interrupted) {
          interrupted.push(id);
          end('error', [['execution_interrupted', { prompt_id: id }]]);
          return void say('execution_interrupted', { node_id: node, node_type: kind });
        }
        say('progress', { value, max: steps, node });
        const jpeg = await sharp({
          create: { width: 32, height: 32, channels: 3, background: { r: value * 9, g: 0, b: 0 } },
        })
          .jpeg()
          .toBuffer();
        sockets.get(job.clientId)?.send(previewFrame(options.previewEvent ?? 1, jpeg, id));
      }
      if (kind === 'SaveImage' || kind === 'PreviewImage') {
        const [width = 64, height = 64] = [inputs['width'], inputs['height']].map(Number);
        const name = `${node}-${seed.slice(0, 8)}.png`;
        files.set(name, Buffer.from(await picture(width, height, [seed, kind]), 'base64'));
        const images = [{ filename: name, subfolder: '', type: kind === 'SaveImage' ? 'output' : 'temp' }];
        outputs[node] = { images };
        say('executed', { node, output: { images } });
      }
    }
    say('execution_success', { timestamp: 2 });
    // As there: the history is written after the last message of the execution.
    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });
    end('success', [], outputs);
    say('executing', { node: null });
  }

  return server;
}

/** Binary events begin with their number, big-endian. */
export function previewFrame(event: 1 | 4, jpeg: Buffer, promptId: string): Buffer {
  if (event === 1) return Buffer.concat([words(1, 1), jpeg]);
  const metadata = Buffer.from(JSON.stringify({ node_id: '1', prompt_id: promptId, image_type: 'image/jpeg' }));
  return Buffer.concat([words(4, metadata.length), metadata, jpeg]);
}

export function words(...numbers: number[]): Buffer {
  const bytes = Buffer.alloc(4 * numbers.length);
  numbers.forEach((number, at) => bytes.writeUInt32BE(number, 4 * at));
  return bytes;
}

export type { LoggedRequest };
