"""Vision tower: windows, batches and several pictures in one sequence."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from darkroom_toolkit.nexus import NexusConfig, VisionTower, initialise
from darkroom_toolkit.nexus.rope import VisionTables, vision_tables


@pytest.fixture
def tower(tiny: NexusConfig) -> VisionTower:
    tower = VisionTower(tiny.vision)
    initialise(tower, depth=3, generator=torch.Generator().manual_seed(2))
    return tower.double().eval()


def embed(tower: VisionTower, patches: Tensor, tables: VisionTables) -> Tensor:
    return tower(
        patches,
        tables.order,
        tables.inverse,
        tables.cos.double(),
        tables.sin.double(),
        tables.window_mask,
        tables.full_mask,
    )


def patches(tower: VisionTower, count: int, batch: int = 1) -> Tensor:
    return torch.randn(batch, count, tower.config.patch_dim, generator=torch.Generator().manual_seed(3)).double()


def test_one_embedding_per_unit(tower: VisionTower) -> None:
    tables = vision_tables([(1, 6, 10)], tower.config)
    assert embed(tower, patches(tower, 60, batch=2), tables).shape == (2, 15, 36)


def test_equal_windows_cut_into_a_batch_equal_masked_windows(tower: VisionTower) -> None:
    tables = vision_tables([(1, 8, 12)], tower.config)
    x = patches(tower, 96, batch=2)
    masked = embed(tower, x, tables)
    cut = tower(
        x, tables.order, tables.inverse, tables.cos.double(), tables.sin.double(), None, None, windows=tables.windows
    )
    assert tables.windows == 6
    torch.testing.assert_close(cut, masked, atol=1e-12, rtol=0)


def test_unequal_windows_need_a_mask(tower: VisionTower) -> None:
    tables = vision_tables([(1, 6, 10)], tower.config)
    with pytest.raises(ValueError, match="pass `window_mask`"):
        tower(patches(tower, 60), tables.order, tables.inverse, tables.cos, tables.sin, None, None, windows=tables.windows)


def test_two_pictures_in_one_sequence_equal_each_alone(tower: VisionTower) -> None:
    grids = [(1, 6, 10), (1, 4, 6)]
    first, second = patches(tower, 60), patches(tower, 24) + 1
    together = embed(tower, torch.cat((first, second), dim=1), vision_tables(grids, tower.config))
    apart = [embed(tower, x, vision_tables([grid], tower.config)) for x, grid in zip((first, second), grids)]
    torch.testing.assert_close(together, torch.cat(apart, dim=1), atol=1e-12, rtol=0)


def test_a_batch_equals_each_picture_alone(tower: VisionTower) -> None:
    tables = vision_tables([(1, 4, 6)], tower.config)
    batch = patches(tower, 24, batch=3)
    alone = torch.cat([embed(tower, picture.unsqueeze(0), tables) for picture in batch])
    torch.testing.assert_close(embed(tower, batch, tables), alone, atol=1e-12, rtol=0)


def test_repeated_frames_equal_one_frame(tower: VisionTower) -> None:
    tables = vision_tables([(1, 4, 4)], tower.config)
    once = torch.randn(1, 16, 3, 1, 16, generator=torch.Generator().manual_seed(4)).double()
    twice = once.expand(-1, -1, -1, 2, -1)
    torch.testing.assert_close(
        embed(tower, once.flatten(2), tables), embed(tower, twice.flatten(2), tables), atol=1e-12, rtol=0
    )


def test_windows_keep_far_patches_apart_until_a_full_block_joins_them(tiny: NexusConfig, tower: VisionTower) -> None:
    tables = vision_tables([(1, 8, 8)], tower.config)
    x = patches(tower, 64)
    changed = x.clone()
    changed[:, :4] += 1  # unit 0, in the first of four windows

    def touched() -> list[int]:
        difference = (embed(tower, changed, tables) - embed(tower, x, tables)).abs().amax(dim=(0, 2))
        return (difference > 1e-9).nonzero().flatten().tolist()

    assert touched() == list(range(16))
    full = tower.blocks[1]
    torch.nn.init.zeros_(full.attn.proj.weight)  # now nothing crosses windows
    assert touched() == [0, 1, 4, 5]


def test_the_output_norm_has_no_parameters_and_unit_variance(tiny: NexusConfig) -> None:
    normed = VisionTower(replace(tiny.vision, output_norm=True))
    assert normed.state_dict().keys() == VisionTower(tiny.vision).state_dict().keys()
    initialise(normed)
    tables = vision_tables([(1, 4, 4)], tiny.vision)
    out = normed(torch.randn(1, 16, 96), tables.order, tables.inverse, tables.cos, tables.sin, tables.window_mask, None)
    torch.testing.assert_close(out.mean(-1), torch.zeros(1, 4), atol=1e-5, rtol=0)
    torch.testing.assert_close(out.var(-1, unbiased=False), torch.ones(1, 4), atol=1e-2, rtol=0)
