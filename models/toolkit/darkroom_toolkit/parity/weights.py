"""Random weights and inputs; the same call gives the same numbers."""

from __future__ import annotations

from typing import TypeVar

import torch
from torch import Tensor, nn

Module = TypeVar("Module", bound=nn.Module)


def randomised(module: Module) -> Module:
    """Every weight at random, in place, so that no path is silent: matrices with variance 1 / inputs, norm weights around 1, biases.

    Rows and scores keep a size of order 1 through any depth, so attention is neither flat nor a mere choice.
    """
    generator = torch.Generator().manual_seed(0)
    for name, parameter in module.named_parameters():
        if parameter.dim() > 1:
            inputs = 1 if "embed_tokens" in name or "prefill" in name else parameter[0].numel()
            nn.init.normal_(parameter, 0.0, inputs**-0.5, generator=generator)
        else:
            nn.init.normal_(parameter, 1.0 if name.endswith("weight") else 0.0, 0.2, generator=generator)
    return module.eval().requires_grad_(False)


def normal(*shape: int, dtype: torch.dtype, seed: int = 1) -> Tensor:
    """Standard normal numbers: in every precision those of float32."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)).to(dtype)
