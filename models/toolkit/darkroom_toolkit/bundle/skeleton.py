"""Trace a module without its weights: the graph of a model of any size, in the memory of its activations.

Every parameter is a view of a single zero, so a module of twelve billion parameters takes some megabytes, and matrix products,
nearly all of the work, are left out while tracing. What comes out names each weight where the graph uses it; `precision.py` then
reads the weights one after another and writes them beside the graph.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import onnx
import torch
from torch import Tensor, nn

from .graphs import Graph
from .onnx_file import export_module

Module = TypeVar("Module", bound=nn.Module)


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
    with _without_products(graph.module):
        # Parameters stay inputs, and constants stay as they are: folding them would read the weights that are not there.
        model = export_module(graph, export_params=False, keep_initializers_as_inputs=True, do_constant_folding=False)
    ports = {port.name for port in graph.inputs}
    named = dict(graph.module.named_parameters())
    used = [value.name for value in model.graph.input if value.name not in ports]
    return Skeleton(model, {name: named[name] for name in used})


@contextmanager
def _without_products(module: nn.Module) -> Iterator[None]:
    """While this lasts, every linear of `module` is traced as a product but not computed."""
    linears = [child for child in module.modules() if isinstance(child, nn.Linear)]
    for linear in linears:
        linear.forward = _traced_forward(linear)  # type: ignore[method-assign]
    try:
        yield
    finally:
        for linear in linears:
            del linear.forward  # the method of the class shows again


def _traced_forward(linear: nn.Linear) -> Any:
    def forward(x: Tensor) -> Tensor:
        product = _Product.apply(x, linear.weight)
        return product if linear.bias is None else product + linear.bias

    return forward


class _Product(torch.autograd.Function):
    """x [..., K] times the transpose of weight [N, K]."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor) -> Tensor:
        return x.new_zeros(*x.shape[:-1], weight.shape[0])

    @staticmethod
    def symbolic(g: Any, x: Any, weight: Any) -> Any:
        return g.op("MatMul", x, g.op("Transpose", weight, perm_i=[1, 0]))
