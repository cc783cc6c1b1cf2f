/** What runs graphs: onnxruntime-node in this process by default, or whatever an engine's options bring. */
import type { GraphManifest } from '../bundle/manifest.js';
import type { Tensor } from '../tensor/tensor.js';

export interface GraphRunner {
  /** Makes a graph ready to run. @throws GatewayError */
  load(graph: GraphSource): Promise<LoadedGraph>;
}

export interface GraphSource {
  /** For messages: bundle and graph. */
  readonly label: string;
  /** The bundle's id. */
  readonly bundle: string;
  /** The graph's name in the bundle. */
  readonly name: string;
  readonly manifest: GraphManifest;
  /** Path of the graph's file, whose weights lie beside it; all are verified. @throws GatewayError BUNDLE_MISSING, BUNDLE_DAMAGED */
  files(): Promise<string>;
}

export interface LoadedGraph {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /**
   * One forward pass. Inputs fit the manifest, by their names there, and do not change before it ends; outputs are checked by the caller.
   * An error without a code becomes INFERENCE_FAILED.
   */
  run(inputs: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor | undefined>>>;
  release(): Promise<void>;
}
