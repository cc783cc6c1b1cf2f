"""Language model and token loop: every fast path equals the plain one (specification 2.5 to 2.7)."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from darkroom_toolkit.nexus import LanguageModel
from darkroom_toolkit.nexus.rope import image_block_positions, mrope_positions, mrope_tables
from darkroom_toolkit.nexus.tokens import (
    CachedDecoder,
    SpecialTokens,
    attention_mask,
    choose_token,
    expand_placeholders,
    generate,
    prompt_rows,
)

SPECIAL = SpecialTokens(vision_start=45, vision_end=46, image=47, end=(48, 49))
TARGET = (3, 3)
PROMPT = [5, 17, 3, 22, 8]


def whole(model: LanguageModel, rows: Tensor, positions: Tensor) -> Tensor:
    """One pass over everything without cache or mask: the plainest way to run the decoder."""
    cos, sin = mrope_tables(positions.unsqueeze(1).expand(-1, len(rows), -1), model.config)
    return model(rows, cos.to(rows.dtype), sin.to(rows.dtype))[0]


def picture(units: int, width: int) -> Tensor:
    return torch.randn(units, width, generator=torch.Generator().manual_seed(9)).double()


class TestDecoder:
    def test_cached_decoding_equals_one_uncached_pass(self, language: LanguageModel) -> None:
        rows = language.token_rows(torch.tensor([[5, 17, 3, 22, 8, 30, 31]]))
        positions = torch.arange(7).expand(3, -1)
        decoder = CachedDecoder(language)
        pieces = [decoder.feed(rows[:, a:b], positions[:, a:b]) for a, b in [(0, 3), (3, 4), (4, 7)]]
        torch.testing.assert_close(torch.cat(pieces, dim=1), whole(language, rows, positions), atol=1e-12, rtol=0)

    def test_a_left_padded_batch_equals_each_sequence_alone(self, language: LanguageModel) -> None:
        sequences = [[5, 17, 3, 22, 8], [9, 4]]
        padded = torch.tensor([sequences[0], [0, 0, 0, *sequences[1]]])
        positions = torch.stack(
            [mrope_positions(ids.tolist(), [], SPECIAL.image, padding=pad).positions for ids, pad in zip(padded, (0, 3))], dim=1
        )
        decoder = CachedDecoder(language, left_padding=(0, 3))
        out = decoder.feed(language.token_rows(padded), positions)
        following = decoder.feed(language.token_rows(torch.tensor([[6], [6]])), torch.tensor([5, 2]).expand(3, -1).unsqueeze(-1))
        for index, ids in enumerate(sequences):
            rows = language.token_rows(torch.tensor([[*ids, 6]]))
            alone = whole(language, rows, torch.arange(len(ids) + 1).expand(3, -1))[0]
            torch.testing.assert_close(out[index, -len(ids) :], alone[:-1], atol=1e-12, rtol=0)
            torch.testing.assert_close(following[index, 0], alone[-1], atol=1e-12, rtol=0)

    def test_padding_rows_are_numbers(self, language: LanguageModel) -> None:
        out = CachedDecoder(language, left_padding=(2,)).feed(
            language.token_rows(torch.tensor([[0, 0, 5]])), torch.zeros(3, 3, dtype=torch.int64)
        )
        assert out.isfinite().all()

    def test_only_new_keys_and_values_are_returned(self, language: LanguageModel) -> None:
        rows = language.token_rows(torch.tensor([[5, 17]]))
        cos, sin = mrope_tables(torch.zeros(3, 1, 2), language.config)
        past = torch.zeros(3, 1, 2, 4, 12).double()
        _, keys, values = language(rows, cos.double(), sin.double(), attention_mask(2, 4).double(), past, past)
        assert keys.shape == values.shape == (3, 1, 2, 2, 12)

    def test_a_cache_without_mask_is_refused(self, language: LanguageModel) -> None:
        past = torch.zeros(3, 1, 2, 4, 12).double()
        with pytest.raises(ValueError, match="mask must be given"):
            language(torch.zeros(1, 1, 36).double(), torch.zeros(1, 1, 12), torch.zeros(1, 1, 12), None, past, past)

    def test_the_mask_is_aligned_to_the_newest_row(self) -> None:
        visible = attention_mask(2, cached=3, left_padding=(0, 2)) == 0
        assert visible[0, 0].tolist() == [[True] * 4 + [False], [True] * 5]
        assert visible[1, 0].tolist() == [[False, False, True, True, False], [False, False, True, True, True]]


class TestImageBlock:
    def collect(self, model: LanguageModel, prefill: Tensor, steps: list[slice]) -> Tensor:
        """Embeddings of a block behind PROMPT, its rows fed in the given pieces."""
        decoder = CachedDecoder(model)
        decoder.feed(model.token_rows(torch.tensor([PROMPT])), torch.arange(5).expand(3, -1))
        rows = torch.cat((model.token_rows(torch.tensor([SPECIAL.vision_start])), prefill)).unsqueeze(0)
        positions = image_block_positions(5, *TARGET)
        out = torch.cat([decoder.feed(rows[:, piece], positions[:, piece]) for piece in steps], dim=1)
        return model.vision_head(out[0, :-1])

    def test_one_pass_equals_row_by_row(self, language: LanguageModel) -> None:
        prefill = language.prefill_rows()
        one_by_one = self.collect(language, prefill, [slice(i, i + 1) for i in range(10)])
        in_one = self.collect(language, prefill, [slice(0, 10)])
        assert in_one.shape == (9, 36)
        torch.testing.assert_close(in_one, one_by_one, atol=1e-12, rtol=0)

    def test_the_last_prefill_row_changes_no_embedding(self, language: LanguageModel) -> None:
        before = self.collect(language, language.prefill_rows(), [slice(0, 10)])
        changed = language.prefill_rows().clone()
        changed[-1] += 1
        torch.testing.assert_close(self.collect(language, changed, [slice(0, 10)]), before, atol=0, rtol=0)

    def test_the_first_prefill_row_changes_every_embedding_but_the_first(self, language: LanguageModel) -> None:
        before = self.collect(language, language.prefill_rows(), [slice(0, 10)])
        changed = language.prefill_rows().clone()
        changed[0] += 1
        moved = (self.collect(language, changed, [slice(0, 10)]) - before).abs().amax(dim=1)
        assert moved[0] == 0
        assert (moved[1:] > 1e-6).all()


class TestGenerate:
    @pytest.mark.parametrize("resume", ["grid", "sequence"])
    def test_one_pass_and_sequential_generation_agree(self, language: LanguageModel, resume: str) -> None:
        ids = [*PROMPT, SPECIAL.vision_start]
        options = {"target_grid": TARGET, "max_new_tokens": 20, "resume": resume}
        fast = generate(language, ids, SPECIAL, one_pass=True, **options)
        plain = generate(language, ids, SPECIAL, one_pass=False, **options)
        assert fast.tokens == plain.tokens
        assert fast.tokens[:10] == [SPECIAL.image] * 9 + [SPECIAL.vision_end]
        torch.testing.assert_close(fast.images[0], plain.images[0], atol=1e-12, rtol=0)

    def test_a_picture_in_the_prompt_is_seen(self, language: LanguageModel) -> None:
        ids = expand_placeholders([5, SPECIAL.vision_start, SPECIAL.image, SPECIAL.vision_end, 8, SPECIAL.vision_start], [6], SPECIAL.image)
        options = {"grids": [(1, 4, 6)], "target_grid": TARGET, "max_new_tokens": 10}
        seen = generate(language, ids, SPECIAL, embeddings=[picture(6, 36)], **options)
        other = generate(language, ids, SPECIAL, embeddings=[-picture(6, 36)], **options)
        plain = generate(language, ids, SPECIAL, embeddings=[picture(6, 36)], one_pass=False, **options)
        assert (seen.images[0] - other.images[0]).abs().max() > 1e-3
        torch.testing.assert_close(seen.images[0], plain.images[0], atol=1e-12, rtol=0)

    def test_forcing_a_picture_equals_the_teacher_forced_pass(self, language: LanguageModel) -> None:
        ids = [*PROMPT, SPECIAL.vision_start]
        answer = generate(language, ids, SPECIAL, target_grid=TARGET, max_new_tokens=10)
        rows = torch.cat((language.token_rows(torch.tensor(ids)), language.prefill_rows())).unsqueeze(0)
        positions = mrope_positions([*ids, *[SPECIAL.image] * 9], [(1, 6, 6)], SPECIAL.image).positions
        hidden = whole(language, rows, positions)[0]
        torch.testing.assert_close(answer.images[0], language.vision_head(hidden[5:14]), atol=1e-12, rtol=0)

    def test_text_behind_a_picture_continues_as_in_training(self, language: LanguageModel) -> None:
        """With `resume="grid"` the loop gives the tokens of a full-sequence computation; "sequence" leaves a gap."""
        ids = [*PROMPT, SPECIAL.vision_start]
        tokens = generate(language, ids, SPECIAL, target_grid=TARGET, max_new_tokens=11).tokens
        sequence = ids + tokens[:10]
        rows = torch.cat(
            (language.token_rows(torch.tensor(ids)), language.prefill_rows(), language.token_rows(torch.tensor(tokens[9:10])))
        ).unsqueeze(0)
        hidden = whole(language, rows, mrope_positions(sequence, [(1, 6, 6)], SPECIAL.image).positions)[0, -1]
        assert tokens[10] == choose_token(language.lm_head(hidden), sequence, forbidden=(SPECIAL.vision_end,))

    def test_a_second_picture_has_embeddings_of_its_own(self, language: LanguageModel) -> None:
        # A head that always answers vision_start: every text step opens another picture.
        with torch.no_grad():
            language.model.norm.weight.zero_()
            language.model.norm.register_forward_hook(lambda _module, _inputs, out: out + 1)
            language.lm_head.weight.zero_()
            language.lm_head.weight[SPECIAL.vision_start] = 1
        answer = generate(language, PROMPT, SPECIAL, target_grid=TARGET, max_new_tokens=22)
        assert answer.tokens == ([SPECIAL.vision_start, *[SPECIAL.image] * 9, SPECIAL.vision_end]) * 2
        assert len(answer.images) == 2

    def test_an_answer_ends_at_an_end_token_or_at_its_limit(self, language: LanguageModel) -> None:
        assert len(generate(language, PROMPT, SPECIAL, target_grid=TARGET, max_new_tokens=1).tokens) == 1
        with torch.no_grad():
            language.lm_head.weight.zero_()
            language.lm_head.weight[SPECIAL.end[1]] = 100
            language.model.norm.register_forward_hook(lambda _module, _inputs, out: out.abs() + 1)
        assert generate(language, PROMPT, SPECIAL, target_grid=TARGET).tokens == [SPECIAL.end[1]]

    def test_a_grid_that_the_model_does_not_make_is_refused(self, language: LanguageModel) -> None:
        with pytest.raises(ValueError, match="has 16 places, the model makes 9"):
            generate(language, PROMPT, SPECIAL, target_grid=(4, 4))


class TestTokens:
    def test_placeholders_expand_in_order(self) -> None:
        assert expand_placeholders([1, 47, 2, 47], [3, 1], 47) == [1, 47, 47, 47, 2, 47]
        with pytest.raises(ValueError, match="2 image placeholder.* but 1 picture"):
            expand_placeholders([47, 47], [3], 47)

    def test_picture_rows_must_match_their_placeholders(self, language: LanguageModel) -> None:
        with pytest.raises(ValueError, match="2 image tokens in the prompt, but 3 image embeddings"):
            prompt_rows(language, [1, 47, 47], [picture(3, 36)], 47)

    def test_a_forbidden_token_is_never_chosen(self) -> None:
        assert choose_token(torch.tensor([5.0, 4.0, 1.0]), [], forbidden=(0,)) == 1

    def test_seen_tokens_are_penalised_on_either_side_of_zero(self) -> None:
        assert choose_token(torch.tensor([1.02, 1.0]), seen=[0], penalty=1.05) == 1
        assert choose_token(torch.tensor([-1.0, -1.02]), seen=[0, 0], penalty=1.05) == 1
        assert choose_token(torch.tensor([1.1, 1.0]), seen=[0], penalty=1.05) == 0

    def test_choosing_leaves_the_logits_unchanged(self) -> None:
        logits = torch.tensor([1.0, 2.0])
        choose_token(logits, [0, 1], forbidden=(1,))
        assert logits.tolist() == [1.0, 2.0]
