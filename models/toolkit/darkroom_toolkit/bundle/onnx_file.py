"""Trace a module to ONNX, choose the form of its weights, write graph and weights side by side, and measure the result.

Weights lie in one external file per graph: loading such a graph by path costs less memory than any other way (the runtime maps
the file), and the graph itself stays small enough to read.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper

from .formats import WEIGHT_FORMATS, WeightFormat
from .graphs import Graph, Sizes
from .weight_files import EXTERNAL_FROM, WeightFiles

__all__ = ["WEIGHT_FORMATS", "Difference", "WeightFormat", "compress", "difference", "open_session", "quantise", "trace", "write"]

OPSET = 17
#: Tensors below this many values stay float32: norms, biases, tiny matrices. They weigh nothing and matter most.
COMPRESS_FROM = 1024
FLOAT16_MAX = float(np.finfo(np.float16).max)


@dataclass(frozen=True)
class Difference:
    """How far a graph's outputs lie from its module's, over both checked sizes."""

    absolute: float
    #: Largest absolute difference divided by the largest absolute output.
    relative: float


def trace(graph: Graph) -> onnx.ModelProto:
    """The module as ONNX, float32 weights inside. The same weights give the same bytes."""
    return export_module(graph, do_constant_folding=True)


def export_module(graph: Graph, **options: bool) -> onnx.ModelProto:
    """Run the exporter on a graph's module; `options` are the exporter's own.

    Raises `RuntimeError` when an input has no effect: the exporter would leave it out.
    """
    dynamic = {
        port.name: {axis: size for axis, size in enumerate(port.shape) if isinstance(size, str)}
        for port in (*graph.inputs, *graph.outputs)
    }
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # Shapes that the configuration fixes are meant to be constants of the graph; `difference` checks the free ones.
        warnings.simplefilter("ignore", torch.jit.TracerWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", UserWarning)
        torch.onnx.export(
            graph.module.eval(),
            graph.example(graph.sizes[0], seed=0),
            buffer,
            input_names=[port.name for port in graph.inputs],
            output_names=[port.name for port in graph.outputs],
            dynamic_axes=dynamic,
            opset_version=OPSET,
            dynamo=False,
            **options,
        )
    model = onnx.load_from_string(buffer.getvalue())
    missing = {port.name for port in graph.inputs} - {value.name for value in model.graph.input}
    if missing:
        raise RuntimeError(f"graph {graph.name} does not use its input(s) {sorted(missing)}, so the exporter dropped them")
    model.graph.name = graph.name
    for node in model.graph.node:
        node.ClearField("doc_string")
    return model


def compress(model: onnx.ModelProto, weight_format: WeightFormat) -> None:
    """Store big matrices smaller, in place, and turn them back into float32 inside the graph.

    float16: `Cast`. int8: symmetric, one float32 scale per output channel, `Cast` and `Mul`. Both are plain operators on constants,
    which ONNX Runtime folds into float32 tensors when it loads the graph: the files shrink, results do not depend on the runtime's
    quantised kernels, and nothing is slower. Values beyond float16's range keep a matrix in float32.
    """
    if weight_format == "float32":
        return
    axes = _output_axes(model)
    expansions = []
    for tensor in list(model.graph.initializer):
        axis = axes.get(tensor.name)
        if axis is None or tensor.data_type != TensorProto.FLOAT:
            continue
        values = numpy_helper.to_array(tensor)
        if values.ndim < 2 or values.size < COMPRESS_FROM:
            continue
        name = tensor.name
        if weight_format == "float16":
            if np.abs(values).max() > FLOAT16_MAX:
                continue
            stored = f"{name}.float16"
            _replace(model, tensor, [numpy_helper.from_array(values.astype(np.float16), stored)])
            expansions.append(helper.make_node("Cast", [stored], [name], name=f"{name}.expand", to=TensorProto.FLOAT))
        else:
            quantised, scale = quantise(values, axis)
            stored, wide, scales = f"{name}.int8", f"{name}.wide", f"{name}.scale"
            _replace(model, tensor, [numpy_helper.from_array(quantised, stored), numpy_helper.from_array(scale, scales)])
            expansions.append(helper.make_node("Cast", [stored], [wide], name=f"{name}.widen", to=TensorProto.FLOAT))
            expansions.append(helper.make_node("Mul", [wide, scales], [name], name=f"{name}.expand"))
    nodes = [*expansions, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)


def quantise(values: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Symmetric int8 with one scale per index of `axis`: values = int8 * scale, at most half a scale off.

    Returns int8 of the same shape, and float32 scales that broadcast against it. A channel of zeros has scale 1.
    """
    others = tuple(index for index in range(values.ndim) if index != axis)
    largest = np.abs(values).max(axis=others, keepdims=True)
    scale = np.where(largest > 0, largest / 127, 1).astype(np.float32)
    return np.clip(np.rint(values / scale), -127, 127).astype(np.int8), scale


def write(model: onnx.ModelProto, path: Path) -> Path | None:
    """Write the graph to `path` and its big tensors to the same name with `.bin`; returns that second path, if there is one."""
    with WeightFiles(path) as files:
        for tensor in model.graph.initializer:
            data = tensor.raw_data
            if len(data) >= EXTERNAL_FROM:
                files.store(tensor, len(data), [data])
    path.write_bytes(model.SerializeToString(deterministic=True))
    return files.written[0]["path"] if files.written else None


def open_session(path: Path, threads: int = 1) -> onnxruntime.InferenceSession:
    """A CPU session on a written graph."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


@torch.no_grad()
def difference(graph: Graph, session: onnxruntime.InferenceSession) -> Difference:
    """Run module and session on the same inputs, at the traced sizes and at others."""
    absolute = relative = 0.0
    for seed, sizes in enumerate(graph.sizes, start=1):
        expected, actual = _both(graph, session, sizes, seed)
        for want, have in zip(expected, actual, strict=True):
            if want.shape != have.shape:
                raise RuntimeError(f"graph {graph.name}: the module gives {list(want.shape)}, the graph {list(have.shape)} at {dict(sizes)}")
            if want.size == 0:
                continue
            error = float(np.abs(want - have).max())
            absolute = max(absolute, error)
            relative = max(relative, error / max(float(np.abs(want).max()), 1e-12))
    return Difference(absolute, relative)


def _both(
    graph: Graph, session: onnxruntime.InferenceSession, sizes: Sizes, seed: int
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    inputs = graph.example(sizes, seed)
    outputs = graph.module(*inputs)
    expected = [output.numpy() for output in (outputs if isinstance(outputs, tuple) else (outputs,))]
    feeds = {port.name: tensor.numpy() for port, tensor in zip(graph.inputs, inputs, strict=True)}
    return expected, list(session.run([port.name for port in graph.outputs], feeds))


def _output_axes(model: onnx.ModelProto) -> dict[str, int]:
    """Which axis of each weight is its output channel; only weights of matrix products, convolutions and tables."""
    axes: dict[str, int] = {}
    ranks = {tensor.name: len(tensor.dims) for tensor in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == "MatMul" and node.input[1] in ranks:
            axes[node.input[1]] = ranks[node.input[1]] - 1
        elif node.op_type == "Gemm" and node.input[1] in ranks:
            transposed = any(attribute.name == "transB" and attribute.i for attribute in node.attribute)
            axes[node.input[1]] = 0 if transposed else 1
        elif node.op_type == "Conv" and node.input[1] in ranks or node.op_type == "Gather" and node.input[0] in ranks:
            axes[node.input[1 if node.op_type == "Conv" else 0]] = 0
    return axes


def _replace(model: onnx.ModelProto, old: TensorProto, new: list[TensorProto]) -> None:
    """Put `new` where `old` stands among the initialisers."""
    tensors = []
    for tensor in model.graph.initializer:
        tensors += new if tensor.name == old.name else [tensor]
    copies = [TensorProto.FromString(tensor.SerializeToString()) for tensor in tensors]
    del model.graph.initializer[:]
    model.graph.initializer.extend(copies)
