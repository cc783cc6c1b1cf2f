/** Tensors held against what the manifest says of a graph's inputs or outputs. */
import { GatewayError } from '../../errors/index.js';
import type { GraphManifest } from '../bundle/manifest.js';
import { describe, type Tensor } from '../tensor/tensor.js';

export type PortTable = GraphManifest['inputs'];
/** Sizes that the symbols of one run stand for: a symbol has one value in all of its tensors. */
export type SymbolTable = Map<string, number>;

/**
 * @param symbols read and added to; pass the same table for a run's inputs and outputs
 * @throws GatewayError SHAPE_MISMATCH naming graph, tensor, what was wanted and what came
 */
export function checkTensors(
  label: string,
  what: 'input' | 'output',
  ports: PortTable,
  tensors: Readonly<Record<string, Tensor | undefined>>,
  symbols: SymbolTable,
): void {
  for (const name of Object.keys(tensors)) {
    if (ports[name] === undefined) throw mismatch(label, what, name, 'does not exist', Object.keys(ports).join(', '));
  }
  for (const [name, port] of Object.entries(ports)) {
    const tensor = tensors[name];
    const wanted = `${port.dtype} [${port.shape.join(', ')}]`;
    if (tensor === undefined) throw mismatch(label, what, name, 'is missing', wanted);
    if (tensor.dtype !== port.dtype || tensor.dims.length !== port.shape.length)
      throw mismatch(label, what, name, `is ${describe(tensor)}`, wanted);
    port.shape.forEach((wantedSize, axis) => {
      const size = tensor.dims[axis] ?? 0;
      const bound = typeof wantedSize === 'number' ? wantedSize : symbols.get(wantedSize);
      if (bound === undefined && typeof wantedSize === 'string') symbols.set(wantedSize, size);
      else if (bound !== size)
        throw mismatch(label, what, name, `is ${describe(tensor)}`, `${wanted} with ${wantedSize} = ${bound}`);
    });
  }
}

function mismatch(label: string, what: string, name: string, came: string, wanted: string): GatewayError {
  return new GatewayError('SHAPE_MISMATCH', `${label}: ${what} ${name} ${came}; wanted: ${wanted}.`);
}
