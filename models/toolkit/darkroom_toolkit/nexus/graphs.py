"""The cut of a model into ONNX graphs: one entry per graph, with its inputs, outputs and dynamic axes.

Names and shapes here are the contract between toolkit and engine; the manifest repeats them, call sites never do.
Symbolic sizes: batch, patches (N), units (U), rows (S), cached (T'), total (T = T' + S), context (L), tokens (packed
latents), sequence (L + tokens), height and width (latents).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from .adapter import GenerationAdapter
from .denoiser import Denoiser
from .language import LanguageModel
from .merger import EmbeddingMerger
from .vae import AutoencoderKL, TinyDecoder
from .vision import VisionTower

OPSET = 17

Shape = tuple[int | str, ...]


@dataclass(frozen=True)
class Port:
    """One input or output. Symbolic sizes are strings."""

    name: str
    shape: Shape
    dtype: torch.dtype = torch.float32


@dataclass(frozen=True)
class Graph:
    """A module whose positional arguments and results are exactly `inputs` and `outputs`."""

    name: str
    module: nn.Module
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]

    def export(self, path: Path, sizes: dict[str, int] | None = None) -> None:
        """Writes the graph with its weights inside to `path`, as float32 and opset 17.

        The trace runs once on zeros of small sizes (`sizes` overrides them); every symbolic size stays dynamic.
        """
        self.module.eval()
        ports = (*self.inputs, *self.outputs)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # the TorchScript exporter is chosen on purpose
            warnings.filterwarnings("ignore", "Constant folding - Only steps=1")  # a missed saving, not a fault
            torch.onnx.export(
                self.module,
                self.example(sizes),
                path,
                input_names=[port.name for port in self.inputs],
                output_names=[port.name for port in self.outputs],
                dynamic_axes={
                    port.name: {axis: size for axis, size in enumerate(port.shape) if isinstance(size, str)} for port in ports
                },
                opset_version=OPSET,
                dynamo=False,
                external_data=False,
            )

    def example(self, sizes: dict[str, int] | None = None) -> tuple[Tensor, ...]:
        """Inputs of zeros. Sizes must fit together: patches = units * merge_area, total = cached + rows, and so on."""
        wanted = _EXAMPLE_SIZES | (sizes or {})
        return tuple(
            torch.zeros([wanted[size] if isinstance(size, str) else size for size in port.shape], dtype=port.dtype)
            for port in self.inputs
        )


# Distinct on purpose: two axes that only happen to have one size would be told apart by no test. The exporter never
# looks at the values, and patches = 4 units is right for every published tower.
_EXAMPLE_SIZES = {
    "batch": 2,
    "units": 6,
    "patches": 24,
    "rows": 3,
    "cached": 4,
    "total": 7,
    "context": 5,
    "tokens": 8,
    "sequence": 13,
    "height": 4,
    "width": 6,
    "pixel_height": 64,
    "pixel_width": 96,
}


class _Call(nn.Module):
    """Wraps one method of a module, so that tracing sees it as `forward`."""

    def __init__(self, owner: nn.Module, call: Callable[..., Tensor]) -> None:
        super().__init__()
        self.owner = owner
        self.call = call

    def forward(self, *inputs: Tensor) -> Tensor:
        return self.call(*inputs)


def vision_graph(tower: VisionTower, fold_frames: bool = True) -> Graph:
    """`fold_frames` makes the graph take one frame per patch, [N, channels * patch^2]: half the work for still pictures."""
    config = tower.config
    project = tower.patch_embed.single_frame if fold_frames else tower.patch_embed.all_frames
    patch = config.patch_dim // config.temporal_patch_size if fold_frames else config.patch_dim

    def embed(patches: Tensor, *tables: Tensor) -> Tensor:
        return tower.encode(project(patches), *tables)

    return Graph(
        "vision",
        _Call(tower, embed),
        (
            Port("patches", ("batch", "patches", patch)),
            Port("order", ("units",), torch.int64),
            Port("inverse", ("units",), torch.int64),
            Port("cos", ("patches", config.head_dim)),
            Port("sin", ("patches", config.head_dim)),
            Port("window_mask", ("patches", "patches")),
            Port("full_mask", ("patches", "patches")),
        ),
        (Port("embeddings", ("batch", "units", config.out_hidden)),),
    )


def token_embedding_graph(model: LanguageModel) -> Graph:
    return Graph(
        "token_embedding",
        _Call(model.model.embed_tokens, model.token_rows),
        (Port("ids", ("batch", "rows"), torch.int64),),
        (Port("embeds", ("batch", "rows", model.config.hidden)),),
    )


def language_graph(model: LanguageModel) -> Graph:
    config = model.config
    cache = lambda size: (config.layers, "batch", config.kv_heads, size, config.head_dim)  # noqa: E731
    return Graph(
        "language",
        model,
        (
            Port("embeds", ("batch", "rows", config.hidden)),
            Port("cos", ("batch", "rows", config.head_dim)),
            Port("sin", ("batch", "rows", config.head_dim)),
            Port("mask", ("batch", 1, "rows", "total")),
            Port("past_keys", cache("cached")),
            Port("past_values", cache("cached")),
        ),
        (
            Port("hidden", ("batch", "rows", config.hidden)),
            Port("new_keys", cache("rows")),
            Port("new_values", cache("rows")),
        ),
    )


def token_head_graph(model: LanguageModel) -> Graph:
    """`rows` are the selected output rows of any sequences: only those whose token is wanted."""
    config = model.config
    return Graph(
        "token_head",
        model.lm_head,
        (Port("hidden", ("rows", config.hidden)),),
        (Port("logits", ("rows", config.vocab)),),
    )


def vision_head_graph(model: LanguageModel) -> Graph:
    config = model.config
    return Graph(
        "vision_head",
        model.vision_head,
        (Port("hidden", ("rows", config.hidden)),),
        (Port("embeddings", ("rows", config.embedding)),),
    )


def adapter_graph(adapter: GenerationAdapter) -> Graph:
    return Graph(
        "adapter",
        adapter,
        (Port("embeddings", ("batch", "context", adapter[0].in_features)),),
        (Port("context", ("batch", "context", adapter[0].out_features)),),
    )


def merger_graph(merger: EmbeddingMerger) -> Graph:
    config = merger.config
    return Graph(
        "merger",
        merger,
        (
            Port("embeddings", ("batch", "context", config.embedding)),
            Port("cos", ("context", config.head_dim)),
            Port("sin", ("context", config.head_dim)),
        ),
        (Port("context", ("batch", "context", config.context_dim)),),
    )


def modulation_graph(denoiser: Denoiser, name: str = "modulation") -> Graph:
    """Run once per schedule: one batch entry per step."""
    config = denoiser.config

    def modulation(timestep: Tensor, guidance: Tensor, pooled: Tensor) -> Tensor:
        return denoiser.modulation(denoiser.conditioning(timestep, guidance, pooled))

    return Graph(
        name,
        _Call(denoiser, modulation),
        (
            Port("timestep", ("batch",)),
            Port("guidance", ("batch",)),
            Port("pooled", ("batch", config.pooled_dim)),
        ),
        (Port("modulation", ("batch", config.modulation_dim)),),
    )


def denoiser_graph(denoiser: Denoiser, name: str = "denoiser") -> Graph:
    config = denoiser.config
    return Graph(
        name,
        denoiser,
        (
            Port("packed_latents", ("batch", "tokens", config.in_channels)),
            Port("context", ("batch", "context", config.context_dim)),
            Port("modulation", ("batch", config.modulation_dim)),
            Port("cos", ("sequence", config.head_dim // 2)),
            Port("sin", ("sequence", config.head_dim // 2)),
        ),
        (Port("velocity", ("batch", "tokens", config.in_channels)),),
    )


def vae_decoder_graph(vae: AutoencoderKL) -> Graph:
    """Takes encoder-scale latents: the host applies latents / scaling + shift from the manifest."""
    config = vae.config
    return Graph(
        "vae_decoder",
        vae.decoder,
        (Port("latents", ("batch", config.latent_channels, "height", "width")),),
        (Port("pixels", ("batch", config.in_channels, "pixel_height", "pixel_width")),),
    )


def vae_encoder_graph(vae: AutoencoderKL) -> Graph:
    """Gives the mean at encoder scale: the host applies (latents - shift) * scaling."""
    config = vae.config
    return Graph(
        "vae_encoder",
        _Call(vae.encoder, vae.encode),
        (Port("pixels", ("batch", config.in_channels, "pixel_height", "pixel_width")),),
        (Port("latents", ("batch", config.latent_channels, "height", "width")),),
    )


def preview_decoder_graph(decoder: TinyDecoder) -> Graph:
    """Takes denoiser-scale latents, gives about [0, 1]."""
    return Graph(
        "preview_decoder",
        decoder,
        (Port("latents", ("batch", decoder[1].in_channels, "height", "width")),),
        (Port("pixels", ("batch", 3, "pixel_height", "pixel_width")),),
    )


def language_graphs(model: LanguageModel) -> Sequence[Graph]:
    """The four graphs of the autoregressive side; `image_prefill_embeds` is a constant of the bundle, not a graph."""
    return token_embedding_graph(model), language_graph(model), token_head_graph(model), vision_head_graph(model)
