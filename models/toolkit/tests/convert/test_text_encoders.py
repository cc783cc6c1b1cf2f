"""The constants that replace FLUX's text encoders. Both are held to transformers in `parity/test_text_encoders.py`."""

from __future__ import annotations

import math
from pathlib import Path

import torch
from torch import Tensor

from darkroom_toolkit.convert.synthetic import random_tensors
from darkroom_toolkit.convert.text_encoders import CLIP_EMPTY, ClipConfig, T5Config, _buckets, clip_pooled, t5_rows

CLIP = ClipConfig(layers=2, hidden=24, mlp=96, heads=3, vocab=49_408, positions=77)
T5 = T5Config(layers=2, hidden=32, mlp=80, heads=4, head_dim=8, vocab=50)


def weights(shapes: dict[str, tuple[int, ...]]) -> dict[str, Tensor]:
    return random_tensors(shapes, torch.Generator().manual_seed(3))


def test_the_pooled_vector_depends_on_two_tokens_and_two_places_only() -> None:
    state = weights(CLIP.shapes())
    pooled = clip_pooled(CLIP, state.__getitem__)
    others = {name: tensor.clone() for name, tensor in state.items()}
    others["text_model.embeddings.token_embedding.weight"][: CLIP_EMPTY[0]] = 9
    others["text_model.embeddings.position_embedding.weight"][2:] = 9
    assert pooled.shape == (24,) and torch.equal(clip_pooled(CLIP, others.__getitem__), pooled)
    others["text_model.embeddings.position_embedding.weight"][1] = 9
    assert not torch.equal(clip_pooled(CLIP, others.__getitem__), pooled)


def test_buckets_tell_near_rows_apart_and_far_rows_by_the_logarithm_of_their_distance() -> None:
    buckets = _buckets(300, T5)
    row = buckets[150]
    assert row[150 - 7 : 151].tolist() == [7, 6, 5, 4, 3, 2, 1, 0]
    assert row[151:158].tolist() == [17, 18, 19, 20, 21, 22, 23]
    assert [int(row[150 - distance]) for distance in (8, 11, 12, 16, 64, 91, 128, 150)] == [8, 8, 9, 10, 14, 15, 15, 15]
    assert int(row.max()) == 31


def test_padding_takes_part_so_the_number_of_rows_matters() -> None:
    state = weights(T5.shapes())
    long, short = (t5_rows(T5, state.__getitem__, length) for length in (16, 8))
    assert long.shape == (16, 32)
    assert not torch.allclose(long[:8], short, atol=1e-3)


def test_without_a_config_beside_them_the_encoders_have_the_published_sizes(tmp_path: Path) -> None:
    clip, t5 = ClipConfig.read(tmp_path / "config.json"), T5Config.read(tmp_path / "config.json")
    # The tables say 123,060,480 and 4,762,310,656 parameters: nexus-gen.md 1.1.
    assert sum(math.prod(shape) for shape in clip.shapes().values()) == 123_060_480
    assert sum(math.prod(shape) for shape in t5.shapes().values()) == 4_762_310_656


def test_progress_is_told_after_each_layer() -> None:
    told: list[None] = []
    t5_rows(T5, weights(T5.shapes()).__getitem__, 4, lambda: told.append(None))
    assert len(told) == 2
