"""Sizes: contradictions are refused where they are written, and a configuration survives JSON."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from darkroom_toolkit.nexus import NexusConfig, VisionConfig


@pytest.mark.parametrize("config", [NexusConfig.nexus_gen_v2(), NexusConfig.nano(vocab=777)], ids=["v2", "nano"])
def test_a_configuration_comes_back_equal_from_json(config: NexusConfig) -> None:
    assert NexusConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


def test_an_unknown_field_is_named() -> None:
    values = NexusConfig.nano().vision.to_dict() | {"colour": 3}
    with pytest.raises(ValueError, match="unknown field.*colour"):
        VisionConfig.from_dict(values)


@pytest.mark.parametrize(
    ("part", "change", "message"),
    [
        ("vision", {"window": 20}, "window 20 px"),
        ("vision", {"heads": 7}, "hidden 24 is not a multiple of heads 7"),
        ("vision", {"hidden": 18}, "multiple of 4"),
        ("vision", {"full_attention_blocks": (3,)}, "outside 0..2"),
        ("language", {"mrope_section": (1, 2, 4)}, "sum to head_dim / 2 = 6"),
        ("language", {"kv_heads": 4}, "heads 6 is not a multiple of kv_heads 4"),
        ("merger", {"kv_heads": 4}, "heads 6 is not a multiple of kv_heads 4"),
        ("denoiser", {"rope_axes": (4, 6, 8)}, "rope_axes"),
        ("denoiser", {"heads": 3}, "is not width 32"),
        ("vae", {"norm_groups": 5}, "multiples of norm_groups 5"),
    ],
)
def test_a_part_that_contradicts_itself_is_refused(
    tiny: NexusConfig, part: str, change: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        replace(getattr(tiny, part), **change)


@pytest.mark.parametrize(
    ("part", "change", "message"),
    [
        ("vision", {"out_hidden": 64}, "language.hidden is 36, but vision.out_hidden is 64"),
        ("adapter", {"context_dim": 64}, "adapter.context_dim is 64"),
        ("denoiser", {"in_channels": 64}, "4 x vae.latent_channels = 16"),
    ],
)
def test_parts_that_contradict_each_other_are_refused(
    tiny: NexusConfig, part: str, change: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        replace(tiny, **{part: replace(getattr(tiny, part), **change)})


def test_nano_sees_81_units_in_windows_of_3_by_3() -> None:
    vision = NexusConfig.nano().vision
    assert (144 // vision.unit) ** 2 == 81
    assert vision.window_units == 3


def test_nano_draws_288_pixels_from_81_packed_latents() -> None:
    vae = NexusConfig.nano().vae
    assert vae.factor == 16
    assert (288 // vae.factor // 2) ** 2 == 81
