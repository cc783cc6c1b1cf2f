"""Nexus-Gen V2 at any size: modules for training and export, and the plain host-side references beside them."""

from .adapter import GenerationAdapter
from .config import (
    AdapterConfig,
    DenoiserConfig,
    LanguageConfig,
    MergerConfig,
    NexusConfig,
    VaeConfig,
    VisionConfig,
)
from .denoiser import Denoiser, pack_latents, unpack_latents
from .initialise import initialise
from .language import AutoregressiveModel, LanguageModel
from .merger import EmbeddingMerger
from .vae import AutoencoderKL, PatchDecoder, TinyDecoder
from .vision import VisionTower

CHECKPOINT_PREFIXES = {
    "vision": "visual.",
    "adapter": "adapter.",
    "merger": "embedding_merger.",
    "denoiser": "pipe.dit.",
}
"""What the published files put in front of the names of a part. The language model's names have no prefix."""

__all__ = [
    "CHECKPOINT_PREFIXES",
    "AdapterConfig",
    "AutoencoderKL",
    "AutoregressiveModel",
    "Denoiser",
    "DenoiserConfig",
    "EmbeddingMerger",
    "GenerationAdapter",
    "LanguageConfig",
    "LanguageModel",
    "MergerConfig",
    "NexusConfig",
    "PatchDecoder",
    "TinyDecoder",
    "VaeConfig",
    "VisionConfig",
    "VisionTower",
    "initialise",
    "pack_latents",
    "unpack_latents",
]
