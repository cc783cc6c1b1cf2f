"""Positions, window order and rotary tables (specification 2.2, 2.3, 4, 5.3, 6)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from darkroom_toolkit.nexus import NexusConfig
from darkroom_toolkit.nexus.layers import MASKED, rotate, rotate_interleaved
from darkroom_toolkit.nexus.rope import (
    flux_tables,
    grid_context_ids,
    image_block_positions,
    image_ids,
    merger_positions,
    mrope_positions,
    mrope_tables,
    patch_positions,
    vision_tables,
    zero_context_ids,
)

V2 = NexusConfig.nexus_gen_v2()
IMAGE, START, END, TEXT = 9, 7, 8, 1


class TestVisionWindows:
    @pytest.mark.parametrize(
        ("grid", "lengths"),
        [
            ((18, 18), [64, 64, 16, 64, 64, 16, 16, 16, 4]),
            ((36, 36), [64, 64, 64, 64, 32] * 4 + [32, 32, 32, 32, 16]),
            ((30, 42), ([64] * 5 + [16]) * 3 + [48] * 5 + [12]),
            ((16, 16), [64] * 4),
        ],
    )
    def test_window_lengths_are_the_published_ones(self, grid: tuple[int, int], lengths: list[int]) -> None:
        assert list(vision_tables([(1, *grid)], V2.vision).window_lengths) == lengths

    def test_units_are_read_window_by_window(self) -> None:
        order = vision_tables([(1, 18, 18)], V2.vision).order
        assert order[:18].tolist() == [0, 1, 2, 3, 9, 10, 11, 12, 18, 19, 20, 21, 27, 28, 29, 30, 4, 5]

    def test_the_inverse_undoes_the_order(self) -> None:
        tables = vision_tables([(1, 18, 18), (1, 4, 10)], V2.vision)
        assert tables.order[tables.inverse].tolist() == list(range(81 + 10))

    def test_pictures_in_one_sequence_stay_apart(self) -> None:
        tables = vision_tables([(1, 16, 16), (1, 4, 4)], V2.vision)
        assert tables.full_lengths == (256, 16)
        assert tables.order[64:].tolist() == [64, 65, 66, 67]
        assert (tables.full_mask[:256, 256:] == MASKED).all()
        assert (tables.full_mask[:256, :256] == 0).all()

    def test_rows_see_exactly_their_window(self) -> None:
        tables = vision_tables([(1, 18, 18)], V2.vision)
        starts = np.cumsum([0, *tables.window_lengths])
        for start, end in zip(starts, starts[1:]):
            visible = tables.window_mask[start] == 0
            assert visible.nonzero().flatten().tolist() == list(range(start, end))

    def test_equal_windows_are_counted_and_unequal_ones_are_not(self) -> None:
        assert vision_tables([(1, 16, 16)], V2.vision).windows == 4
        assert vision_tables([(1, 18, 18)], V2.vision).windows == 1

    def test_a_grid_that_cannot_be_merged_is_refused(self) -> None:
        with pytest.raises(ValueError, match="multiples of 2"):
            vision_tables([(1, 17, 18)], V2.vision)

    def test_rotary_rows_follow_the_window_order(self) -> None:
        tables = vision_tables([(1, 18, 18)], V2.vision)
        places = patch_positions(18, 18, 2).reshape(81, 4, 2)[tables.order].reshape(-1, 2)
        # The first frequency is 1: its angle is the row itself, and the 21st is the column itself.
        torch.testing.assert_close(tables.sin[:, 0], places[:, 0].float().sin())
        torch.testing.assert_close(tables.sin[:, 20], places[:, 1].float().sin())

    def test_rotary_frequencies_fall_by_the_base(self) -> None:
        tables = vision_tables([(1, 2, 2)], V2.vision)
        # Patch 2 is at row 1, column 0.
        expected = torch.tensor([10_000 ** (-2 * m / 40) for m in range(20)] + [0.0] * 20, dtype=torch.float64).sin().float()
        torch.testing.assert_close(tables.sin[2], torch.cat((expected, expected)))


class TestLanguagePositions:
    def test_the_worked_example(self) -> None:
        ids = [TEXT] * 3 + [START] + [IMAGE] * 6 + [END, TEXT, TEXT]
        result = mrope_positions(ids, [(1, 4, 6)], IMAGE)
        assert result.positions.tolist() == [
            [0, 1, 2, 3, 4, 4, 4, 4, 4, 4, 7, 8, 9],
            [0, 1, 2, 3, 4, 4, 4, 5, 5, 5, 7, 8, 9],
            [0, 1, 2, 3, 4, 5, 6, 4, 5, 6, 7, 8, 9],
        ]
        assert result.delta == -3

    def test_the_real_edit_prompt(self) -> None:
        ids = [TEXT] * 14 + [START] + [IMAGE] * 324 + [END, TEXT]
        result = mrope_positions(ids, [(1, 36, 36)], IMAGE)
        assert result.positions[:, 14].tolist() == [14] * 3
        image = result.positions[:, 15:339]
        assert set(image[0].tolist()) == {15}
        assert image[1].min() == image[2].min() == 15 and image[1].max() == image[2].max() == 32
        assert result.positions[:, 339].tolist() == [33] * 3
        assert result.delta == -306

    def test_text_alone_counts_up_on_all_axes(self) -> None:
        result = mrope_positions([TEXT] * 5, [], IMAGE)
        assert result.positions.tolist() == [list(range(5))] * 3
        assert result.delta == 0

    def test_left_padding_stands_at_one_and_does_not_count(self) -> None:
        result = mrope_positions([0, 0, TEXT, TEXT], [], IMAGE, padding=2)
        assert result.positions[0].tolist() == [1, 1, 0, 1]
        assert result.delta == -2

    def test_the_image_block_of_an_answer(self) -> None:
        block = image_block_positions(20, 9, 9)
        assert block[:, 0].tolist() == [20, 20, 20]
        for k in (0, 1, 8, 9, 80):
            assert block[:, k + 1].tolist() == [21, 21 + k // 9, 21 + k % 9]

    @pytest.mark.parametrize(
        ("ids", "grids", "message"),
        [
            ([START, IMAGE, END], [], "no grid"),
            ([START, IMAGE, END], [(1, 4, 4)], "needs 4 image tokens from index 1"),
            ([START, IMAGE, IMAGE], [(1, 4, 4)], "needs 4 image tokens"),
            ([TEXT], [(1, 4, 4)], "have no image tokens"),
        ],
    )
    def test_pictures_and_placeholders_must_match(
        self, ids: list[int], grids: list[tuple[int, int, int]], message: str
    ) -> None:
        with pytest.raises(ValueError, match=message):
            mrope_positions(ids, grids, IMAGE)


class TestLanguageTables:
    def test_the_three_sections_follow_time_row_and_column(self) -> None:
        positions = torch.tensor([[3], [5], [7]])
        cos, sin = mrope_tables(positions, V2.language)
        frequencies = [1_000_000 ** (-2 * m / 128) for m in range(64)]
        angles = [(3 if m < 16 else 5 if m < 40 else 7) * frequencies[m] for m in range(64)] * 2
        torch.testing.assert_close(cos[0], torch.tensor(angles, dtype=torch.float64).cos().float())
        torch.testing.assert_close(sin[0], torch.tensor(angles, dtype=torch.float64).sin().float())

    def test_more_sections_take_the_axes_in_turn(self) -> None:
        config = replace(V2.language, head_dim=12, mrope_section=(1,) * 6, rope_theta=100.0)
        _, sin = mrope_tables(torch.tensor([[3], [5], [7]]), config)
        turns = [position * 100 ** (-m / 6) for m, position in enumerate([3, 5, 7, 3, 5, 7])]
        torch.testing.assert_close(sin[0, :6], torch.tensor(turns, dtype=torch.float64).sin().float())

    def test_leading_axes_are_kept(self) -> None:
        cos, _ = mrope_tables(torch.zeros(3, 2, 5, dtype=torch.int64), V2.language)
        assert cos.shape == (2, 5, 128)

    def test_attention_scores_depend_on_distance_only(self) -> None:
        torch.manual_seed(0)
        q, k = torch.randn(128, dtype=torch.float64), torch.randn(128, dtype=torch.float64)

        def score(i: int, j: int) -> torch.Tensor:
            cos, sin = mrope_tables(torch.tensor([[i, j]] * 3), V2.language)
            cos, sin = cos.double(), sin.double()
            return rotate(q, cos[0], sin[0], 128) @ rotate(k, cos[1], sin[1], 128)

        torch.testing.assert_close(score(3, 10), score(13, 20), atol=1e-4, rtol=0)


class TestMergerPositions:
    def test_both_grids_cover_the_same_area(self) -> None:
        positions = merger_positions([(1, 18, 18), (1, 36, 36)], base_grid=72)
        target, reference = positions[:, :81], positions[:, 81:]
        assert positions.shape == (3, 405)
        assert sorted(set(target[1].tolist())) == [4.0 * i for i in range(9)]
        assert sorted(set(reference[2].tolist())) == [2.0 * i for i in range(18)]
        assert (positions[0] == 0).all()


class TestDenoiserTables:
    def test_image_ids_are_row_major(self) -> None:
        assert image_ids(2, 3).tolist() == [[0, 0, 0], [0, 0, 1], [0, 0, 2], [0, 1, 0], [0, 1, 1], [0, 1, 2]]

    def test_angles_of_one_axis_fall_by_the_base(self) -> None:
        cos, sin = flux_tables(torch.tensor([[1.0, 2.0, 3.0]]), V2.denoiser)
        angles = [1 * 10_000 ** (-2 * j / 16) for j in range(8)]
        angles += [2 * 10_000 ** (-2 * j / 56) for j in range(28)]
        angles += [3 * 10_000 ** (-2 * j / 56) for j in range(28)]
        torch.testing.assert_close(cos[0], torch.tensor(angles, dtype=torch.float64).cos().float())
        torch.testing.assert_close(sin[0], torch.tensor(angles, dtype=torch.float64).sin().float())

    def test_neighbouring_dimensions_turn_together(self) -> None:
        x = torch.tensor([1.0, 0.0, 0.0, 2.0]).reshape(1, 1, 1, 4)
        angle = torch.tensor([[0.3, 0.7]], dtype=torch.float64).float()
        turned = rotate_interleaved(x, angle.cos(), angle.sin(), 4).flatten()
        expected = [np.cos(0.3), np.sin(0.3), -2 * np.sin(0.7), 2 * np.cos(0.7)]
        torch.testing.assert_close(turned, torch.tensor(expected, dtype=torch.float32))

    def test_context_of_a_generation_stands_at_the_origin(self) -> None:
        assert not zero_context_ids(81).any()

    def test_context_of_an_edit_at_512_pixels(self) -> None:
        target = grid_context_ids(9, 9, 32, 32, plane=0, bfloat16=True)
        reference = grid_context_ids(18, 18, 32, 32, plane=1, bfloat16=True)
        rows = target.reshape(9, 9, 3)[:, 0, 1].tolist()
        assert rows == [0, 3.5625, 7.125, 10.6875, 14.25, 17.75, 21.375, 24.875, 28.5]
        columns = reference.reshape(18, 18, 3)[0, :, 2].tolist()
        assert columns[:4] == [0, 1.78125, 3.5625, 5.34375] and columns[-1] == 30.25
        assert (target[:, 0] == 0).all() and (reference[:, 0] == 1).all()

    def test_context_of_an_edit_at_1024_pixels(self) -> None:
        target = grid_context_ids(9, 9, 64, 64, bfloat16=True).reshape(9, 9, 3)[0, :, 2].tolist()
        assert target == [0, 7.125, 14.25, 21.375, 28.5, 35.5, 42.75, 49.75, 57]
        reference = grid_context_ids(18, 18, 64, 64, plane=1, bfloat16=True).reshape(18, 18, 3)[0, :, 2].tolist()
        assert reference[:2] == [0, 3.5625] and reference[-1] == 60.5

    def test_context_is_not_rounded_unless_asked(self) -> None:
        exact = grid_context_ids(9, 9, 32, 32).reshape(9, 9, 3)[1, 0, 1]
        assert exact.item() == pytest.approx(32 / 9, abs=1e-12)
