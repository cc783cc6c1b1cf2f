"""A model small enough to run in milliseconds and odd enough that no two sizes are equal by accident."""

from __future__ import annotations

import pytest
import torch

from darkroom_toolkit.nexus import (
    AdapterConfig,
    DenoiserConfig,
    LanguageConfig,
    LanguageModel,
    MergerConfig,
    NexusConfig,
    VaeConfig,
    VisionConfig,
    initialise,
)


@pytest.fixture(scope="session")
def tiny() -> NexusConfig:
    """9 image tokens (3 x 3), grouped heads, windows of 2 x 2 units."""
    return NexusConfig(
        vision=VisionConfig(
            patch_size=4,
            merge_size=2,
            hidden=24,
            depth=3,
            heads=3,
            mlp=20,
            window=16,
            full_attention_blocks=(1,),
            out_hidden=36,
        ),
        language=LanguageConfig(
            layers=3,
            hidden=36,
            mlp=44,
            heads=6,
            kv_heads=2,
            head_dim=12,
            vocab=50,
            rope_theta=100.0,
            mrope_section=(1, 2, 3),
            image_tokens=9,
        ),
        adapter=AdapterConfig(embedding=36, context_dim=28),
        merger=MergerConfig(
            embedding=36,
            mlp=44,
            heads=6,
            kv_heads=2,
            head_dim=12,
            rope_theta=100.0,
            mrope_section=(1, 2, 3),
            projector_hidden=40,
            context_dim=28,
        ),
        denoiser=DenoiserConfig(
            double_blocks=2,
            single_blocks=2,
            width=32,
            heads=2,
            head_dim=16,
            in_channels=16,
            context_dim=28,
            pooled_dim=10,
            rope_axes=(4, 6, 6),
        ),
        vae=VaeConfig(
            latent_channels=4,
            block_out_channels=(8, 12, 16),
            layers_per_block=1,
            norm_groups=4,
            scaling=0.5,
            shift=0.25,
        ),
    )


@pytest.fixture
def language(tiny: NexusConfig) -> LanguageModel:
    """Random weights in float64, so that differences are those of the algorithm and not of rounding."""
    model = LanguageModel(tiny.language)
    initialise(model, depth=tiny.language.layers, generator=torch.Generator().manual_seed(1))
    return model.double().eval()
