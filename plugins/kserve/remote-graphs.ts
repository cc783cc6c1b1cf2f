/** Graphs of a bundle that an inference server runs: what the engine of `darkroom/inference` takes instead of its own runtime. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { GraphManifest, GraphRunner, GraphSource } from 'darkroom/inference';
import { GatewayError, type PluginHost, z } from 'darkroom/plugin';
import { type HttpClient, RefusedError } from '../lib/http.js';
import { DATATYPES, decodeAnswer, encodeRequest } from './protocol.js';

export interface RemoteGraphOptions {
  /** What the server calls a graph: `{graph}` and `{bundle}` are replaced. */
  readonly modelName: string;
  /** Version of every model at the server; undefined: the server's choice. */
  readonly modelVersion?: string | undefined;
  readonly binary: boolean;
  /** For how long a server or model that is not ready is waited for. */
  readonly readyTimeoutMs: number;
}

const portSchema = z.object({ name: z.string(), datatype: z.string(), shape: z.array(z.number()) });
const metadataSchema = z.object({
  inputs: z.array(portSchema).nullish(),
  outputs: z.array(portSchema).nullish(),
});
type Port = z.output<typeof portSchema>;

export function remoteGraphs(
  client: HttpClient,
  { modelName, modelVersion, binary, readyTimeoutMs }: RemoteGraphOptions,
  host: Pick<PluginHost, 'log' | 'signal'>,
): GraphRunner {
  const { signal, log } = host;

  function pathOf({ bundle, name }: GraphSource): string {
    const model = encodeURIComponent(modelName.replaceAll('{graph}', name).replaceAll('{bundle}', bundle));
    return `v2/models/${model}${modelVersion === undefined ? '' : `/versions/${encodeURIComponent(modelVersion)}`}`;
  }

  return {
    async load(graph) {
      const path = pathOf(graph);
      await untilReady(client, path, readyTimeoutMs, signal);
      const metadata = metadataSchema.safeParse(await (await client.send({ path, signal })).json());
      if (!metadata.success)
        throw new GatewayError(
          'ENGINE_ANSWER_INVALID',
          `The server ${client.host} told nothing of its model for ${graph.label} that could be read.`,
          { cause: metadata.error },
        );
      const { inputs, outputs } = metadata.data;
      // Some servers know nothing of their models; then the first pass tells.
      if (!inputs?.length && !outputs?.length)
        log.warn('The server tells neither inputs nor outputs of a model.', { graph: graph.label });
      else expectPorts(graph, inputs ?? [], outputs ?? []);
      const outputNames = Object.keys(graph.manifest.outputs);
      return {
        inputNames: Object.keys(graph.manifest.inputs),
        outputNames,
        async run(tensors) {
          const { headers, body } = encodeRequest(tensors, outputNames, binary);
          // A forward pass keeps nothing at the server: it may be run again.
          const answer = await client.send({
            method: 'POST',
            path: `${path}/infer`,
            headers,
            body,
            signal,
            isIdempotent: true,
          });
          return decodeAnswer(answer.headers, await answer.bytes());
        },
        async release() {},
      };
    },
  };
}

/** @throws {GatewayError} the server's last word when the time is up */
async function untilReady(client: HttpClient, path: string, timeoutMs: number, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    try {
      await (await client.send({ path: `${path}/ready`, signal })).bytes();
      return;
    } catch (error) {
      // A model that loads is refused with 400 or 503; one that is not there, with 404, will not come.
      const mayCome =
        error instanceof RefusedError
          ? error.status === 400 || error.status >= 500
          : error instanceof GatewayError && error.retryable;
      if (!mayCome || performance.now() > deadline) throw error;
    }
    await sleep(500, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

/** @throws {GatewayError} SHAPE_MISMATCH listing everything that the server's model has otherwise than the bundle says */
function expectPorts({ label, manifest }: GraphSource, inputs: readonly Port[], outputs: readonly Port[]): void {
  const faults = [...faultsOf('input', manifest.inputs, inputs), ...faultsOf('output', manifest.outputs, outputs)];
  if (faults.length === 0) return;
  throw new GatewayError(
    'SHAPE_MISMATCH',
    `The server's model for ${label} is another one than the bundle describes: ${faults.join('; ')}. Serve the graphs of this bundle.`,
  );
}

function faultsOf(what: string, wanted: GraphManifest['inputs'], came: readonly Port[]): string[] {
  const surplus = came
    .filter(({ name }) => wanted[name] === undefined)
    .map(({ name }) => `${what} ${name} is too many`);
  const wrong = Object.entries(wanted).flatMap(([name, { dtype, shape }]) => {
    const port = came.find((each) => each.name === name);
    const description = `${DATATYPES[dtype]} [${shape.join(', ')}]`;
    if (port === undefined) return [`${what} ${name} is missing, wanted ${description}`];
    const fits =
      port.datatype === DATATYPES[dtype] &&
      port.shape.length === shape.length &&
      // A size that is free at the server takes any; one that is free in the bundle has to be free there.
      shape.every((size, axis) => (port.shape[axis] ?? 0) < 0 || port.shape[axis] === size);
    return fits ? [] : [`${what} ${name} is ${port.datatype} [${port.shape.join(', ')}], wanted ${description}`];
  });
  return [...surplus, ...wrong];
}
