"""Read the weights of a written bundle back into the modules they came from.

A bundle is what is kept of a model; checkpoints are not. The exporter renames and transposes weights on its way, so nothing here
relies on names: modules with random weights are traced as `export` traces them, each tensor of the traced graph is recognised by
its values, and what the bundle holds in its place is put into the module.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor

from .graphs import Graph, graphs_of
from .onnx_file import trace
from .parts import NexusParts


@torch.no_grad()
def read_weights(parts: NexusParts, bundle: Path) -> list[str]:
    """Fill `parts`, in place, with the weights of the bundle in folder `bundle`; int8 and float16 weights are widened.

    Returns the names of the tensors that no graph of the bundle holds, as `module.tensor`; they are left random.

    Raises `FileNotFoundError` for a graph that is not there, `ValueError` for one that was traced from another module.
    """
    _randomise(parts)
    found: set[int] = set()
    for graph in graphs_of(parts):
        found |= _read_graph(graph, bundle / "graphs" / f"{graph.name}.onnx")
    for name, tensor in (("imagePrefillRows", parts.language.image_prefill_embeds.weight), ("pooled", parts.pooled)):
        values = np.fromfile(bundle / "constants" / f"{name}.bin", dtype="<f4")
        tensor.copy_(torch.from_numpy(values).view_as(tensor))
        found.add(tensor.data_ptr())
    return [
        f"{type(module).__name__}.{name}" for module in parts.modules for name, tensor in module.state_dict().items() if tensor.data_ptr() not in found
    ]


def _randomise(parts: NexusParts) -> None:
    generator = torch.Generator().manual_seed(0)
    for module in parts.modules:
        for tensor in module.state_dict().values():
            # Positive, for the deviations of latents; different everywhere, which is all that counts.
            tensor.copy_(0.5 + torch.rand(tensor.shape, generator=generator))


def _read_graph(graph: Graph, path: Path) -> set[int]:
    """Fill the tensors of one graph's module; returns where they lie in memory."""
    if not path.is_file():
        raise FileNotFoundError(f"{path} does not exist; a bundle of this model has graph {graph.name}")
    stored = dict(_stored(onnx.load(path)))
    own = {name: tensor for name, tensor in graph.module.state_dict().items() if tensor.is_floating_point()}
    found = set()
    for traced in trace(graph).graph.initializer:
        match = _origin(numpy_helper.to_array(traced), own)
        if match is None:
            continue
        tensor, transposed = match
        values = stored.get(traced.name)
        if values is None or values.shape != tuple(traced.dims):
            have = "nothing" if values is None else list(values.shape)
            raise ValueError(f"{path}: wanted {traced.name} of shape {list(traced.dims)}, got {have}; it was written from another module")
        tensor.copy_(torch.from_numpy(np.array(values.T if transposed else values)))
        found.add(tensor.data_ptr())
    return found


def _origin(values: np.ndarray, own: dict[str, Tensor]) -> tuple[Tensor, bool] | None:
    """Which tensor has these values, and whether the graph holds its transpose; none for constants of the arithmetic."""
    for tensor in own.values():
        have = tensor.numpy()
        if have.shape == values.shape and np.array_equal(have, values):
            return tensor, False
        if have.ndim == 2 and have.T.shape == values.shape and np.array_equal(have.T, values):
            return tensor, True
    return None


def _stored(model: onnx.ModelProto) -> Iterator[tuple[str, np.ndarray]]:
    """Every weight under the name it had before `compress`, in float32."""
    held = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    for name, values in held.items():
        if name.endswith(".int8"):
            whole = name.removesuffix(".int8")
            yield whole, values.astype(np.float32) * held[f"{whole}.scale"]
        elif name.endswith(".float16"):
            yield name.removesuffix(".float16"), values.astype(np.float32)
        else:
            yield name, values
    for node in model.graph.node:  # equal tensors, two biases of zero for instance, are held once
        if node.op_type == "Identity" and node.input[0] in held:
            yield node.output[0], held[node.input[0]]
