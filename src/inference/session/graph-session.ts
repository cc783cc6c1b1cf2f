/**
 * One graph of a bundle, loaded and ready to run, wherever it runs. The rest of the engine feeds and reads plain tensors, under the
 * names of bundle/graphs.ts; what goes in and comes out is held against the manifest here.
 */
import { GatewayError } from '../../errors/index.js';
import { throwIfAborted } from '../abort.js';
import { GRAPHS } from '../bundle/graphs.js';
import type { Bundle } from '../bundle/open.js';
import { describe, type Tensor } from '../tensor/tensor.js';
import { checkTensors, type PortTable, type SymbolTable } from './check-ports.js';
import type { GraphRunner, LoadedGraph } from './graph-runner.js';
import { onnxRunner } from './onnx-runner.js';

export type GraphKind = keyof typeof GRAPHS;
/** What a graph of this kind wants, by our names for its inputs. */
export type Feeds<Kind extends GraphKind> = { readonly [Port in keyof (typeof GRAPHS)[Kind]['inputs']]: Tensor };
/** What it answers, by our names for its outputs. */
export type Results<Kind extends GraphKind> = { readonly [Port in keyof (typeof GRAPHS)[Kind]['outputs']]: Tensor };

export interface SessionOptions {
  /** Threads inside one operator; 0 lets the runtime take one per physical core. Default 0. */
  readonly threads?: number;
  /** Execution providers in order of preference, for instance `['cuda', 'cpu']`. Default `['cpu']`. */
  readonly providers?: readonly string[];
  /** What runs the graphs instead of onnxruntime-node in this process; `threads` and `providers` are then of no use. */
  readonly runner?: GraphRunner;
}

export class GraphSession<Kind extends GraphKind> {
  readonly #kind: Kind;
  readonly #label: string;
  readonly #graph: LoadedGraph;
  readonly #ports: { readonly inputs: PortTable; readonly outputs: PortTable };

  private constructor(kind: Kind, label: string, graph: LoadedGraph, ports: { inputs: PortTable; outputs: PortTable }) {
    this.#kind = kind;
    this.#label = label;
    this.#graph = graph;
    this.#ports = ports;
  }

  /**
   * Load a graph where it runs; in this process, its files are verified before.
   *
   * @param name the graph's name in the manifest; for decoders it differs from its kind
   * @throws GatewayError BUNDLE_MISSING, BUNDLE_DAMAGED, BUNDLE_INVALID, INFERENCE_FAILED when the runtime refuses it; what another runner throws
   */
  static async load<Kind extends GraphKind>(
    bundle: Bundle,
    kind: Kind,
    name: string = kind,
    options: SessionOptions = {},
  ): Promise<GraphSession<Kind>> {
    const { threads = 0, providers = ['cpu'], runner = onnxRunner({ threads, providers }) } = options;
    const manifest = bundle.graph(name);
    const label = `${bundle.manifest.id}/${name}`;
    const graph = await runner.load({
      label,
      bundle: bundle.manifest.id,
      name,
      manifest,
      async files() {
        const path = await bundle.verified(manifest.file);
        for (const weights of manifest.weights) await bundle.verified(weights);
        return path;
      },
    });
    expectNames(label, 'inputs', Object.values(GRAPHS[kind].inputs), graph.inputNames);
    expectNames(label, 'outputs', Object.values(GRAPHS[kind].outputs), graph.outputNames);
    return new GraphSession(kind, label, graph, manifest);
  }

  /**
   * One forward pass. Inputs are read where they lie and must not change until it ends.
   *
   * @param signal a run that has not begun when it is aborted does not begin; one that has goes on to its end
   * @throws GatewayError CANCELLED; SHAPE_MISMATCH before the pass when an input differs from the manifest (the runtime itself
   *   ignores surplus inputs and tells little of wrong ones); INFERENCE_FAILED when the pass fails
   */
  async run(feeds: Feeds<Kind>, signal?: AbortSignal): Promise<Results<Kind>> {
    if (signal !== undefined) throwIfAborted(signal);
    const inputs: Record<string, Tensor> = {};
    for (const [ours, theirs] of Object.entries<string>(GRAPHS[this.#kind].inputs))
      inputs[theirs] = (feeds as Record<string, Tensor>)[ours] as Tensor;
    const symbols: SymbolTable = new Map();
    checkTensors(this.#label, 'input', this.#ports.inputs, inputs, symbols);

    const answers = await this.#graph.run(inputs).catch((cause: unknown) => {
      if (cause instanceof GatewayError) throw cause;
      const given = Object.entries(inputs).map(([name, tensor]) => `${name} ${describe(tensor)}`);
      throw new GatewayError('INFERENCE_FAILED', `A forward pass of ${this.#label} failed with ${given.join(', ')}.`, {
        cause,
      });
    });

    const results: Record<string, Tensor> = {};
    const outputs: Record<string, Tensor> = {};
    for (const [ours, theirs] of Object.entries<string>(GRAPHS[this.#kind].outputs)) {
      const answer = answers[theirs];
      if (answer === undefined) throw new GatewayError('INFERENCE_FAILED', `${this.#label} gave no output ${theirs}.`);
      outputs[theirs] = results[ours] = answer;
    }
    checkTensors(this.#label, 'output', this.#ports.outputs, outputs, symbols);
    return results as Results<Kind>;
  }

  /** Give the weights back. A released session cannot run again. */
  async release(): Promise<void> {
    await this.#graph.release();
  }
}

function expectNames(label: string, what: string, wanted: readonly string[], came: readonly string[]): void {
  if ([...wanted].sort().join() === [...came].sort().join()) return;
  throw new GatewayError(
    'BUNDLE_INVALID',
    `${label} should have the ${what} ${wanted.join(', ')}, but it has ${came.join(', ')}; export the bundle again.`,
  );
}
