"""Two ways of writing a picture's embeddings, compared fairly."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from darkroom_toolkit.bundle.tokenizer import train_tokenizer
from darkroom_toolkit.nexus import LanguageModel, NexusConfig, initialise
from darkroom_toolkit.train.prefilled import Outcome, WritingLosses, _written, free_running, prompt_row, prompts
from darkroom_toolkit.train.prefilled_page import findings, table
from darkroom_toolkit.train.sequences import Batch, Layout, collate
from darkroom_toolkit.train.tower import Readout
from darkroom_toolkit.world.language import GENEVAL_CATEGORIES, sample_prompt
from tokenizers import Tokenizer

NANO = NexusConfig.nano(vocab=600)
CONFIG = replace(NANO, language=replace(NANO.language, layers=2))


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    folder: Path = tmp_path_factory.mktemp("tokenizer")
    train_tokenizer(["a red circle above a small blue square. user assistant system You are a helpful assistant."] * 4, vocab_size=600, out_dir=folder)
    return Layout(Tokenizer.from_file(str(folder / "tokenizer.json")))


@pytest.fixture(scope="module")
def model() -> LanguageModel:
    torch.manual_seed(0)
    return initialise(LanguageModel(CONFIG.language), depth=2, embedding_std=0.5, prefill_std=0.5).requires_grad_(False)


def batch_of(layout: Layout, count: int) -> Batch:
    rng = random.Random(2)
    return collate([prompt_row(sample_prompt(rng, "en", "train", 2), "en", layout) for _ in range(count)], 0)


def losses(mode: str) -> WritingLosses:
    made = WritingLosses(CONFIG, Readout(CONFIG.language.hidden), mode)
    made.cos, made.sin = made.cos.float(), made.sin.float()
    return made


def test_a_plain_model_runs_behind_what_it_wrote_itself(layout: Layout, model: LanguageModel) -> None:
    batch, plain = batch_of(layout, 1), losses("plain")
    truth = torch.randn(1, 81, CONFIG.language.hidden)
    written = free_running(model, plain, batch)
    torch.testing.assert_close(_written(model, plain, batch, written), written, atol=1e-4, rtol=1e-4)
    assert (written - _written(model, plain, batch, truth)).abs().max() > 0.01, "behind the truth it writes something else"


def test_a_prefilled_model_does_not_see_the_picture_it_writes(layout: Layout, model: LanguageModel) -> None:
    batch, prefilled = batch_of(layout, 2), losses("prefilled")
    one, other = (_written(model, prefilled, batch, torch.randn(2, 81, CONFIG.language.hidden)) for _ in range(2))
    assert torch.equal(one, other)


def test_both_models_see_the_same_prompts(layout: Layout) -> None:
    one, other = prompts(random.Random(7), layout), prompts(random.Random(7), layout)
    assert [next(one).ids for _ in range(20)] == [next(other).ids for _ in range(20)]


@pytest.mark.parametrize(("plain", "verdict"), [(0.5, "as the paper says"), (0.9, "against what the paper says")])
def test_the_page_says_what_was_found_whichever_it_is(plain: float, verdict: str) -> None:
    def outcome(mode: str, share: float) -> Outcome:
        return Outcome(mode, 1, 10, [0.1] * 81, {category: share for category in GENEVAL_CATEGORIES}, 5)

    outcomes = [outcome("prefilled", 0.7), outcome("forced", 0.95), outcome("plain", plain)]
    assert verdict in findings(outcomes)
    assert f"{plain:.1%}" in table(outcomes)
