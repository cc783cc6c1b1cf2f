"""What is published, and where each weight of the model lies in it.

    CHECKPOINT/                                 FLUX/
      config.json                                 ae.safetensors, or vae/diffusion_pytorch_model.safetensors
      model.safetensors.index.json                text_encoder/model.safetensors                  (CLIP)
      model-0000{1..4}-of-00004.safetensors       text_encoder_2/model.safetensors.index.json     (T5)
      generation_decoder.bin, edit_decoder.bin      and its shards
      tokenizer.json, tokenizer_config.json

Everything that is wrong with the files is found before anything is written, and told at once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from ..bundle.manifest import BundleMeta, DecoderMeta
from ..bundle.parts import NexusParts
from ..bundle.preview import Colour, PreviewFactors
from ..bundle.skeleton import weightless
from ..bundle.tokenizer import TOKENIZER_CONFIG_FILE, TOKENIZER_FILE, load_tokenizer, special_ids
from ..nexus import (
    CHECKPOINT_PREFIXES,
    AutoencoderKL,
    Denoiser,
    EmbeddingMerger,
    GenerationAdapter,
    LanguageModel,
    NexusConfig,
    VisionTower,
)
from .autoencoder_names import original_name, original_shape
from .files import Shape, TensorFile, open_tensors
from .text_encoders import CLIP_EXTRAS, T5_EXTRAS, T5_LENGTH, ClipConfig, T5Config

LANGUAGE_FILE = "model.safetensors.index.json"
GENERATION_FILE = "generation_decoder.bin"
EDITING_FILE = "edit_decoder.bin"
CONFIG_FILE = "config.json"
AUTOENCODER_FILES = ("ae.safetensors", "vae/diffusion_pytorch_model.safetensors")
CLIP_FOLDER, T5_FOLDER = "text_encoder", "text_encoder_2"

#: Linear previews of FLUX latents (nexus-gen.md 10.1, the factors of ComfyUI): red, green, blue of each channel, then the bias.
FLUX_PREVIEW: tuple[Colour, ...] = (
    (-0.0346, 0.0244, 0.0681), (0.0034, 0.0210, 0.0687), (0.0275, -0.0668, -0.0433), (-0.0174, 0.0160, 0.0617),
    (0.0859, 0.0721, 0.0329), (0.0004, 0.0383, 0.0115), (0.0405, 0.0861, 0.0915), (-0.0236, -0.0185, -0.0259),
    (-0.0245, 0.0250, 0.1180), (0.1008, 0.0755, -0.0421), (-0.0515, 0.0201, 0.0011), (0.0428, -0.0012, -0.0036),
    (0.0817, 0.0765, 0.0749), (-0.1264, -0.0522, -0.1103), (-0.0280, -0.0881, -0.0499), (-0.1262, -0.0982, -0.0778),
)  # fmt: skip
FLUX_PREVIEW_BIAS: Colour = (-0.0329, -0.0718, -0.0851)

#: Fields of `config.json` and what they are in `LanguageConfig` and `VisionConfig`. A field that the file lacks has its default.
_LANGUAGE_FIELDS = {
    "hidden_size": "hidden", "intermediate_size": "mlp", "num_hidden_layers": "layers", "num_attention_heads": "heads",
    "num_key_value_heads": "kv_heads", "vocab_size": "vocab", "rms_norm_eps": "rms_eps", "rope_theta": "rope_theta",
    "tie_word_embeddings": "tie_embeddings",
}  # fmt: skip
_VISION_FIELDS = {
    "hidden_size": "hidden", "intermediate_size": "mlp", "depth": "depth", "num_heads": "heads", "out_hidden_size": "out_hidden",
    "patch_size": "patch_size", "spatial_merge_size": "merge_size", "temporal_patch_size": "temporal_patch_size",
    "window_size": "window", "fullatt_block_indexes": "full_attention_blocks",
}  # fmt: skip


class CheckpointError(ValueError):
    """The published files do not fit the model; the message names every difference."""


@dataclass
class Published:
    """A checkpoint whose files are there and hold exactly the tensors that the model takes.

    parts      the model without weights
    homes      where the values of each parameter of `parts` lie, by the parameter's id
    clip, t5   sizes of the text encoders; no T5, no negative context
    """

    config: NexusConfig
    parts: NexusParts
    meta: BundleMeta
    folder: Path
    sources: dict[str, TensorFile]
    clip: ClipConfig
    t5: T5Config | None
    homes: dict[int, tuple[str, str]] = field(repr=False, default_factory=dict)

    def read(self, parameter: nn.Parameter) -> Tensor:
        """Values of a parameter, mapped from the published file."""
        source, name = self.homes[id(parameter)]
        # The first names of the autoencoder write linears as 1 x 1 convolutions.
        return self.sources[source].read(name).reshape(parameter.shape)

    def identity(self, sources: Iterable[str]) -> list[tuple[str, int, int]]:
        """Name, size and time of change of every file of some of `sources`."""
        paths = sorted({path for source in sources for path in self.sources[source].paths})
        return [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in paths]


def expected_tensors(config: NexusConfig, *, original_autoencoder: bool = True) -> dict[str, dict[str, Shape]]:
    """Name and shape of every tensor that a checkpoint of these sizes holds, by source. Built without memory."""
    parts = _meta_parts(config, editing=True)
    return {source: dict(tensors) for source, tensors in _manifest(parts, original_autoencoder).items()}


def open_published(
    checkpoint: Path, flux: Path, config: NexusConfig, *, revision: str = "main", editing: bool = True, negative: bool = True
) -> Published:
    """Open and check the published files; reads names and shapes, not weights.

    Args:
        checkpoint, flux: folders, as this module's header says.
        config: sizes of the model; those of the published one are `NexusConfig.nexus_gen_v2()`.
        revision: what the manifest says of the checkpoint's origin.
        editing: without it, `edit_decoder.bin` is not looked at and the bundle cannot edit with a reference.
        negative: without it, T5 is not looked at and the bundle has no true classifier-free guidance.

    Raises: `CheckpointError` naming every missing file, every missing, unexpected or misshapen tensor, and every size in
        `config.json` that differs.
    """
    problems: list[str] = []
    parts = _meta_parts(config, editing=editing)
    autoencoder = next((name for name in AUTOENCODER_FILES if (flux / name).is_file()), AUTOENCODER_FILES[0])
    original = autoencoder == AUTOENCODER_FILES[0]
    paths = {"language model": checkpoint / LANGUAGE_FILE, "generation decoder": checkpoint / GENERATION_FILE}
    paths |= {"editing decoder": checkpoint / EDITING_FILE} if editing else {}
    paths["autoencoder"] = flux / autoencoder
    expected: dict[str, Mapping[str, Shape]] = dict(_manifest(parts, original))
    extras: dict[str, frozenset[str]] = {}

    clip = _try(problems, lambda: ClipConfig.read(flux / CLIP_FOLDER / CONFIG_FILE))
    if clip is not None:
        paths["CLIP"], expected["CLIP"], extras["CLIP"] = _weights_in(flux / CLIP_FOLDER), clip.shapes(), CLIP_EXTRAS
        if clip.hidden != config.denoiser.pooled_dim:
            problems.append(f"CLIP is {clip.hidden} wide, but the denoisers take {config.denoiser.pooled_dim}")
    t5 = _try(problems, lambda: T5Config.read(flux / T5_FOLDER / CONFIG_FILE)) if negative else None
    if t5 is not None:
        paths["T5"], expected["T5"], extras["T5"] = _weights_in(flux / T5_FOLDER), t5.shapes(), T5_EXTRAS
        if t5.hidden != config.denoiser.context_dim:
            problems.append(f"T5 is {t5.hidden} wide, but the denoisers take {config.denoiser.context_dim}")

    sources: dict[str, TensorFile] = {}
    for source, path in paths.items():
        opened = _try(problems, lambda path=path: open_tensors(path))  # type: ignore[misc]
        if opened is not None:
            sources[source] = opened
            problems += _differences(f"{source} ({path.name})", expected[source], opened.shapes, extras.get(source, frozenset()))
    problems += _config_differences(checkpoint / CONFIG_FILE, config)
    problems += _tokenizer_problems(checkpoint, config)
    if problems or clip is None:
        raise CheckpointError("\n  ".join(["the published files do not fit:", *problems]))

    if t5 is not None:
        parts.negative_context = torch.zeros(T5_LENGTH, t5.hidden)
        parts.negative_pooled = torch.zeros(clip.hidden)
    homes = _homes(parts, original)
    return Published(config, parts, published_meta(config, revision, editing, negative), checkpoint, sources, clip, t5, homes)


def published_meta(config: NexusConfig, revision: str, editing: bool = True, negative: bool = True) -> BundleMeta:
    """Identity, words, defaults and limits of Nexus-Gen V2 (nexus-gen.md 2.7, 3, 5.2, 6.2)."""
    decoder = DecoderMeta(
        width=512,
        height=512,
        num_inference_steps=50,
        preview=PreviewFactors(FLUX_PREVIEW[: config.vae.latent_channels], FLUX_PREVIEW_BIAS),
        true_cfg_scale=3.0 if negative else 1.0,
        max_side=1024,
        context_ids="zeros",
    )
    edit = replace(decoder, true_cfg_scale=1.0, context_ids="grid", id_precision="bfloat16")
    return BundleMeta(
        id="nexus-gen-v2",
        name="Nexus-Gen V2",
        licence="Apache-2.0 (language model); FLUX.1-dev Non-Commercial License (decoders, autoencoder)",
        repository="DiffSynth-Studio/Nexus-GenV2",
        revision=revision,
        embedding_space="nexus-gen-v2",
        generation=decoder,
        editing=edit if editing else None,
    )


# Parts and names


def _meta_parts(config: NexusConfig, *, editing: bool) -> NexusParts:
    """Every module of the model, without weights."""
    with torch.device("meta"):
        vision, language = VisionTower(config.vision), LanguageModel(config.language)
        adapter, generation = GenerationAdapter(config.adapter), Denoiser(config.denoiser)
        merger = EmbeddingMerger(config.merger) if editing else None
        editor = Denoiser(config.denoiser) if editing else None
        vae = AutoencoderKL(config.vae)
    for module in (vision, language, adapter, generation, merger, editor, vae):
        if module is not None:
            weightless(module)
    pooled = torch.zeros(config.denoiser.pooled_dim)
    return NexusParts(config, vision, language, adapter, generation, vae, pooled, merger=merger, editing_denoiser=editor)


def _named(parts: NexusParts, original_autoencoder: bool) -> list[tuple[str, str, Shape, nn.Parameter]]:
    """Source, name and shape in the source, and the parameter, of every weight."""
    prefixes = CHECKPOINT_PREFIXES
    modules: list[tuple[str, str, nn.Module | None]] = [
        ("language model", "", parts.language),
        ("language model", prefixes["vision"], parts.vision),
        ("generation decoder", prefixes["adapter"], parts.adapter),
        ("generation decoder", prefixes["denoiser"], parts.generation_denoiser),
        ("editing decoder", prefixes["merger"], parts.merger),
        ("editing decoder", prefixes["denoiser"], parts.editing_denoiser),
    ]
    found: list[tuple[str, str, Shape, nn.Parameter]] = [
        (source, prefix + name, tuple(parameter.shape), parameter)
        for source, prefix, module in modules
        if module is not None
        for name, parameter in module.named_parameters()
    ]
    stages = len(parts.config.vae.block_out_channels)
    for name, parameter in parts.vae.named_parameters():
        shape = tuple(parameter.shape)
        if original_autoencoder:
            found.append(("autoencoder", original_name(name, stages), original_shape(name, shape), parameter))
        else:
            found.append(("autoencoder", name, shape, parameter))
    return found


def _manifest(parts: NexusParts, original_autoencoder: bool) -> dict[str, dict[str, Shape]]:
    found: dict[str, dict[str, Shape]] = {}
    for source, name, shape, _ in _named(parts, original_autoencoder):
        found.setdefault(source, {})[name] = shape
    return found


def _homes(parts: NexusParts, original_autoencoder: bool) -> dict[int, tuple[str, str]]:
    return {id(parameter): (source, name) for source, name, _, parameter in _named(parts, original_autoencoder)}


# Checks


def _try(problems: list[str], open_it: Any) -> Any:
    """The result, or none and one problem more."""
    try:
        return open_it()
    except FileNotFoundError as error:
        problems.append(str(error) if error.filename is None else f"{error.filename} is missing")
    except ValueError as error:
        problems.append(str(error))
    return None


def _weights_in(folder: Path) -> Path:
    """An encoder's weights: an index of shards, or one file."""
    index = folder / LANGUAGE_FILE
    return index if index.is_file() else folder / "model.safetensors"


def _differences(where: str, wanted: Mapping[str, Shape], came: Mapping[str, Shape], extras: frozenset[str]) -> list[str]:
    problems = [f"{where}: missing {name} {list(shape)}" for name, shape in wanted.items() if name not in came]
    problems += [f"{where}: unexpected {name} {list(shape)}" for name, shape in came.items() if name not in wanted and name not in extras]
    return problems + [
        f"{where}: {name} is {list(came[name])}, wanted {list(shape)}" for name, shape in wanted.items() if name in came and came[name] != shape
    ]


def _config_differences(path: Path, config: NexusConfig) -> list[str]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return [f"{path} is missing"]
    except (json.JSONDecodeError, UnicodeDecodeError):
        return [f"{path} is not JSON; fetch it again"]
    if not isinstance(values, dict) or not isinstance(values.get("vision_config", {}), dict):
        return [f"{path} does not hold the sizes of a model; fetch it again"]
    vision = values.get("vision_config", {})
    problems = [
        f"{path.name}: {place}{theirs} is {given[theirs]}, wanted {_plain(getattr(part, ours))}"
        for place, given, part, fields in (("", values, config.language, _LANGUAGE_FIELDS), ("vision_config.", vision, config.vision, _VISION_FIELDS))
        for theirs, ours in fields.items()
        if theirs in given and given[theirs] != _plain(getattr(part, ours))
    ]
    section = (values.get("rope_scaling") or {}).get("mrope_section")
    if section is not None and tuple(section) != config.language.mrope_section:
        problems.append(f"{path.name}: rope_scaling.mrope_section is {section}, wanted {list(config.language.mrope_section)}")
    return problems


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _tokenizer_problems(folder: Path, config: NexusConfig) -> list[str]:
    problems = [f"{folder / name} is missing" for name in (TOKENIZER_FILE, TOKENIZER_CONFIG_FILE) if not (folder / name).is_file()]
    if problems:
        return problems
    try:
        tokenizer: Tokenizer = load_tokenizer(folder)
        special_ids(tokenizer)
    except Exception as error:  # the tokenizers library raises plain Exception for a file that it cannot read
        return [f"{TOKENIZER_FILE}: {error}"]
    if tokenizer.get_vocab_size() > config.language.vocab:
        return [f"{TOKENIZER_FILE} has {tokenizer.get_vocab_size()} tokens, the language model only {config.language.vocab}"]
    return []
