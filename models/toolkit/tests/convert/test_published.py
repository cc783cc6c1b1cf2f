"""What a checkpoint must hold: at the published size, by name and shape, and what is said when it does not."""

from __future__ import annotations

import json
import math
import resource
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from darkroom_toolkit.bundle.graphs import graphs_of
from darkroom_toolkit.bundle.precision import PRECISIONS, Storage, byte_count
from darkroom_toolkit.bundle.skeleton import trace_skeleton
from darkroom_toolkit.convert.autoencoder_names import original_name
from darkroom_toolkit.convert.files import Shape
from darkroom_toolkit.convert.published import CheckpointError, Published, _meta_parts, expected_tensors, open_published
from darkroom_toolkit.convert.synthetic import Synthetic, write_synthetic
from darkroom_toolkit.nexus import NexusConfig

Opened = Callable[[Synthetic], Published]


@pytest.fixture(scope="module")
def manifest() -> dict[str, dict[str, Shape]]:
    return expected_tensors(NexusConfig.nexus_gen_v2())


def values(tensors: dict[str, Shape]) -> int:
    return sum(math.prod(shape) for shape in tensors.values())


# The published size, without the data


def test_the_shards_hold_731_tensors_of_16_6_gigabytes(manifest: dict[str, dict[str, Shape]]) -> None:
    assert len(manifest["language model"]) == 731
    assert values(manifest["language model"]) == 676_550_144 + 7_628_751_872


def test_the_decoders_hold_the_published_number_of_values(manifest: dict[str, dict[str, Shape]]) -> None:
    denoiser = {"generation decoder": "adapter.", "editing decoder": "embedding_merger."}
    own = {"generation decoder": 31_481_856, "editing decoder": 358_931_456}
    for source, prefix in denoiser.items():
        tensors = manifest[source]
        assert values({name: shape for name, shape in tensors.items() if name.startswith(prefix)}) == own[source]
        assert values({name: shape for name, shape in tensors.items() if name.startswith("pipe.dit.")}) == 11_901_408_320
        assert all(name.startswith((prefix, "pipe.dit.")) for name in tensors)


def published_language_shapes() -> dict[str, Shape]:
    """Appendix A of nexus-gen.md, written out with the numbers of its sections 2.1, 2.2 and 2.4."""
    shapes: dict[str, Shape] = {
        "visual.patch_embed.proj.weight": (1280, 3, 2, 14, 14),
        "visual.merger.ln_q.weight": (1280,),
        "visual.merger.mlp.0.weight": (5120, 5120), "visual.merger.mlp.0.bias": (5120,),
        "visual.merger.mlp.2.weight": (3584, 5120), "visual.merger.mlp.2.bias": (3584,),
        "model.embed_tokens.weight": (152_064, 3584), "model.norm.weight": (3584,), "lm_head.weight": (152_064, 3584),
        "vision_head.weight": (3584, 3584), "image_prefill_embeds.weight": (81, 3584),
    }  # fmt: skip
    for block in range(32):
        at = f"visual.blocks.{block}"
        shapes |= {f"{at}.norm{index}.weight": (1280,) for index in (1, 2)}
        for name, out, into in (("attn.qkv", 3840, 1280), ("attn.proj", 1280, 1280), ("mlp.gate_proj", 3420, 1280), ("mlp.up_proj", 3420, 1280), ("mlp.down_proj", 1280, 3420)):  # fmt: skip
            shapes |= {f"{at}.{name}.weight": (out, into), f"{at}.{name}.bias": (out,)}
    for layer in range(28):
        at = f"model.layers.{layer}"
        for name, out in (("q", 3584), ("k", 512), ("v", 512)):
            shapes |= {f"{at}.self_attn.{name}_proj.weight": (out, 3584), f"{at}.self_attn.{name}_proj.bias": (out,)}
        shapes[f"{at}.self_attn.o_proj.weight"] = (3584, 3584)
        shapes |= {f"{at}.mlp.{name}_proj.weight": (18_944, 3584) for name in ("gate", "up")}
        shapes |= {f"{at}.mlp.down_proj.weight": (3584, 18_944)}
        shapes |= {f"{at}.{name}_layernorm.weight": (3584,) for name in ("input", "post_attention")}
    return shapes


def published_denoiser_shapes() -> dict[str, Shape]:
    """Appendix A and section 5.3: FLUX under the names of DiffSynth."""
    linears = {
        "x_embedder": (3072, 64), "context_embedder": (3072, 4096), "final_norm_out.linear": (6144, 3072), "final_proj_out": (64, 3072),
        "pooled_text_embedder.0": (3072, 768), "pooled_text_embedder.2": (3072, 3072),
    }  # fmt: skip
    for embedder in ("time_embedder", "guidance_embedder"):
        linears |= {f"{embedder}.timestep_embedder.0": (3072, 256), f"{embedder}.timestep_embedder.2": (3072, 3072)}
    norms = []
    for block in range(19):
        at = f"blocks.{block}"
        for stream in "ab":
            linears |= {f"{at}.norm1_{stream}.linear": (18_432, 3072), f"{at}.attn.{stream}_to_qkv": (9216, 3072)}
            linears |= {f"{at}.attn.{stream}_to_out": (3072, 3072), f"{at}.ff_{stream}.0": (12_288, 3072), f"{at}.ff_{stream}.2": (3072, 12_288)}
            norms += [f"{at}.attn.norm_{part}_{stream}" for part in "qk"]
    for block in range(38):
        at = f"single_blocks.{block}"
        linears |= {f"{at}.norm.linear": (9216, 3072), f"{at}.to_qkv_mlp": (21_504, 3072), f"{at}.proj_out": (3072, 15_360)}
        norms += [f"{at}.norm_{part}_a" for part in "qk"]
    shapes: dict[str, Shape] = {f"pipe.dit.{name}.weight": shape for name, shape in linears.items()}
    shapes |= {f"pipe.dit.{name}.bias": shape[:1] for name, shape in linears.items()}
    return shapes | {f"pipe.dit.{name}.weight": (128,) for name in norms}


def test_every_name_and_shape_of_the_language_model_is_the_published_one(manifest: dict[str, dict[str, Shape]]) -> None:
    assert manifest["language model"] == published_language_shapes()


def test_every_name_and_shape_of_the_generation_decoder_is_the_published_one(manifest: dict[str, dict[str, Shape]]) -> None:
    adapter: dict[str, Shape] = {"adapter.0.weight": (4096, 3584), "adapter.3.weight": (4096, 4096)}
    adapter |= {f"adapter.{index}.bias": (4096,) for index in (0, 1, 3, 4)} | {f"adapter.{index}.weight": (4096,) for index in (1, 4)}
    assert manifest["generation decoder"] == adapter | published_denoiser_shapes()


def test_every_name_and_shape_of_the_editing_decoder_is_the_published_one(manifest: dict[str, dict[str, Shape]]) -> None:
    layer = {name.removeprefix("model."): shape for name, shape in published_language_shapes().items() if name.startswith("model.layers.0.")}
    merger: dict[str, Shape] = {f"embedding_merger.{name}": shape for name, shape in layer.items()}
    merger |= {"embedding_merger.projector.0.weight": (3584,), "embedding_merger.projector.2.weight": (16_384,)}
    merger |= {"embedding_merger.projector.1.weight": (16_384, 3584), "embedding_merger.projector.1.bias": (16_384,)}
    merger |= {"embedding_merger.projector.4.weight": (4096, 16_384), "embedding_merger.projector.4.bias": (4096,)}
    merger |= {"embedding_merger.projector.5.weight": (4096,)}
    assert manifest["editing decoder"] == merger | published_denoiser_shapes()


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("encoder.conv_in.weight", (128, 3, 3, 3)),
        ("encoder.down.1.block.0.nin_shortcut.weight", (256, 128, 1, 1)),
        ("encoder.down.2.downsample.conv.weight", (512, 512, 3, 3)),
        ("encoder.mid.block_1.norm1.weight", (512,)),
        ("encoder.mid.attn_1.norm.bias", (512,)),
        ("encoder.conv_out.weight", (32, 512, 3, 3)),
        ("decoder.mid.attn_1.q.weight", (512, 512, 1, 1)),
        ("decoder.mid.attn_1.proj_out.bias", (512,)),
        ("decoder.up.3.block.2.conv2.weight", (512, 512, 3, 3)),
        ("decoder.up.1.block.0.nin_shortcut.weight", (256, 512, 1, 1)),
        ("decoder.up.0.block.0.conv1.weight", (128, 256, 3, 3)),
        ("decoder.up.1.upsample.conv.bias", (256,)),
        ("decoder.norm_out.weight", (128,)),
    ],
)
def test_the_autoencoder_is_known_by_its_first_names(manifest: dict[str, dict[str, Shape]], name: str, shape: Shape) -> None:
    assert len(manifest["autoencoder"]) == 244
    assert manifest["autoencoder"][name] == shape


def test_two_names_of_the_autoencoder_never_meet() -> None:
    names = expected_tensors(NexusConfig.nexus_gen_v2(), original_autoencoder=False)["autoencoder"]
    assert len({original_name(name, 4) for name in names}) == len(names) == 244


def test_the_published_graphs_are_traced_in_the_memory_of_their_activations() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    skeletons = [trace_skeleton(graph) for graph in graphs_of(_meta_parts(NexusConfig.nexus_gen_v2(), editing=False))]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 2**20  # KiB, so 1 GiB; the weights are 81 GB as float32
    sizes = {precision: sum(byte_count(skeleton, Storage(precision)) for skeleton in skeletons) for precision in PRECISIONS}
    # What docs/nexus-gen-v2.md says, without the editing decoder.
    assert {precision: round(size / 1e9, 1) for precision, size in sizes.items()} == {"fp32": 81.1, "fp16": 40.6, "int8": 22.8, "int4": 13.0}


# A checkpoint on disk


def test_the_index_of_the_synthetic_checkpoint_has_seven_lines_more_than_tensors(synthetic: Synthetic) -> None:
    index = (synthetic.checkpoint / "model.safetensors.index.json").read_text()
    assert len(index.splitlines()) == 7 + len(expected_tensors(synthetic.config)["language model"])
    assert len(set(json.loads(index)["weight_map"].values())) == 4


def test_the_synthetic_checkpoint_has_the_published_kinds_of_numbers(synthetic: Synthetic) -> None:
    shard = load_file(synthetic.checkpoint / "model-00001-of-00004.safetensors")
    decoder = torch.load(synthetic.checkpoint / "generation_decoder.bin", weights_only=True)
    assert {tensor.dtype for tensor in (*shard.values(), *decoder.values())} == {torch.bfloat16}
    assert {tensor.dtype for tensor in load_file(synthetic.flux / "ae.safetensors").values()} == {torch.float32}


def test_a_whole_checkpoint_opens(synthetic: Synthetic, opened: Opened) -> None:
    found = opened(synthetic)
    weight = found.parts.language.lm_head.weight
    assert found.read(weight).dtype == torch.bfloat16
    assert found.homes[id(weight)] == ("language model", "lm_head.weight")


def test_every_missing_unexpected_and_misshapen_tensor_is_named_at_once(spoilt: Synthetic, opened: Opened) -> None:
    decoder = torch.load(spoilt.checkpoint / "edit_decoder.bin", weights_only=True)
    del decoder["pipe.dit.blocks.1.ff_a.2.bias"]
    decoder["pipe.dit.extra"] = torch.zeros(3)
    torch.save(decoder, spoilt.checkpoint / "edit_decoder.bin")
    autoencoder = load_file(spoilt.flux / "ae.safetensors")
    autoencoder["decoder.conv_in.bias"] = torch.zeros(7)
    save_file(autoencoder, spoilt.flux / "ae.safetensors")
    (spoilt.checkpoint / "generation_decoder.bin").unlink()
    with pytest.raises(CheckpointError) as error:
        opened(spoilt)
    message = str(error.value)
    assert "editing decoder (edit_decoder.bin): missing pipe.dit.blocks.1.ff_a.2.bias [96]" in message
    assert "editing decoder (edit_decoder.bin): unexpected pipe.dit.extra [3]" in message
    assert "autoencoder (ae.safetensors): decoder.conv_in.bias is [7], wanted [32]" in message
    assert "generation_decoder.bin is missing" in message
    assert len(message.splitlines()) == 5


def test_a_checkpoint_of_another_size_is_told_by_its_config(synthetic: Synthetic) -> None:
    with pytest.raises(CheckpointError) as error:
        open_published(synthetic.checkpoint, synthetic.flux, NexusConfig.nexus_gen_v2())
    assert "config.json: num_hidden_layers is 4, wanted 28" in str(error.value)
    assert "config.json: vision_config.fullatt_block_indexes is [1, 3], wanted [7, 15, 23, 31]" in str(error.value)
    assert "missing model.layers.27.mlp.up_proj.weight [18944, 3584]" in str(error.value)


@pytest.mark.parametrize("content", ["[]", "3", '{"vision_config": []}', "{"])
def test_a_configuration_of_another_kind_is_named(spoilt: Synthetic, content: str) -> None:
    (spoilt.checkpoint / "config.json").write_text(content)
    with pytest.raises(CheckpointError, match=r"config\.json .*fetch it again"):
        open_published(spoilt.checkpoint, spoilt.flux, spoilt.config)


def test_what_is_left_out_is_not_looked_for(spoilt: Synthetic) -> None:
    (spoilt.checkpoint / "edit_decoder.bin").unlink()
    (spoilt.flux / "text_encoder_2" / "config.json").unlink()
    found = open_published(spoilt.checkpoint, spoilt.flux, spoilt.config, editing=False, negative=False)
    assert found.meta.editing is None and found.parts.negative_context is None
    assert found.meta.generation.true_cfg_scale == 1.0


def test_the_autoencoder_may_have_either_names(synthetic: Synthetic, opened: Opened, tmp_path: Path) -> None:
    other = opened(write_synthetic(tmp_path / "diffusers", synthetic.config, original_autoencoder=False))
    assert other.homes[id(other.parts.vae.decoder.conv_in.weight)][1] == "decoder.conv_in.weight"
    query = other.parts.vae.decoder.mid_block.attentions[0].to_q.weight
    assert other.read(query).shape == query.shape


def test_a_tokenizer_larger_than_the_vocabulary_is_refused(spoilt: Synthetic, opened: Opened) -> None:
    from tokenizers import Tokenizer

    path = spoilt.checkpoint / "tokenizer.json"
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.add_tokens([f"word{index}" for index in range(512)])
    tokenizer.save(str(path))
    with pytest.raises(CheckpointError, match="the language model only 512"):
        opened(spoilt)
