"""Prefilled against plain autoregression: the paper's claim (arXiv 2504.21356, section 3.2), at the size of nexus-nano.

Two language models from the same start see the same prompts in the same order for the same number of steps. They differ in what
stands in the rows of a picture while it is written: learned rows that never change (*prefilled*: one pass gives all 81 embeddings), or
the embeddings before (*plain*: the true ones in training, its own at inference, one pass each). Both are asked for pictures of
held-out prompts. Measured are the distance of each of the 81 embeddings from the true one, and how many prompts of each of GenEval's
six categories are met by the scene that the tower's readout finds in the embeddings.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch.nn import functional as F
from tqdm import tqdm

from ..nexus import LanguageModel, NexusConfig, VisionTower, initialise
from ..world.checker import check_prompt
from ..world.draw import draw
from ..world.language import GENEVAL_CATEGORIES, PromptSample, sample_prompt
from ..world.scene import codes_to_scene
from .common import Stage
from .language import IMAGE_WEIGHT, READOUT_WEIGHT, TEXT_WEIGHT, Losses, load_parts
from .sequences import GENERATED, IGNORED, IMAGE_TOKENS, Batch, Layout, Row, Turn, collate
from .tower import Readout
from .vision import embed_codes

BATCH = 24
MODES = ("prefilled", "plain")


@dataclass
class Outcome:
    """What one way of writing pictures reached with one seed."""

    mode: str  # prefilled, plain, or plain with the true embeddings before (`forced`)
    seed: int
    steps: int
    #: 1 - cosine similarity at each of the 81 positions, averaged over prompts.
    distance: list[float]
    #: Share of prompts met, per category.
    right: dict[str, float]
    cases: int


class CountedStage(Stage):
    """A stage of a number of steps rather than minutes, so that both models learn from equally many."""

    steps = 1

    @property
    def progress(self) -> float:
        return min(self.step / self.steps, 1.0)

    @property
    def spent(self) -> str:
        return f"of {self.steps}"


class WritingLosses(Losses):
    """Losses of a model whose picture rows are learned ones or the embeddings themselves."""

    def __init__(self, config: NexusConfig, readout: Readout, mode: str) -> None:
        super().__init__(config, readout)
        self.mode = mode

    def predict(self, model: LanguageModel, batch: Batch, truth: torch.Tensor) -> torch.Tensor:
        if self.mode == "prefilled":
            return super().predict(model, batch, truth)
        rows = model.token_rows(batch.ids).flatten(0, 1)
        rows = rows.index_copy(0, batch.picture_rows.flatten(), truth.to(rows.dtype).flatten(0, 1))
        cos, sin = self.tables(batch.positions)
        hidden, _, _ = model(rows.unflatten(0, batch.shape), cos, sin)
        return hidden.flatten(0, 1)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--steps", type=int, default=1500, help=f"training steps of {BATCH} prompts for each model (default: 1500)")
    parser.add_argument("--seeds", type=int, default=3, help="how many seeds (default: 3)")
    parser.add_argument("--cases", type=int, default=100, help="held-out prompts per category (default: 100)")
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="folder of checkpoints and results; must hold the tower's (default: runs)")
    parser.add_argument("--out", type=Path, help="page to write, its plot beside it (default: docs/prefilled-autoregression.md of the checkout)")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads (default: 1)")


def main(arguments: argparse.Namespace) -> None:
    """Train and measure what is not there yet, then write the page from all of it."""
    from .prefilled_page import write_page

    torch.set_num_threads(arguments.threads)
    folder: Path = arguments.runs / "prefilled"
    folder.mkdir(parents=True, exist_ok=True)
    outcomes: list[Outcome] = []
    for seed in range(1, arguments.seeds + 1):
        for mode in MODES:
            path = folder / f"{mode}-{seed}-{arguments.steps}-{arguments.cases}.json"
            if not path.exists():
                found = _run(mode, seed, arguments, folder)
                path.write_text(json.dumps([asdict(outcome) for outcome in found]), encoding="utf-8")
            outcomes += [Outcome(**values) for values in json.loads(path.read_text(encoding="utf-8"))]
    out = arguments.out or Path(__file__).resolve().parents[4] / "docs" / "prefilled-autoregression.md"
    write_page(outcomes, out, f"darkroom-toolkit prefilled --steps {arguments.steps} --seeds {arguments.seeds} --cases {arguments.cases}")
    print(f"{out} written")


def _run(mode: str, seed: int, arguments: argparse.Namespace, folder: Path) -> list[Outcome]:
    config, tokenizer, tower, readout = load_parts(arguments.runs)
    model = train(mode, seed, arguments.steps, config, tokenizer, tower, readout, folder)
    rows, samples = held_out_prompts(arguments.cases, Layout(tokenizer))
    ways = ("prefilled",) if mode == "prefilled" else ("forced", "plain")
    return [
        measure(way, seed, arguments.steps, rows, samples, model, WritingLosses(config, readout, mode), tower, readout, tokenizer.token_to_id("<|endoftext|>"))
        for way in ways
    ]


def prompt_row(sample: PromptSample, language: str, layout: Layout) -> Row:
    """A prompt and its picture."""
    return layout.row([Turn("user", [sample.text]), Turn("assistant", [GENERATED[language], sample.scene], learned=True)])


def prompts(rng: random.Random, layout: Layout) -> Iterator[Row]:
    while True:
        language = "en" if rng.random() < 0.6 else "zh"
        yield prompt_row(sample_prompt(rng, language, "train", 4), language, layout)


def train(
    mode: str, seed: int, steps: int, config: NexusConfig, tokenizer: Tokenizer, tower: VisionTower, readout: Readout, folder: Path
) -> LanguageModel:
    """A language model that draws, trained from nothing; resumes from its checkpoint in `folder`."""
    torch.manual_seed(seed)
    model = initialise(LanguageModel(config.language), depth=config.language.layers, embedding_std=0.5, prefill_std=0.5)
    torch.nn.init.normal_(model.lm_head.weight, std=0.02)
    stage = CountedStage(f"{mode}-{seed}-{steps}", {"language": model}, folder, minutes=1, peak_rate=1.2e-3, weight_decay=0.05, average_decay=0.998, muon=True)
    stage.steps = steps
    stage.restore()
    losses, pad = WritingLosses(config, readout, mode), tokenizer.token_to_id("<|endoftext|>")
    source = prompts(random.Random(1000 * seed), Layout(tokenizer))
    for _ in range(stage.step * BATCH):  # both models see the same prompts, also when one was interrupted
        next(source)
    while stage.running():
        batch = collate([next(source) for _ in range(BATCH)], pad)
        words, regression, judged, report = losses(stage.working["language"], batch, embed_codes(tower, batch.codes, noise=3.0))
        assert regression is not None and judged is not None
        words = words / batch.weights[batch.labels != IGNORED].sum()
        stage.update(TEXT_WEIGHT * words + IMAGE_WEIGHT * regression + READOUT_WEIGHT * judged, report)
    averaged = stage.averages["language"]
    assert isinstance(averaged, LanguageModel)
    return averaged.eval()


def held_out_prompts(per_category: int, layout: Layout) -> tuple[list[Row], list[tuple[str, PromptSample]]]:
    """Prompts that training never saw, half of them Chinese, shortest first, so that pictures of a batch begin at the same row."""
    rng, found = random.Random(30_000), []
    for category in GENEVAL_CATEGORIES:
        for index in range(per_category):
            language = ("en", "zh")[index % 2]
            sample = sample_prompt(rng, language, "test", 4, category)
            found.append((prompt_row(sample, language, layout), (category, sample)))
    found.sort(key=lambda pair: pair[0].pictures[0][0])
    return [row for row, _ in found], [sample for _, sample in found]


@torch.no_grad()
def measure(
    mode: str, seed: int, steps: int, rows: Sequence[Row], samples: Sequence[tuple[str, PromptSample]],
    model: LanguageModel, losses: WritingLosses, tower: VisionTower, readout: Readout, pad: int,
) -> Outcome:
    """Write the picture of every prompt and hold it to the true one."""
    distances, right = torch.zeros(IMAGE_TOKENS), {category: 0 for category in GENEVAL_CATEGORIES}
    for picked in tqdm(list(batches(rows)), desc=f"{mode} {seed}", mininterval=10):
        batch = collate([rows[index] for index in picked], pad)
        truth = embed_codes(tower, batch.codes)
        predicted = free_running(model, losses, batch) if mode == "plain" else _written(model, losses, batch, truth)
        distances += (1 - F.cosine_similarity(predicted, truth, dim=-1)).sum(dim=0)
        for index, codes in zip(picked, readout.read_codes(predicted), strict=True):
            category, sample = samples[index]
            right[category] += bool(check_prompt(sample, draw(codes_to_scene(codes.numpy()))))
    per_category = len(rows) / len(right)
    return Outcome(
        mode, seed, steps, (distances / len(rows)).tolist(), {name: count / per_category for name, count in right.items()}, int(per_category)
    )


def _written(model: LanguageModel, losses: WritingLosses, batch: Batch, truth: torch.Tensor) -> torch.Tensor:
    """All embeddings of one pass, float32 [B, 81, E]."""
    hidden = losses.predict(model, batch, truth)
    return model.vision_head(hidden[batch.picture_rows - 1]).float()


def free_running(model: LanguageModel, losses: WritingLosses, batch: Batch) -> torch.Tensor:
    """Embeddings written one after the other, each behind those that the model wrote before, float32 [B, 81, E].

    The pictures of the batch must begin at the same row.
    """
    size, length = batch.shape
    begins = batch.picture_rows[:, 0] - torch.arange(size) * length
    start = int(begins[0])
    if bool((begins != start).any()):
        raise ValueError(f"pictures of one batch must begin at the same row, got {begins.tolist()}")
    cos, sin = losses.tables(batch.positions)
    hidden, keys, values = model(model.token_rows(batch.ids[:, :start]), cos[:, :start], sin[:, :start])
    written = []
    for index in range(start, start + IMAGE_TOKENS):
        written.append(model.vision_head(hidden[:, -1:]))
        mask = torch.zeros(size, 1, 1, index + 1)
        hidden, key, value = model(written[-1], cos[:, index : index + 1], sin[:, index : index + 1], mask, keys, values)
        keys, values = torch.cat((keys, key), dim=3), torch.cat((values, value), dim=3)
    return torch.cat(written, dim=1).float()


def batches(rows: Sequence[Row]) -> Iterator[range]:
    """Neighbours whose pictures begin at the same row, at most BATCH at a time."""
    start = 0
    for index in range(1, len(rows) + 1):
        if index == len(rows) or index - start == BATCH or rows[index].pictures[0][0] != rows[start].pictures[0][0]:
            yield range(start, index)
            start = index
