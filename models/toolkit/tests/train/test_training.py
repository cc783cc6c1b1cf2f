"""What training is made of: what is asked of a picture first, what weighs more, what a step may not change."""

from __future__ import annotations

import pickle
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from darkroom_toolkit.bundle.tokenizer import train_tokenizer
from darkroom_toolkit.nexus import PatchDecoder
from darkroom_toolkit.train.common import Stage
from darkroom_toolkit.train.language import BUSY_WEIGHT, Sampler, Steps, cell_weights
from darkroom_toolkit.train.sequences import Layout, Row, Turn, collate
from darkroom_toolkit.world.scene import COLOURS, Scene, SceneObject, scene_to_codes
from tokenizers import Tokenizer
from torch.utils.data import DataLoader

EMPTY = Scene(0, ())
CIRCLE = Scene(0, (SceneObject(0, 0, 0, 4),))
BLUE_CIRCLE = Scene(0, (SceneObject(0, COLOURS.index("blue"), 0, 4),))


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    folder: Path = tmp_path_factory.mktemp("tokenizer")
    train_tokenizer(["what colour is the circle? red. user assistant system You are a helpful assistant."] * 4, vocab_size=400, out_dir=folder)
    return Layout(Tokenizer.from_file(str(folder / "tokenizer.json")))


def codes(*scenes: Scene) -> torch.Tensor:
    return torch.from_numpy(np.stack([scene_to_codes(scene) for scene in scenes]))


def first_question(row: Row, layout: Layout) -> str:
    """What follows the picture of a row, up to the end of the turn."""
    start = row.pictures[0][0] + 82
    end = row.ids.index(layout.turn_end, start)
    return layout.tokenizer.decode(row.ids[start:end])


def test_the_first_question_about_a_picture_is_of_any_kind(layout: Layout) -> None:
    """Were it always a caption, everything else that follows a picture would look like an edit."""
    sampler = Sampler(layout, random.Random(1))
    firsts = [first_question(sampler.reading(4), layout).lower() for _ in range(200)]
    assert any(words.startswith("how many") for words in firsts)
    assert any(words.startswith("is there") for words in firsts)
    assert any(words.startswith(("what colour", "what color")) for words in firsts)


def test_most_questions_come_before_the_answer_that_tells_them_all(layout: Layout) -> None:
    """Behind a caption, every other answer can be read off the words instead of the picture."""
    sampler = Sampler(layout, random.Random(2))
    behind = ahead = 0
    for _ in range(300):
        answers = spoken(sampler.reading(4), layout)
        longest = max(range(len(answers)), key=lambda index: len(answers[index]))
        if len(answers[longest]) > 40:
            ahead, behind = ahead + longest, behind + len(answers) - 1 - longest
    assert ahead > 2 * behind > 0


def spoken(row: Row, layout: Layout) -> list[str]:
    """The answers of a row, in order."""
    answers, words = [], []
    for token, label in zip(row.ids, row.labels, strict=True):
        if label == -100:
            continue
        if token == layout.turn_end:
            answers.append(layout.tokenizer.decode(words))
            words = []
        else:
            words.append(token)
    return answers


def test_a_word_of_a_short_answer_counts_more_than_one_of_a_long_answer(layout: Layout) -> None:
    row = layout.row([Turn("assistant", ["red"], learned=True), Turn("assistant", ["red " * 30], learned=True)])
    batch = collate([row], pad=0)
    weights = batch.weights[batch.labels != -100]
    short, long = weights.max().item(), weights.min().item()
    count = (weights == weights.min()).sum().item()
    assert long < short < count * long


def test_cells_that_hold_or_held_something_weigh_more_than_bare_ones() -> None:
    kept, moved = SceneObject(0, 0, 0, 0), SceneObject(1, 1, 0, 4)
    weights = cell_weights(codes(Scene(0, (kept, replace(moved, cell=8)))), codes(Scene(0, (kept, moved)))).view(9, 9)
    bare = weights[0, 8].item()
    for busy in (weights[0, 0], weights[4, 4], weights[8, 8]):
        assert busy.item() == pytest.approx(BUSY_WEIGHT * bare)
    assert weights.mean().item() == pytest.approx(1)


def test_a_new_background_changes_every_cell() -> None:
    assert torch.equal(cell_weights(codes(Scene(1, ())), codes(EMPTY)), torch.ones(1, 81))


def test_a_batch_knows_the_picture_before_each(layout: Layout) -> None:
    edit = layout.row([Turn("user", [CIRCLE, " make it blue"]), Turn("assistant", ["Here: ", BLUE_CIRCLE], learned=True)])
    drawing = layout.row([Turn("user", ["a circle"]), Turn("assistant", ["Here: ", CIRCLE], learned=True)])
    batch = collate([edit, drawing], pad=0)
    assert torch.equal(batch.codes, codes(CIRCLE, BLUE_CIRCLE, CIRCLE))
    assert torch.equal(batch.before, codes(EMPTY, CIRCLE, EMPTY))
    assert batch.answered.tolist() == [False, True, True]


def test_a_batch_travels_between_processes_by_value(layout: Layout) -> None:
    batch = collate([Sampler(layout, random.Random(8)).conversation(4) for _ in range(3)], 0)
    travelled = pickle.loads(pickle.dumps(batch))
    for name, value in vars(batch).items():
        assert torch.equal(value, getattr(travelled, name)), name
        assert value.data_ptr() != getattr(travelled, name).data_ptr(), name


def test_every_worker_makes_rows_of_its_own(layout: Layout) -> None:
    loader = DataLoader(Steps(layout, 1, None, 0), batch_size=None, num_workers=2)
    (_, first, _), *_ = next(steps := iter(loader))
    (_, second, _), *_ = next(steps)
    assert first.ids.shape != second.ids.shape or not torch.equal(first.ids, second.ids)


def test_the_preview_decoder_makes_a_patch_of_pixels_from_each_latent() -> None:
    decoder = PatchDecoder(16, width=8, patch=4)
    latents = torch.randn(2, 16, 5, 7)
    pixels = decoder(latents)
    assert pixels.shape == (2, 3, 20, 28)
    # Two convolutions of three: a latent is seen two places away and no further.
    latents[:, :, 0, 0] += 1
    changed = (decoder(latents) - pixels).abs().amax(dim=(0, 1)) > 0
    assert changed[:12, :12].any()
    assert not changed[12:].any() and not changed[:, 12:].any()


@pytest.mark.parametrize("muon", [False, True])
def test_a_stage_resumes_where_it_was(tmp_path: Path, muon: bool) -> None:
    def stage(model: torch.nn.Module) -> Stage:
        return Stage("toy", {"toy": model}, tmp_path, minutes=1, peak_rate=1e-2, muon=muon)

    def model() -> torch.nn.Module:
        torch.manual_seed(0)
        return torch.nn.ModuleDict({"layers": torch.nn.ModuleList([torch.nn.ModuleDict({"w": torch.nn.Linear(4, 4)})])})

    def train(run: Stage, steps: int) -> None:
        for _ in range(steps):
            working = run.working["toy"]
            loss = working["layers"][0]["w"](torch.ones(1, 4).bfloat16()).float().square().sum()
            run.elapsed = 0.0  # the rate follows the clock, and two runs must not differ by that
            run.update(loss, {"loss": loss.item()})

    whole, halves = stage(model()), stage(model())
    train(whole, 4)
    train(halves, 2)
    halves.save()
    resumed = stage(model())
    resumed.restore()
    train(resumed, 2)
    assert resumed.step == 4
    for name, tensor in whole.modules["toy"].state_dict().items():
        assert torch.equal(resumed.modules["toy"].state_dict()[name], tensor), name


def test_a_loss_that_the_working_copies_have_no_part_in_is_refused(tmp_path: Path) -> None:
    """Otherwise a stage would run to its end without learning anything."""
    module = torch.nn.Linear(2, 2)
    stage = Stage("linear", {"linear": module}, tmp_path, minutes=1, peak_rate=1e-3)
    with pytest.raises(ValueError, match="working copies"):
        stage.update(module(torch.ones(1, 2)).sum(), {})


class Convolution(torch.nn.Module):
    """One that is called as those inside the blocks are."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.block = torch.nn.Conv2d(3, 4, 3)

    def loss(self, pixels: torch.Tensor) -> torch.Tensor:
        return self.block(pixels).float().square().sum()


@pytest.mark.parametrize("muon", [False, True])
def test_each_tap_of_a_convolution_follows_its_own_gradient(tmp_path: Path, muon: bool) -> None:
    """The working copies lie in memory with channels last, and not every optimiser heeds that."""
    pixels = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(1)).bfloat16()
    module, before, reference = Convolution(), Convolution(), Convolution().bfloat16()
    stage = Stage("convolution", {"module": module}, tmp_path, minutes=1, peak_rate=1e-2, weight_decay=0.0, clip=1e9, muon=muon)
    copy = stage.working["module"]
    assert isinstance(copy, Convolution)
    stage.update(copy.loss(pixels), {})

    moved = (module.block.weight - before.block.weight).flatten(1)
    reference.loss(pixels).backward()
    assert reference.block.weight.grad is not None
    gradient = reference.block.weight.grad.float().flatten(1)
    if muon:  # the nearest matrix whose singular values are equal
        left, _, right = torch.linalg.svd(gradient, full_matrices=False)
        assert torch.nn.functional.cosine_similarity(moved.flatten(), -(left @ right).flatten(), dim=0) > 0.95
    else:  # the first step of AdamW has one length everywhere
        assert torch.equal(moved.sign(), -gradient.sign())
    assert torch.equal(copy.block.weight, module.block.weight.bfloat16())


def test_only_what_is_named_is_trained(tmp_path: Path) -> None:
    modules = {"left": torch.nn.Linear(2, 2), "right": torch.nn.Linear(2, 2)}
    before = {name: module.weight.clone() for name, module in modules.items()}
    stage = Stage("pair", modules, tmp_path, minutes=1, peak_rate=1e-1, only="right")
    rows = torch.ones(1, 2, dtype=torch.bfloat16)
    stage.update(sum(stage.working[name](rows).float().square().sum() for name in modules), {})
    assert torch.equal(modules["left"].weight, before["left"])
    assert not torch.equal(modules["right"].weight, before["right"])
    with pytest.raises(ValueError, match="nothing in stage pair is called middle"):
        Stage("pair", modules, tmp_path, minutes=1, peak_rate=1e-1, only="middle")
