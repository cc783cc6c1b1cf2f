"""What a bundle says about itself beyond the sizes of its parts, and the manifest made of both.

The reader is `src/inference/bundle/manifest.ts`; field names here become its camelCase names.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ..nexus.preprocess import MEAN, STD, Filter
from ..nexus.schedule import S_MIN, SHIFT
from .graphs import Graph
from .parts import NexusParts
from .preview import PreviewFactors

FORMAT_VERSION = 1
MANIFEST_FILE = "manifest.json"

Language = Literal["en", "zh"]
PerLanguage = Mapping[str, str]


@dataclass(frozen=True)
class DecoderMeta:
    """How one decoder is run: schedule, defaults, limits, places of its context rows, preview factors."""

    width: int
    height: int
    num_inference_steps: int
    preview: PreviewFactors
    guidance_scale: float = 3.5
    true_cfg_scale: float = 1.0
    min_side: int = 64
    max_side: int = 1024
    max_steps: int = 100
    context_ids: Literal["zeros", "grid"] = "grid"
    #: What grid ids were rounded to in training; bfloat16 for the published editing decoder.
    id_precision: Literal["float32", "bfloat16"] = "float32"
    shift: float = SHIFT
    s_min: float = S_MIN


@dataclass(frozen=True)
class BundleMeta:
    """Identity, words and limits of a bundle. Defaults are those of Nexus-Gen V2."""

    id: str
    name: str
    licence: str
    repository: str
    revision: str
    embedding_space: str
    generation: DecoderMeta
    editing: DecoderMeta | None
    #: Patches [t, h, w] of a generated picture's embeddings, and of an editing reference.
    target_grid: tuple[int, int, int] = (1, 18, 18)
    reference_grid: tuple[int, int, int] = (1, 36, 36)
    system_prompt: str = "You are a helpful assistant."
    generate_template: PerLanguage = field(
        default_factory=lambda: {
            "en": "Generate an image according to the following description: {prompt}",
            "zh": "根据以下描述生成一张图像：{prompt}",
        }
    )
    edit_template: PerLanguage = field(default_factory=lambda: {"en": "<image> {prompt}"})
    understand_template: PerLanguage = field(
        default_factory=lambda: {"en": "Please give a brief description of the image.", "zh": "请简要描述这张图像。"}
    )
    generate_lead_in: PerLanguage = field(
        default_factory=lambda: {"en": "Here is an image based on the description: ", "zh": "这是根据您的描述生成的图像："}
    )
    edit_lead_in: PerLanguage = field(default_factory=lambda: {"en": "Here is the image: ", "zh": "以下为编辑后的图像："})
    max_new_tokens: int = 1024
    temperature: float = 0.1
    top_p: float = 0.001
    top_k: int = 1
    repetition_penalty: float = 1.05
    #: Longest sequence of the language model, in rows.
    context_length: int = 4096
    #: Limits of smart_resize for pictures that the language model reads.
    min_pixels: int = 3_136
    max_pixels: int = 262_640
    first_max_pixels: int = 12_845_056
    #: How an editing reference is resampled to its grid; pictures that are read or embedded as targets go bicubic.
    reference_filter: Filter = "bilinear"
    position_after_image: Literal["sequence", "grid"] = "grid"


def describe_file(root: Path, path: Path) -> dict[str, Any]:
    """Path inside the bundle, size and sha256."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"path": path.relative_to(root).as_posix(), "sha256": digest, "bytes": path.stat().st_size}


def describe_graph(graph: Graph, file: dict[str, Any], weights: list[dict[str, Any]]) -> dict[str, Any]:
    ports = {
        side: {port.name: {"dtype": port.dtype, "shape": list(port.shape)} for port in getattr(graph, side)}
        for side in ("inputs", "outputs")
    }
    return {"file": file, "weights": weights, **ports}


def describe_decoder(kind: Literal["generation", "editing"], meta: DecoderMeta, parts: NexusParts) -> dict[str, Any]:
    """One entry of `decoders`. Names of graphs and constants are those that `export_bundle` writes."""
    config = parts.config
    own = kind == "generation" or parts.editing_denoiser is not parts.generation_denoiser
    owner = kind if own else "generation"
    guided = parts.negative_context is not None
    merger = None
    if kind == "editing":
        merger = {
            "headDim": config.merger.head_dim,
            "theta": config.merger.rope_theta,
            "sections": list(config.merger.mrope_section),
            "baseGrid": config.merger.base_grid,
        }
    return {
        "kind": kind,
        "graphs": {
            "conditioner": "adapter" if kind == "generation" else "merger",
            "modulation": f"{owner}Modulation",
            "denoiser": f"{owner}Denoiser",
            "vaeDecoder": "vaeDecoder",
            "previewDecoder": None if parts.preview is None else "previewDecoder",
        },
        "scheduler": {"shift": meta.shift, "sMin": meta.s_min, "timestepScale": 1000},
        "defaults": {
            "width": meta.width,
            "height": meta.height,
            "numInferenceSteps": meta.num_inference_steps,
            "guidanceScale": meta.guidance_scale,
            "trueCfgScale": meta.true_cfg_scale,
        },
        "limits": {
            "minWidth": meta.min_side,
            "minHeight": meta.min_side,
            "maxWidth": meta.max_side,
            "maxHeight": meta.max_side,
            "sizeMultiple": 2 * parts.vae.config.factor,  # latents are packed two by two
            "maxSteps": meta.max_steps,
        },
        "rope": {
            "axes": list(config.denoiser.rope_axes),
            "theta": config.denoiser.rope_theta,
            "contextIds": meta.context_ids,
            "idPrecision": meta.id_precision,
        },
        "merger": merger,
        "latent": {
            "channels": parts.vae.config.latent_channels,
            "factor": parts.vae.config.factor,
            "scale": parts.vae.config.scaling,
            "shift": parts.vae.config.shift,
        },
        "preview": {"factors": [list(row) for row in meta.preview.factors], "bias": list(meta.preview.bias)},
        "constants": {
            "pooled": "pooled",
            "negativeContext": "negativeContext" if guided else None,
            "negativePooled": "negativePooled" if guided else None,
        },
    }


def describe_bundle(
    meta: BundleMeta,
    parts: NexusParts,
    *,
    exported_by: str,
    tokenizer: dict[str, Any],
    special_tokens: dict[str, Any],
    graphs: dict[str, Any],
    constants: dict[str, Any],
) -> dict[str, Any]:
    """The whole manifest as plain values."""
    config = parts.config
    vision, language = config.vision, config.language
    return {
        "formatVersion": FORMAT_VERSION,
        "id": meta.id,
        "name": meta.name,
        "licence": meta.licence,
        "source": {"repository": meta.repository, "revision": meta.revision},
        "exportedBy": exported_by,
        "embeddingSpace": {
            "id": meta.embedding_space,
            "dimension": vision.out_hidden,
            "imageTokens": language.image_tokens,
            "grid": list(meta.target_grid),
            "referenceGrid": list(meta.reference_grid),
        },
        "tokenizer": tokenizer,
        "specialTokens": special_tokens,
        "chatTemplate": {
            "systemPrompt": meta.system_prompt,
            "turnStart": "<|im_start|>{role}\n",
            "turnEnd": "<|im_end|>\n",
        },
        "promptTemplates": {
            "generate": dict(meta.generate_template),
            "edit": dict(meta.edit_template),
            "understand": dict(meta.understand_template),
        },
        "leadIns": {"generate": dict(meta.generate_lead_in), "edit": dict(meta.edit_lead_in)},
        "sampling": {
            "maxNewTokens": meta.max_new_tokens,
            "temperature": meta.temperature,
            "topP": meta.top_p,
            "topK": meta.top_k,
            "repetitionPenalty": meta.repetition_penalty,
        },
        "image": {
            "patchSize": vision.patch_size,
            "mergeSize": vision.merge_size,
            "temporalPatchSize": vision.temporal_patch_size,
            "minPixels": meta.min_pixels,
            "maxPixels": meta.max_pixels,
            "firstMaxPixels": meta.first_max_pixels,
            "mean": list(MEAN),
            "std": list(STD),
            "filters": {"read": "bicubic", "target": "bicubic", "reference": meta.reference_filter},
        },
        "vision": {"headDim": vision.head_dim, "ropeTheta": vision.rope_theta, "windowSize": vision.window},
        "language": {
            "layers": language.layers,
            "heads": language.heads,
            "kvHeads": language.kv_heads,
            "headDim": language.head_dim,
            "hidden": language.hidden,
            "vocab": language.vocab,
            "contextLength": meta.context_length,
            "ropeTheta": language.rope_theta,
            "mropeSection": list(language.mrope_section),
            "positionAfterImage": meta.position_after_image,
        },
        "decoders": {
            "generation": describe_decoder("generation", meta.generation, parts),
            "editing": None if meta.editing is None else describe_decoder("editing", meta.editing, parts),
        },
        "graphs": graphs,
        "constants": constants,
    }
