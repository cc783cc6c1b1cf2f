"""Starting weights for training from nothing."""

from __future__ import annotations

import torch
from torch import nn

from .denoiser import Denoiser, Modulation
from .language import LanguageModel
from .vae import ResnetBlock, SpatialAttention

# Linears whose output is added to a residual stream; they start smaller the deeper the stack.
_RESIDUAL_OUTPUTS = ("o_proj", "down_proj", "attn.proj")


@torch.no_grad()
def initialise(
    module: nn.Module,
    *,
    depth: int = 1,
    embedding_std: float = 0.3,
    prefill_std: float = 0.3,
    qk_norm: float = 1.0,
    generator: torch.Generator | None = None,
) -> nn.Module:
    """Fills the weights of any part in place and returns it.

    Linears are normal with std 1 / sqrt(inputs) (0.017 at the published width, 0.06 at 256) and zero bias; those that
    write to a residual stream are divided by sqrt(2 * depth). Norm weights are 1, the q/k norms of the denoiser
    `qk_norm` (1.7 lets attention become sharp on small grids). In the denoiser every modulation linear and the final
    projection start at 0 (adaLN-zero), so each block is the identity; in the VAE the last convolution of each residual
    branch starts at 0. Same generator state, same weights.
    """
    for name, child in module.named_modules():
        if isinstance(child, nn.Linear):
            std = child.in_features**-0.5
            if name.endswith(_RESIDUAL_OUTPUTS):
                std /= (2 * depth) ** 0.5
            child.weight.normal_(0.0, std, generator=generator)
            if child.bias is not None:
                child.bias.zero_()
        elif isinstance(child, (nn.Conv2d, nn.Conv3d)):
            fan_in = child.weight[0].numel()
            child.weight.normal_(0.0, fan_in**-0.5, generator=generator)
            if child.bias is not None:
                child.bias.zero_()
        elif isinstance(child, nn.Embedding):
            child.weight.normal_(0.0, embedding_std, generator=generator)
        elif isinstance(child, (nn.LayerNorm, nn.GroupNorm)) and child.weight is not None:
            child.weight.fill_(1.0)
            child.bias.zero_()
    for child in module.modules():
        if isinstance(child, LanguageModel):
            child.image_prefill_embeds.weight.normal_(0.0, prefill_std, generator=generator)
        elif isinstance(child, Denoiser):
            _zero(child.final_proj_out)
            for name, parameter in child.named_parameters():
                if ".norm_q_" in name or ".norm_k_" in name:
                    parameter.fill_(qk_norm)
        elif isinstance(child, Modulation):
            _zero(child.linear)
        elif isinstance(child, ResnetBlock):
            _zero(child.conv2)
        elif isinstance(child, SpatialAttention):
            _zero(child.to_out[0])
    return module


def _zero(layer: nn.Linear | nn.Conv2d) -> None:
    layer.weight.zero_()
    if layer.bias is not None:
        layer.bias.zero_()
