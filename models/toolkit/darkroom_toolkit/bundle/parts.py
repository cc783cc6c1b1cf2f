"""The trained parts of one model, ready for export."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

import torch
from torch import Tensor, nn

from ..nexus import (
    AutoencoderKL,
    Denoiser,
    EmbeddingMerger,
    GenerationAdapter,
    LanguageModel,
    NexusConfig,
    PatchDecoder,
    TinyDecoder,
    VisionTower,
)

StateDict = Mapping[str, Tensor]
Part = TypeVar("Part", bound=nn.Module)

#: Names of the parts in a `state` mapping of `build_parts`. Those after the bar may be absent.
PART_NAMES = ("vision", "language", "adapter", "generation_denoiser", "vae", "|", "merger", "editing_denoiser")


class StandardisedVae(nn.Module):
    """An autoencoder whose latents have mean 0 and standard deviation 1 in every channel, so that the host's scale is 1 and shift 0.

    The statistics stay a multiplication and an addition in front of the decoder. Folding them into the weights of its first
    convolution would be exact only inside the picture: that convolution pads with zeros, and a zero of the standardised latents is
    not a zero of the trained ones, which would show along the border.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, vae: AutoencoderKL, mean: Tensor, std: Tensor) -> None:
        """`mean`, `std` [latent_channels]: statistics of `vae.encode` over training pictures.

        Raises `ValueError` for another length, or a standard deviation that is not positive.
        """
        super().__init__()
        channels = vae.config.latent_channels
        if mean.shape != (channels,) or std.shape != (channels,):
            raise ValueError(f"mean and std must have one value for each of {channels} channels, got {list(mean.shape)}, {list(std.shape)}")
        if not bool((std > 0).all()):
            raise ValueError(f"every standard deviation must be positive, got {std.tolist()}")
        self.vae = vae
        self.config = replace(vae.config, scaling=1.0, shift=0.0)
        self.register_buffer("mean", mean.detach().float().reshape(1, -1, 1, 1))
        self.register_buffer("std", std.detach().float().reshape(1, -1, 1, 1))

    def encode(self, pixels: Tensor) -> Tensor:
        """[B, 3, H, W] in [-1, 1] -> standardised latents [B, C, H/f, W/f]."""
        return (self.vae.encode(pixels) - self.mean) / self.std

    def decode(self, latents: Tensor) -> Tensor:
        """Standardised latents -> picture, about [-1, 1]."""
        return self.vae.decode(latents * self.std + self.mean)


Autoencoder = AutoencoderKL | StandardisedVae


@dataclass
class NexusParts:
    """Modules and constants of one model.

    pooled            [pooled_dim], what takes the place of CLIP's vector of the empty prompt
    negative_context  [L, context_dim] and `negative_pooled` [pooled_dim]: the negative branch of true classifier-free
                      guidance, both or neither
    editing_denoiser  the very object `generation_denoiser` where both decoders share one set of weights; the bundle then holds
                      its graphs once
    preview           a decoder for previews, from latents in the denoiser's scale to a picture in [0, 1]
    """

    config: NexusConfig
    vision: VisionTower
    language: LanguageModel
    adapter: GenerationAdapter
    generation_denoiser: Denoiser
    vae: Autoencoder
    pooled: Tensor
    merger: EmbeddingMerger | None = None
    editing_denoiser: Denoiser | None = None
    preview: PatchDecoder | TinyDecoder | None = None
    negative_context: Tensor | None = None
    negative_pooled: Tensor | None = None
    export_vae_encoder: bool = False
    modules: list[nn.Module] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if (self.merger is None) != (self.editing_denoiser is None):
            raise ValueError("an editing decoder needs both a merger and an editing denoiser (which may be the generation one)")
        if (self.negative_context is None) != (self.negative_pooled is None):
            raise ValueError("true classifier-free guidance needs both negative_context and negative_pooled")
        _check_shape("pooled", self.pooled, (self.config.denoiser.pooled_dim,))
        if self.negative_context is not None and self.negative_pooled is not None:
            _check_shape("negative_context", self.negative_context, (-1, self.config.denoiser.context_dim))
            _check_shape("negative_pooled", self.negative_pooled, (self.config.denoiser.pooled_dim,))
        optional = (self.merger, self.editing_denoiser, self.preview)
        needed = (self.vision, self.language, self.adapter, self.generation_denoiser, self.vae)
        self.modules = [*needed, *(module for module in optional if module is not None)]
        for module in self.modules:
            module.requires_grad_(False).eval().float()


def build_parts(
    config: NexusConfig,
    state: Mapping[str, StateDict],
    *,
    latent_statistics: tuple[Tensor, Tensor] | None = None,
    pooled: Tensor | None = None,
    negative_context: Tensor | None = None,
    negative_pooled: Tensor | None = None,
    preview: PatchDecoder | TinyDecoder | None = None,
    export_vae_encoder: bool = False,
) -> NexusParts:
    """Modules from state dicts, one per name of `PART_NAMES`.

    Without `editing_denoiser` but with `merger`, both decoders share the generation denoiser. `latent_statistics` (mean, std per
    channel) wraps the autoencoder in `StandardisedVae`. `pooled` is zeros by default.

    Raises `ValueError` naming missing or unknown parts; `RuntimeError` from PyTorch when a state dict does not fit.
    """
    bar = PART_NAMES.index("|")
    needed, allowed = set(PART_NAMES[:bar]), {name for name in PART_NAMES if name != "|"}
    missing, unknown = sorted(needed - set(state)), sorted(set(state) - allowed)
    if missing or unknown:
        raise ValueError(f"parts missing: {missing or 'none'}, unknown: {unknown or 'none'}; known are {sorted(allowed)}")
    vae: Autoencoder = _loaded(AutoencoderKL(config.vae), state["vae"])
    if latent_statistics is not None:
        vae = StandardisedVae(vae, *latent_statistics)
    generation = _loaded(Denoiser(config.denoiser), state["generation_denoiser"])
    editing = _loaded(Denoiser(config.denoiser), state["editing_denoiser"]) if "editing_denoiser" in state else generation
    merger = _loaded(EmbeddingMerger(config.merger), state["merger"]) if "merger" in state else None
    return NexusParts(
        config=config,
        vision=_loaded(VisionTower(config.vision), state["vision"]),
        language=_loaded(LanguageModel(config.language), state["language"]),
        adapter=_loaded(GenerationAdapter(config.adapter), state["adapter"]),
        generation_denoiser=generation,
        vae=vae,
        pooled=torch.zeros(config.denoiser.pooled_dim) if pooled is None else pooled,
        merger=merger,
        editing_denoiser=None if merger is None else editing,
        preview=preview,
        negative_context=negative_context,
        negative_pooled=negative_pooled,
        export_vae_encoder=export_vae_encoder,
    )


def _loaded(module: Part, state: StateDict) -> Part:
    module.load_state_dict(dict(state))
    return module


def _check_shape(name: str, value: Tensor, wanted: tuple[int, ...]) -> None:
    if value.dim() != len(wanted) or any(want not in (-1, have) for want, have in zip(wanted, value.shape, strict=True)):
        raise ValueError(f"{name}: wanted shape {wanted} (-1 is free), got {tuple(value.shape)}")
