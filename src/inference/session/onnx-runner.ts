/**
 * Graphs on onnxruntime-node, in this process. The only file that knows it.
 *
 * A run is synchronous under its promise and cannot be cancelled (toolchain.md, section 3): it blocks the process's
 * event loop until it ends. That is why the engine lives in plugin hosts, and why loops yield between runs.
 */
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { GatewayError } from '../../errors/index.js';
import { elementCount, type Tensor } from '../tensor/tensor.js';
import type { GraphRunner } from './graph-runner.js';

export interface OnnxOptions {
  readonly threads: number;
  readonly providers: readonly string[];
}

export function onnxRunner({ threads, providers }: OnnxOptions): GraphRunner {
  return {
    /** Weights are external data beside the graph, which the runtime maps from disk: loading from bytes would hold them twice. */
    async load({ label, files }) {
      const path = await files();
      const { InferenceSession: Session, Tensor: TensorClass } = await import('onnxruntime-node');
      const session = await Session.create(path, {
        executionProviders: [...providers],
        intraOpNumThreads: threads,
        // Idle threads that spin take the cores from the gateway and from the other hosts.
        extra: { session: { intra_op: { allow_spinning: '0' } } },
        // Fatal only: its error lines quote values, which may be of a prompt. Failures come back as errors all the same.
        logSeverityLevel: 4,
      }).catch((cause: unknown) => {
        throw new GatewayError(
          'INFERENCE_FAILED',
          `The runtime could not load ${label} with the providers ${providers.join(', ')}: ${messageOf(cause)}`,
          { cause },
        );
      });
      return {
        inputNames: session.inputNames,
        outputNames: session.outputNames,
        async run(inputs) {
          const feeds = Object.fromEntries(
            Object.entries(inputs).map(([name, { dtype, data, dims }]) => [name, new TensorClass(dtype, data, dims)]),
          );
          const answers = await session.run(feeds);
          return Object.fromEntries(
            Object.entries(answers).map(([name, answer]) => [name, fromRuntime(label, name, answer)]),
          );
        },
        release: () => session.release(),
      };
    },
  };
}

function fromRuntime(label: string, name: string, answer: InferenceSession.OnnxValueMapType[string]): Tensor {
  const { type, dims, data } = answer as OrtTensor;
  const length = elementCount(dims);
  if (type === 'float32' && data instanceof Float32Array && data.length === length) return { dtype: type, dims, data };
  if (type === 'float16' && data instanceof Uint16Array && data.length === length) return { dtype: type, dims, data };
  if (type === 'int64' && data instanceof BigInt64Array && data.length === length) return { dtype: type, dims, data };
  if (type === 'bool' && data instanceof Uint8Array && data.length === length) return { dtype: type, dims, data };
  throw new GatewayError(
    'SHAPE_MISMATCH',
    `${label} gave ${name} as ${type}, which the engine does not read; export it as float32.`,
  );
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
