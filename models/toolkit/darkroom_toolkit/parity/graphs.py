"""The ONNX graphs of a written bundle against the modules they were traced from: the tiny bundle, float32, ONNX Runtime on the CPU.

Its weights are float16 numbers, so that the files hold them exactly. The bundle is written anew: on another processor a weight that
lies halfway between two such numbers may be rounded to the other, and the committed bundle is that of one machine. Each graph runs at
the sizes it was traced with and at others.
"""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

import torch

from ..bundle.graphs import Graph, graphs_of
from ..bundle.onnx_file import open_session
from ..fixtures.tiny import write_tiny_bundle
from .piece import Errors, Piece, relative

TITLE = "ONNX graphs"
SEEDS = 3
TOLERANCE = 1e-5


def graph_pieces() -> list[Piece]:
    """One piece for each graph of the tiny bundle."""
    return [
        Piece(TITLE, f"`{graph.name}`", "torch, its module", "float32", "relative", TOLERANCE, functools.partial(_errors, graph))
        for graph in _written()[1]
    ]


@torch.no_grad()
def _errors(graph: Graph) -> Errors:
    session = open_session(Path(_written()[0].name) / "graphs" / f"{graph.name}.onnx")
    for sizes in graph.sizes:
        for seed in range(SEEDS):
            inputs = graph.example(sizes, seed)
            outputs = graph.module(*inputs)
            wanted = outputs if isinstance(outputs, tuple) else (outputs,)
            feeds = {port.name: tensor.numpy() for port, tensor in zip(graph.inputs, inputs, strict=True)}
            found = session.run([port.name for port in graph.outputs], feeds)
            yield max(relative(have, want) for have, want in zip(found, wanted, strict=True))


@functools.cache
def _written() -> tuple[tempfile.TemporaryDirectory[str], tuple[Graph, ...]]:
    """The bundle's folder, which lasts as long as the process, and its graphs with their modules."""
    folder = tempfile.TemporaryDirectory()
    tiny, _ = write_tiny_bundle(Path(folder.name))
    return folder, tuple(graphs_of(tiny.parts))
