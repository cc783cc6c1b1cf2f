"""Checkpoints in the published layout at a hundredth of the width, with random weights.

File names, tensor names, ratios of the shapes, number formats, sharding and the order of the keys are those of the published files
(nexus-gen.md, appendix A); only the numbers are meaningless. Whatever converts these converts the real ones, as far as that can be
told without them.

    python -m darkroom_toolkit.convert.synthetic FOLDER
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from ..bundle.parts import NexusParts, build_parts
from ..bundle.tokenizer import train_tokenizer
from ..nexus import AdapterConfig, DenoiserConfig, LanguageConfig, MergerConfig, NexusConfig, VaeConfig, VisionConfig
from .files import Shape
from .published import (
    CLIP_FOLDER,
    CONFIG_FILE,
    EDITING_FILE,
    GENERATION_FILE,
    LANGUAGE_FILE,
    T5_FOLDER,
    Published,
    expected_tensors,
    published_meta,
)
from .text_encoders import ClipConfig, T5Config, clip_pooled, t5_rows

SEED = 81
SHARDS = 4
#: Tokens of the trained tokenizer at most; the table is padded beyond it, as the published one is (151,665 in 152,064 rows).
TOKENS = 400
VOCAB = 512


def reduced_config() -> NexusConfig:
    """The published model about 32 times narrower and 7 to 10 times shallower, its ratios kept: seven query heads to a key head,
    gated MLPs of 5.3 widths, context 8/7 of the embeddings, every other stage of the tower with full attention. Patches, windows,
    81 picture tokens and 16 latent channels are the published ones, so pictures take the published path."""
    section = (2, 3, 3)
    return NexusConfig(
        vision=VisionConfig(
            patch_size=14, merge_size=2, hidden=40, depth=4, heads=2, mlp=107, window=112, full_attention_blocks=(1, 3), out_hidden=112
        ),
        language=LanguageConfig(
            layers=4, hidden=112, mlp=592, heads=7, kv_heads=1, head_dim=16, vocab=VOCAB, rope_theta=1_000_000.0, mrope_section=section
        ),
        adapter=AdapterConfig(embedding=112, context_dim=128),
        merger=MergerConfig(
            embedding=112, mlp=592, heads=7, kv_heads=1, head_dim=16, rope_theta=1_000_000.0, mrope_section=section,
            projector_hidden=512, context_dim=128,
        ),
        denoiser=DenoiserConfig(
            double_blocks=2, single_blocks=4, width=96, heads=3, head_dim=32, in_channels=64, context_dim=128, pooled_dim=24,
            rope_axes=(4, 14, 14),
        ),
        vae=VaeConfig(latent_channels=16, block_out_channels=(8, 16, 32, 32), layers_per_block=2, norm_groups=4, scaling=0.3611, shift=0.1159),
    )  # fmt: skip


@dataclass(frozen=True)
class Synthetic:
    """Folders as `convert` takes them, and the file that tells it the sizes."""

    checkpoint: Path
    flux: Path
    sizes: Path
    config: NexusConfig


def write_synthetic(folder: Path, config: NexusConfig | None = None, *, original_autoencoder: bool = True) -> Synthetic:
    """Write `folder/Nexus-GenV2`, `folder/FLUX.1-dev` and `folder/sizes.json`. The same sizes give the same weights.

    `original_autoencoder` chooses between `ae.safetensors` and diffusers' folder `vae`.
    """
    config = reduced_config() if config is None else config
    made = Synthetic(folder / "Nexus-GenV2", folder / "FLUX.1-dev", folder / "sizes.json", config)
    generator = torch.Generator().manual_seed(SEED)
    expected = expected_tensors(config, original_autoencoder=original_autoencoder)
    made.checkpoint.mkdir(parents=True)
    _save_shards(made.checkpoint, random_tensors(expected["language model"], generator), SHARDS)
    torch.save(random_tensors(expected["generation decoder"], generator), made.checkpoint / GENERATION_FILE)
    torch.save(random_tensors(expected["editing decoder"], generator), made.checkpoint / EDITING_FILE)
    _save_json(made.checkpoint / CONFIG_FILE, _config_json(config))
    _save_tokenizer(made.checkpoint, config)

    autoencoder = random_tensors(expected["autoencoder"], generator, torch.float32 if original_autoencoder else torch.bfloat16)
    path = made.flux / ("ae.safetensors" if original_autoencoder else "vae/diffusion_pytorch_model.safetensors")
    path.parent.mkdir(parents=True)
    save_file(autoencoder, path, metadata={"format": "pt"})
    _save_text_encoders(made.flux, config, generator)
    _save_json(made.sizes, config.to_dict())
    return made


def load_parts(made: Synthetic, published: Published) -> NexusParts:
    """The modules with the checkpoint's weights, loaded whole and by their names, as no conversion does it."""
    shards: dict[str, Tensor] = {}
    for path in sorted(made.checkpoint.glob("model-*.safetensors")):
        shards |= load_file(path)
    generation, editing = (torch.load(made.checkpoint / file, weights_only=True) for file in (GENERATION_FILE, EDITING_FILE))

    def under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}

    state = {
        "vision": under("visual.", shards),
        "language": {name: tensor for name, tensor in shards.items() if not name.startswith("visual.")},
        "adapter": under("adapter.", generation),
        "generation_denoiser": under("pipe.dit.", generation),
        "merger": under("embedding_merger.", editing),
        "editing_denoiser": under("pipe.dit.", editing),
        "vae": {name: published.read(parameter) for name, parameter in published.parts.vae.named_parameters()},
    }
    assert published.t5 is not None
    pooled = clip_pooled(published.clip, published.sources["CLIP"].read)
    away = t5_rows(published.t5, published.sources["T5"].read)
    return build_parts(made.config, state, pooled=pooled, negative_context=away, negative_pooled=pooled)


def random_tensors(shapes: Mapping[str, Shape], generator: torch.Generator, dtype: torch.dtype = torch.bfloat16) -> dict[str, Tensor]:
    """Numbers that keep every path alive: matrices with variance 1 / inputs, tables 1, biases 0.1, norms around 1."""
    tensors = {}
    for name, shape in shapes.items():
        noise = torch.randn(shape, generator=generator)
        if name.endswith(".bias"):
            noise *= 0.1
        elif len(shape) == 1:
            noise = 1 + 0.1 * noise
        elif "embed_tokens" not in name and "prefill" not in name and "shared" not in name:
            noise /= math.sqrt(noise[0].numel())
        tensors[name] = noise.to(dtype)
    return tensors


def _save_shards(folder: Path, tensors: Mapping[str, Tensor], count: int) -> None:
    """`model-0000i-of-0000n.safetensors` of about equal size, and their index."""
    total = sum(tensor.nbytes for tensor in tensors.values())
    shards: list[dict[str, Tensor]] = [{} for _ in range(count)]
    before = 0
    for name, tensor in tensors.items():
        shards[min(count - 1, before * count // total)][name] = tensor
        before += tensor.nbytes
    weight_map = {}
    folder.mkdir(parents=True, exist_ok=True)
    for number, shard in enumerate(shards, start=1):
        file = f"model-{number:05}-of-{count:05}.safetensors"
        save_file(shard, folder / file, metadata={"format": "pt"})
        weight_map |= dict.fromkeys(shard, file)
    _save_json(folder / LANGUAGE_FILE, {"metadata": {"total_size": total}, "weight_map": dict(sorted(weight_map.items()))})


def _config_json(config: NexusConfig) -> dict[str, Any]:
    """The fields of the published `config.json` that say sizes."""
    language, vision = config.language, config.vision
    return {
        "architectures": ["Qwen2_5_VLForConditionalGeneration"],
        "hidden_size": language.hidden,
        "intermediate_size": language.mlp,
        "max_position_embeddings": 128_000,
        "model_type": "qwen2_5_vl",
        "num_attention_heads": language.heads,
        "num_hidden_layers": language.layers,
        "num_key_value_heads": language.kv_heads,
        "rms_norm_eps": language.rms_eps,
        "rope_scaling": {"mrope_section": list(language.mrope_section), "rope_type": "default", "type": "default"},
        "rope_theta": language.rope_theta,
        "tie_word_embeddings": language.tie_embeddings,
        "torch_dtype": "bfloat16",
        "vision_config": {
            "depth": vision.depth,
            "fullatt_block_indexes": list(vision.full_attention_blocks),
            "hidden_size": vision.hidden,
            "intermediate_size": vision.mlp,
            "num_heads": vision.heads,
            "out_hidden_size": vision.out_hidden,
            "patch_size": vision.patch_size,
            "spatial_merge_size": vision.merge_size,
            "temporal_patch_size": vision.temporal_patch_size,
            "window_size": vision.window,
        },
        "vocab_size": language.vocab,
    }


def _save_tokenizer(folder: Path, config: NexusConfig) -> None:
    """A tokenizer of the published family, trained on the prompts' own words."""
    meta = published_meta(config, "synthetic")
    tables = (meta.generate_template, meta.edit_template, meta.understand_template, meta.generate_lead_in, meta.edit_lead_in)
    texts = [meta.system_prompt, "a red circle above two blue squares", "make it green", "一个红色的圆形"]
    train_tokenizer([*texts, *(text for table in tables for text in table.values())] * 3, min(TOKENS, config.language.vocab), folder)


def _save_text_encoders(flux: Path, config: NexusConfig, generator: torch.Generator) -> None:
    wide = config.denoiser.pooled_dim
    clip = ClipConfig(layers=2, hidden=wide, mlp=4 * wide, heads=3, vocab=49_408, positions=77)
    folder = flux / CLIP_FOLDER
    folder.mkdir(parents=True)
    save_file(random_tensors(clip.shapes(), generator), folder / "model.safetensors", metadata={"format": "pt"})
    clip_json = {"hidden_size": wide, "intermediate_size": clip.mlp, "num_attention_heads": clip.heads, "num_hidden_layers": clip.layers}
    clip_json |= {"vocab_size": clip.vocab, "max_position_embeddings": clip.positions, "layer_norm_eps": clip.eps}
    _save_json(folder / CONFIG_FILE, clip_json)

    wide = config.denoiser.context_dim
    t5 = T5Config(layers=2, hidden=wide, mlp=5 * wide // 2, heads=4, head_dim=8, vocab=32_128)
    _save_shards(flux / T5_FOLDER, random_tensors(t5.shapes(), generator), 2)
    t5_json = {"num_layers": t5.layers, "d_model": wide, "d_ff": t5.mlp, "num_heads": t5.heads, "d_kv": t5.head_dim, "vocab_size": t5.vocab}
    t5_json |= {"relative_attention_num_buckets": t5.buckets, "relative_attention_max_distance": t5.distance, "layer_norm_epsilon": t5.eps}
    _save_json(flux / T5_FOLDER / CONFIG_FILE, t5_json)


def _save_json(path: Path, values: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Write a small checkpoint with random weights in the published layout.")
    parser.add_argument("folder", type=Path)
    print(write_synthetic(parser.parse_args().folder))
