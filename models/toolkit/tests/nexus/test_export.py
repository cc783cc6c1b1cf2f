"""Every part traces to ONNX opset 17 with free sizes, and ONNX Runtime computes what the module does.

Traced at one set of sizes and compared at others: a size that tracing froze into the graph fails here.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import Tensor, nn

from darkroom_toolkit.nexus import (
    AutoencoderKL,
    Denoiser,
    EmbeddingMerger,
    GenerationAdapter,
    LanguageModel,
    NexusConfig,
    TinyDecoder,
    VisionTower,
)
from darkroom_toolkit.nexus.layers import attention
from darkroom_toolkit.nexus.rope import flux_tables, grid_context_ids, image_ids, merger_tables, mrope_tables, vision_tables
from darkroom_toolkit.nexus.tokens import attention_mask

Inputs = tuple[Tensor, ...]
Axes = dict[str, list[int]]
"""Names of the inputs in order, each with its free axes."""


def export(module: nn.Module, inputs: Inputs, axes: Axes) -> onnx.ModelProto:
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the TorchScript exporter announces its successor on every call
        torch.onnx.export(
            module.eval(),
            inputs,
            buffer,
            input_names=list(axes),
            dynamic_axes={name: {axis: f"{name}_{axis}" for axis in free} for name, free in axes.items()},
            opset_version=17,
            dynamo=False,
        )
    model = onnx.load_from_string(buffer.getvalue())
    onnx.checker.check_model(model)
    return model


def check(module: nn.Module, axes: Axes, examples: Sequence[Inputs]) -> onnx.ModelProto:
    """Traces with the first example and compares with the module on all of them."""
    model = export(module, examples[0], axes)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    for inputs in examples:
        with torch.no_grad():
            expected = module(*inputs)
        expected = expected if isinstance(expected, tuple) else (expected,)
        found = session.run(None, {name: tensor.numpy() for name, tensor in zip(axes, inputs, strict=True)})
        for wanted, got in zip(expected, found, strict=True):
            assert wanted.abs().max() > 1e-3, "an output of zeros proves nothing"
            np.testing.assert_allclose(got, wanted.numpy(), atol=1e-4, rtol=1e-4)
    return model


def randomised(module: nn.Module) -> nn.Module:
    generator = torch.Generator().manual_seed(0)
    for parameter in module.parameters():
        torch.nn.init.normal_(parameter, 0.1, 0.2, generator=generator)
    return module.eval()


def normal(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape)))


@pytest.mark.parametrize("frames", [1, 2])
def test_vision_tower(tiny: NexusConfig, frames: int) -> None:
    def example(batch: int, grids: list[tuple[int, int, int]]) -> Inputs:
        tables = vision_tables(grids, tiny.vision)
        patches = normal(batch, len(tables.cos), 3 * frames * 16)
        return (patches, tables.order, tables.inverse, tables.cos, tables.sin, tables.window_mask, tables.full_mask)

    axes: Axes = {
        "patches": [0, 1], "order": [0], "inverse": [0], "cos": [0], "sin": [0], "window_mask": [0, 1], "full_mask": [0, 1],
    }  # fmt: skip
    examples = [example(1, [(1, 6, 10)]), example(2, [(1, 4, 4)]), example(1, [(1, 6, 4), (1, 8, 8)])]
    check(randomised(VisionTower(tiny.vision)), axes, examples)


def test_language_model(tiny: NexusConfig) -> None:
    config = tiny.language

    def example(batch: int, rows: int, cached: int) -> Inputs:
        positions = torch.arange(cached, cached + rows).expand(3, batch, -1)
        cos, sin = mrope_tables(positions, config)
        past = normal(config.layers, batch, config.kv_heads, cached, config.head_dim)
        mask = attention_mask(rows, cached, tuple(range(batch)))
        return (normal(batch, rows, config.hidden), cos, sin, mask, past, past + 1)

    axes: Axes = {
        "embeds": [0, 1], "cos": [0, 1], "sin": [0, 1], "mask": [0, 2, 3], "past_keys": [1, 3], "past_values": [1, 3],
    }  # fmt: skip
    model = check(
        randomised(LanguageModel(config)), axes, [example(2, 3, 4), example(1, 5, 0), example(3, 1, 7), example(1, 10, 2)]
    )
    operators = {node.op_type for node in model.graph.node}
    assert not operators & {"Shape", "Loop", "If", "Expand", "Where"}, "sizes and masks belong to the host"


def test_heads_and_embeddings(tiny: NexusConfig) -> None:
    model = randomised(LanguageModel(tiny.language))
    check(model.lm_head, {"hidden": [0]}, [(normal(2, 36),), (normal(5, 36),)])
    check(model.vision_head, {"hidden": [0]}, [(normal(2, 36),), (normal(9, 36),)])
    check(model.model.embed_tokens, {"ids": [0, 1]}, [(torch.tensor([[1, 2]]),), (torch.tensor([[3], [49]]),)])


def test_generation_adapter(tiny: NexusConfig) -> None:
    adapter = randomised(GenerationAdapter(tiny.adapter))
    check(adapter, {"embeddings": [0, 1]}, [(normal(2, 9, 36),), (normal(1, 4, 36),)])


def test_editing_merger(tiny: NexusConfig) -> None:
    def example(batch: int, side: int) -> Inputs:
        cos, sin = merger_tables([(1, 6, 6), (1, side, side)], tiny.merger)
        return (normal(batch, len(cos), 36), cos, sin)

    axes: Axes = {"embeddings": [0, 1], "cos": [0], "sin": [0]}
    check(randomised(EmbeddingMerger(tiny.merger)), axes, [example(1, 12), example(2, 8)])


class Call(nn.Module):
    """A method of a part as a module of its own, as the bundle's graphs cut it."""

    def __init__(self, owner: nn.Module, call: Callable[..., Tensor]) -> None:
        super().__init__()
        self.owner = owner
        self.call = call

    def forward(self, *inputs: Tensor) -> Tensor:
        return self.call(*inputs)


def test_modulation_and_denoiser(tiny: NexusConfig) -> None:
    config = tiny.denoiser
    denoiser = randomised(Denoiser(config))
    modulation = Call(denoiser, lambda *inputs: denoiser.modulation(denoiser.conditioning(*inputs)))
    conditions = [
        (torch.tensor([1000.0, 8.9]), torch.tensor([3.5, 1.0]), normal(2, 10)),
        (torch.tensor([602.15]), torch.tensor([3.5]), normal(1, 10)),
    ]
    check(modulation, {"timestep": [0], "guidance": [0], "pooled": [0]}, conditions)

    def example(batch: int, rows: int, columns: int, side: int) -> Inputs:
        cos, sin = flux_tables(torch.cat((grid_context_ids(side, side, rows, columns), image_ids(rows, columns))), config)
        row = normal(batch, config.modulation_dim)
        return (normal(batch, rows * columns, 16), normal(batch, side * side, 28), row, cos, sin)

    axes: Axes = {"packed_latents": [0, 1], "context": [0, 1], "modulation": [0], "cos": [0], "sin": [0]}
    check(denoiser, axes, [example(2, 2, 3, 3), example(1, 4, 4, 2), example(3, 1, 5, 4)])


@pytest.mark.parametrize("norm_groups", [4, 0])
def test_autoencoder(tiny: NexusConfig, norm_groups: int) -> None:
    vae = randomised(AutoencoderKL(replace(tiny.vae, norm_groups=norm_groups)))
    check(Call(vae, vae.decode), {"latents": [0, 2, 3]}, [(normal(1, 4, 4, 6),), (normal(2, 4, 3, 2),)])
    check(Call(vae, vae.encode), {"pixels": [0, 2, 3]}, [(normal(1, 3, 16, 24),), (normal(2, 3, 8, 12),)])


def test_preview_decoder() -> None:
    decoder = randomised(TinyDecoder(4, 8, upsamplings=2))
    check(decoder, {"latents": [0, 2, 3]}, [(normal(1, 4, 4, 6),), (normal(2, 4, 3, 2),)])


def test_traced_attention_asks_for_its_mask() -> None:
    class Causal(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return attention(x, x, x, 4, causal=True)

    with pytest.raises(ValueError, match="takes its causal mask as an input"):
        export(Causal(), (normal(1, 2, 3, 4),), {"x": [2]})
