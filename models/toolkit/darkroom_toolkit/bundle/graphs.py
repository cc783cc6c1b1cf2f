"""The graphs of a bundle: which module each one traces, its ports, and inputs to trace and check it with.

Names of inputs and outputs are those of `src/inference/bundle/graphs.ts`, the engine's table; a test holds both equal. The cuts
follow one rule: whatever is plain arithmetic on positions, or depends on a choice of the engine, stays outside.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..nexus import Denoiser, EmbeddingMerger, GenerationAdapter, LanguageModel, PatchDecoder, TinyDecoder, VisionTower
from ..nexus.layers import MASKED
from .parts import Autoencoder, NexusParts

Shape = tuple[int | str, ...]
Sizes = Mapping[str, int]


@dataclass(frozen=True)
class Port:
    """One input or output. A number in `shape` is fixed, a name is free."""

    name: str
    shape: Shape
    dtype: str = "float32"

    def sized(self, sizes: Sizes) -> tuple[int, ...]:
        """The shape with every name replaced by its size."""
        return tuple(size if isinstance(size, int) else sizes[size] for size in self.shape)


@dataclass(frozen=True)
class Graph:
    """One ONNX graph to be.

    `values` makes the inputs that are not simply normal noise; `sizes` are two choices of the free dimensions, the first to
    trace with and the second to check with, so that a dimension frozen by tracing shows.
    """

    name: str
    module: nn.Module
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    sizes: tuple[Sizes, Sizes]
    values: Mapping[str, Callable[[tuple[int, ...]], Tensor]]

    def example(self, sizes: Sizes, seed: int) -> tuple[Tensor, ...]:
        """Inputs of the given sizes, in the order of `inputs`; the same seed gives the same values."""
        generator = torch.Generator().manual_seed(seed)
        tensors = []
        for port in self.inputs:
            shape = port.sized(sizes)
            make = self.values.get(port.name)
            tensors.append(torch.randn(shape, generator=generator) if make is None else make(shape))
        return tuple(tensors)


def graphs_of(parts: NexusParts) -> list[Graph]:
    """Every graph of a model. Decoders that share weights share the graphs."""
    graphs = [
        vision_graph(parts.vision),
        embed_graph(parts.language),
        language_graph(parts.language),
        head_graph("languageHead", parts.language.lm_head, "logits"),
        head_graph("visionHead", parts.language.vision_head, "embeddings"),
        adapter_graph(parts.adapter),
        modulation_graph("generationModulation", parts.generation_denoiser),
        denoiser_graph("generationDenoiser", parts.generation_denoiser),
    ]
    if parts.merger is not None:
        graphs.append(merger_graph(parts.merger))
        if parts.editing_denoiser is not parts.generation_denoiser:
            assert parts.editing_denoiser is not None
            graphs.append(modulation_graph("editingModulation", parts.editing_denoiser))
            graphs.append(denoiser_graph("editingDenoiser", parts.editing_denoiser))
    graphs.append(vae_decoder_graph(parts.vae))
    if parts.export_vae_encoder:
        graphs.append(vae_encoder_graph(parts.vae))
    if parts.preview is not None:
        graphs.append(preview_decoder_graph(parts.preview, parts.vae.config.latent_channels))
    return graphs


def vision_graph(tower: VisionTower) -> Graph:
    config = tower.config
    masks = {"window_mask": _causal, "full_mask": _causal}  # any mask shows that masks are used
    return Graph(
        name="vision",
        module=_Vision(tower),
        inputs=(
            Port("patches", ("patches", config.patch_dim)),
            Port("cos", ("patches", config.head_dim)),
            Port("sin", ("patches", config.head_dim)),
            Port("unit_order", ("units",), "int64"),
            Port("unit_inverse", ("units",), "int64"),
            Port("window_mask", (1, "patches", "patches")),
            Port("full_mask", (1, "patches", "patches")),
        ),
        outputs=(Port("embeddings", ("units", config.out_hidden)),),
        sizes=tuple({"units": units, "patches": units * config.merge_area} for units in (6, 9)),  # type: ignore[arg-type]
        values={"unit_order": _rotated(2), "unit_inverse": _rotated(-2), **masks},
    )


def embed_graph(language: LanguageModel) -> Graph:
    config = language.config
    return Graph(
        name="embed",
        module=language.model.embed_tokens,
        inputs=(Port("ids", ("count",), "int64"),),
        outputs=(Port("rows", ("count", config.hidden)),),
        sizes=({"count": 3}, {"count": 5}),
        values={"ids": lambda shape: torch.arange(shape[0]) * (config.vocab // shape[0])},
    )


def language_graph(language: LanguageModel) -> Graph:
    config = language.config
    past = (config.layers, "batch", config.kv_heads, "past", config.head_dim)
    new = (config.layers, "batch", config.kv_heads, "rows", config.head_dim)
    return Graph(
        name="language",
        module=_Language(language),
        inputs=(
            Port("rows", ("batch", "rows", config.hidden)),
            Port("cos", ("batch", "rows", config.head_dim)),
            Port("sin", ("batch", "rows", config.head_dim)),
            Port("mask", ("batch", 1, "rows", "total")),
            Port("past_keys", past),
            Port("past_values", past),
        ),
        outputs=(Port("hidden", ("batch", "rows", config.hidden)), Port("new_keys", new), Port("new_values", new)),
        sizes=({"batch": 2, "rows": 3, "past": 4, "total": 7}, {"batch": 1, "rows": 5, "past": 0, "total": 5}),
        values={"mask": _causal},
    )


def head_graph(name: str, head: nn.Linear, output: str) -> Graph:
    return Graph(
        name=name,
        module=head,
        inputs=(Port("hidden", ("count", head.in_features)),),
        outputs=(Port(output, ("count", head.out_features)),),
        sizes=({"count": 2}, {"count": 5}),
        values={},
    )


def adapter_graph(adapter: GenerationAdapter) -> Graph:
    first, last = adapter[0], adapter[3]
    assert isinstance(first, nn.Linear) and isinstance(last, nn.Linear)
    return Graph(
        name="adapter",
        module=adapter,
        inputs=(Port("embeddings", ("batch", "context_rows", first.in_features)),),
        outputs=(Port("context", ("batch", "context_rows", last.out_features)),),
        sizes=({"batch": 2, "context_rows": 3}, {"batch": 1, "context_rows": 7}),
        values={},
    )


def merger_graph(merger: EmbeddingMerger) -> Graph:
    config = merger.config
    return Graph(
        name="merger",
        module=merger,
        inputs=(
            Port("embeddings", ("batch", "context_rows", config.embedding)),
            Port("cos", ("context_rows", config.head_dim)),
            Port("sin", ("context_rows", config.head_dim)),
        ),
        outputs=(Port("context", ("batch", "context_rows", config.context_dim)),),
        sizes=({"batch": 2, "context_rows": 3}, {"batch": 1, "context_rows": 7}),
        values={},
    )


def modulation_graph(name: str, denoiser: Denoiser) -> Graph:
    config = denoiser.config
    return Graph(
        name=name,
        module=_Modulation(denoiser),
        inputs=(
            Port("timestep", ("batch",)),
            Port("guidance", ("batch",)),
            Port("pooled", ("batch", config.pooled_dim)),
        ),
        outputs=(Port("modulation", ("batch", config.modulation_dim)),),
        sizes=({"batch": 2}, {"batch": 3}),
        values={
            "timestep": lambda shape: torch.linspace(1000.0, 8.9, shape[0]),
            "guidance": lambda shape: torch.linspace(1.0, 5.0, shape[0]),
        },
    )


def denoiser_graph(name: str, denoiser: Denoiser) -> Graph:
    config = denoiser.config
    return Graph(
        name=name,
        module=denoiser,
        inputs=(
            Port("latents", ("batch", "latent_tokens", config.in_channels)),
            Port("context", ("batch", "context_rows", config.context_dim)),
            Port("modulation", ("batch", config.modulation_dim)),
            Port("cos", ("sequence", config.head_dim // 2)),
            Port("sin", ("sequence", config.head_dim // 2)),
        ),
        outputs=(Port("velocity", ("batch", "latent_tokens", config.in_channels)),),
        sizes=(
            {"batch": 2, "latent_tokens": 4, "context_rows": 3, "sequence": 7},
            {"batch": 1, "latent_tokens": 9, "context_rows": 5, "sequence": 14},
        ),
        values={},
    )


def vae_decoder_graph(vae: Autoencoder) -> Graph:
    config = vae.config
    return Graph(
        name="vaeDecoder",
        module=_VaeDecoder(vae),
        inputs=(Port("latents", ("batch", config.latent_channels, "latent_height", "latent_width")),),
        outputs=(Port("pixels", ("batch", 3, "height", "width")),),
        sizes=({"batch": 1, "latent_height": 4, "latent_width": 6}, {"batch": 2, "latent_height": 6, "latent_width": 2}),
        values={},
    )


def vae_encoder_graph(vae: Autoencoder) -> Graph:
    config = vae.config
    side = config.factor
    return Graph(
        name="vaeEncoder",
        module=_VaeEncoder(vae),
        inputs=(Port("pixels", ("batch", 3, "height", "width")),),
        outputs=(Port("latents", ("batch", config.latent_channels, "latent_height", "latent_width")),),
        sizes=({"batch": 1, "height": 4 * side, "width": 6 * side}, {"batch": 2, "height": 6 * side, "width": 2 * side}),
        values={},
    )


def preview_decoder_graph(decoder: PatchDecoder | TinyDecoder, latent_channels: int) -> Graph:
    return Graph(
        name="previewDecoder",
        module=_PreviewDecoder(decoder),
        inputs=(Port("latents", ("batch", latent_channels, "latent_height", "latent_width")),),
        outputs=(Port("pixels", ("batch", 3, "height", "width")),),
        sizes=({"batch": 1, "latent_height": 4, "latent_width": 6}, {"batch": 2, "latent_height": 6, "latent_width": 2}),
        values={},
    )


# Modules whose forward differs from the graph's ports


class _Vision(nn.Module):
    """The tower without its batch axis, inputs in the order of the ports."""

    def __init__(self, tower: VisionTower) -> None:
        super().__init__()
        self.tower = tower

    def forward(
        self,
        patches: Tensor,
        cos: Tensor,
        sin: Tensor,
        unit_order: Tensor,
        unit_inverse: Tensor,
        window_mask: Tensor,
        full_mask: Tensor,
    ) -> Tensor:
        return self.tower(patches.unsqueeze(0), unit_order, unit_inverse, cos, sin, window_mask, full_mask).squeeze(0)


class _Language(nn.Module):
    """The decoder alone, so that the heads and the embedding table are not traced along."""

    def __init__(self, language: LanguageModel) -> None:
        super().__init__()
        self.language = language

    def forward(
        self, rows: Tensor, cos: Tensor, sin: Tensor, mask: Tensor, past_keys: Tensor, past_values: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        return self.language(rows, cos, sin, mask, past_keys, past_values)


class _Modulation(nn.Module):
    """Time, guidance and pooled vector to one modulation row."""

    def __init__(self, denoiser: Denoiser) -> None:
        super().__init__()
        self.denoiser = denoiser

    def forward(self, timestep: Tensor, guidance: Tensor, pooled: Tensor) -> Tensor:
        row = self.denoiser.modulation(self.denoiser.conditioning(timestep, guidance, pooled))
        # A denoiser without guidance embedder still takes the port, so that the engine need not know: 0 x guidance keeps it.
        return row if self.denoiser.guidance_embedder is not None else row + 0.0 * guidance.unsqueeze(-1)


class _VaeDecoder(nn.Module):
    def __init__(self, vae: Autoencoder) -> None:
        super().__init__()
        self.vae = vae

    def forward(self, latents: Tensor) -> Tensor:
        return self.vae.decode(latents)


class _VaeEncoder(nn.Module):
    def __init__(self, vae: Autoencoder) -> None:
        super().__init__()
        self.vae = vae

    def forward(self, pixels: Tensor) -> Tensor:
        return self.vae.encode(pixels)


class _PreviewDecoder(nn.Module):
    """The preview decoder's [0, 1] brought to the range of the VAE, [-1, 1]."""

    def __init__(self, decoder: PatchDecoder | TinyDecoder) -> None:
        super().__init__()
        self.decoder = decoder

    def forward(self, latents: Tensor) -> Tensor:
        return 2 * self.decoder(latents) - 1


# Inputs that must make sense


def _rotated(places: int) -> Callable[[tuple[int, ...]], Tensor]:
    """A permutation and, with the opposite sign, its inverse."""
    return lambda shape: torch.arange(shape[0]).roll(places)


def _causal(shape: tuple[int, ...]) -> Tensor:
    """Additive mask [..., S, T]: row i sees the first T - S columns and i + 1 more."""
    rows, columns = shape[-2:]
    return torch.full(shape, MASKED).triu(columns - rows + 1)
