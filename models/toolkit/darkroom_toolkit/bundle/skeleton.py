"""Trace a module without its weights: the graph of a model of any size, in the memory of its activations.

Every parameter is a view of a single zero, so a module of twelve billion parameters takes some megabytes. The exporter copies the
parameters that it meets, so while it runs linears and embedding tables, nearly all of a model, show it one value instead of a matrix,
and are not computed. What comes out names each weight where the graph uses it; `precision.py` then reads the weights one after
another and writes them beside the graph.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import onnx
import torch
from torch import Tensor, nn
from torch.onnx import symbolic_helper

from .graphs import Graph
from .onnx_file import export_module

Module = TypeVar("Module", bound=nn.Module)

#: Nodes of this domain stand for a matrix product with a weight, `Product(rows, weight)`, and a look-up, `Table(weight, ids)`.
DOMAIN = "darkroom"
PRODUCT, TABLE = "Product", "Table"


@dataclass(frozen=True)
class Skeleton:
    """A graph whose weights are still to come: they are inputs of `model`, under the names of `parameters`."""

    model: onnx.ModelProto
    parameters: dict[str, nn.Parameter]


def weightless(module: Module) -> Module:
    """Replace every parameter, in place, by one of the same shape that takes no memory and is zero everywhere."""
    for child in module.modules():
        for name, parameter in child.named_parameters(recurse=False):
            setattr(child, name, nn.Parameter(torch.zeros(()).expand(parameter.shape), requires_grad=False))
    return module


def trace_skeleton(graph: Graph) -> Skeleton:
    """The graph of a module that `weightless` has emptied. Weights that the graph does not use are not in it."""
    named = dict(graph.module.named_parameters())
    with _without_matrices(graph.module):
        # Parameters stay inputs, and constants stay as they are: folding them would read the weights that are not there.
        model = export_module(graph, export_params=False, keep_initializers_as_inputs=True, do_constant_folding=False)
    ports = {port.name for port in graph.inputs}
    used = [value.name for value in model.graph.input if value.name not in ports]
    return Skeleton(model, {name: named[name] for name in used})


@contextmanager
def _without_matrices(module: nn.Module) -> Iterator[None]:
    """While this lasts, the linears and tables of `module` hold one value and are traced as nodes of `DOMAIN`."""
    weights = [(child, child.weight) for child in module.modules() if isinstance(child, (nn.Linear, nn.Embedding))]
    for child, _ in weights:
        child.weight = nn.Parameter(torch.zeros(1), requires_grad=False)
        child.forward = _linear(child) if isinstance(child, nn.Linear) else _embedding(child)  # type: ignore[method-assign]
    try:
        yield
    finally:
        for child, weight in weights:
            child.weight = weight
            del child.forward  # the method of the class shows again


def _linear(linear: nn.Linear) -> Any:
    def forward(x: Tensor) -> Tensor:
        product = _Product.apply(x, linear.weight, linear.out_features)
        return product if linear.bias is None else product + linear.bias

    return forward


def _embedding(embedding: nn.Embedding) -> Any:
    return lambda ids: _Table.apply(ids, embedding.weight, embedding.embedding_dim)


class _Product(torch.autograd.Function):
    """x [..., K] times the transpose of a weight [N, K]."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, count: int) -> Tensor:
        return x.new_zeros(*x.shape[:-1], count)

    @staticmethod
    def symbolic(g: Any, x: Any, weight: Any, count: int) -> Any:
        node = g.op(f"{DOMAIN}::{PRODUCT}", x, weight)
        sizes = symbolic_helper._get_tensor_sizes(x)  # free sizes are none
        return node if sizes is None else node.setType(x.type().with_sizes([*sizes[:-1], count]))


class _Table(torch.autograd.Function):
    """Rows of a weight [N, width] by their ids."""

    @staticmethod
    def forward(ctx: Any, ids: Tensor, weight: Tensor, width: int) -> Tensor:
        return weight.new_zeros(*ids.shape, width)

    @staticmethod
    def symbolic(g: Any, ids: Any, weight: Any, width: int) -> Any:
        node = g.op(f"{DOMAIN}::{TABLE}", weight, ids)
        sizes = symbolic_helper._get_tensor_sizes(ids)
        return node if sizes is None else node.setType(weight.type().with_sizes([*sizes, width]))
