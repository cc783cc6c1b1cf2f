"""The ONNX graphs of a written bundle against the modules they were traced from: the tiny bundle, float32, ONNX Runtime on the CPU.

Its weights are float16 numbers, so that the files hold them exactly. Each graph runs at the sizes it was traced with and at others.
"""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

import torch

from ..bundle.graphs import Graph, graphs_of
from ..bundle.onnx_file import open_session
from ..fixtures.tiny import build_tiny
from .piece import Errors, Piece, relative

REPOSITORY = Path(__file__).resolve().parents[4]
BUNDLE = REPOSITORY / "test" / "fixtures" / "tiny-bundle"
TITLE = "ONNX graphs"
SEEDS = 3
TOLERANCE = 1e-5


def graph_pieces() -> list[Piece]:
    """One piece for each graph of the tiny bundle."""
    return [
        Piece(TITLE, f"`{graph.name}`", "torch, its module", "float32", "relative", TOLERANCE, functools.partial(_errors, graph))
        for graph in _graphs()
    ]


@torch.no_grad()
def _errors(graph: Graph) -> Errors:
    session = open_session(BUNDLE / "graphs" / f"{graph.name}.onnx")
    for sizes in graph.sizes:
        for seed in range(SEEDS):
            inputs = graph.example(sizes, seed)
            outputs = graph.module(*inputs)
            wanted = outputs if isinstance(outputs, tuple) else (outputs,)
            feeds = {port.name: tensor.numpy() for port, tensor in zip(graph.inputs, inputs, strict=True)}
            found = session.run([port.name for port in graph.outputs], feeds)
            yield max(relative(have, want) for have, want in zip(found, wanted, strict=True))


@functools.cache
def _graphs() -> tuple[Graph, ...]:
    with tempfile.TemporaryDirectory() as folder:
        return tuple(graphs_of(build_tiny(Path(folder)).parts))
