"""Train the language model: to read pictures, to answer with words, and to answer with the embeddings of a picture.

Four kinds of rows a step: descriptions and questions about a picture (several turns each), prompts to draw, edits of a picture,
and conversations. Losses as nexus-gen.md 8.3 (3 x cross-entropy of words, 3 x (0.5 MSE + 0.5 (1 - cosine)) of embeddings), plus
the tower's frozen readout on the predicted embeddings: what counts is that a decoder can read them. Embeddings of cells that hold
something weigh more than those of bare background.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch.nn import functional as F
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from ..nexus import LanguageModel, NexusConfig, VisionTower, initialise
from ..nexus.rope import mrope_tables
from ..world.language import sample_conversation, sample_edit, sample_prompt, sample_question, sample_refusal, sample_smalltalk
from ..world.scene import Scene, random_scene
from .common import Stage, load_average
from .pictures import cell_of_token
from .sequences import EDITED, GENERATE, GENERATED, IGNORED, Batch, Layout, Row, Turn, collate
from .tokenizer import nano_tokenizer
from .tower import Readout
from .vision import embed_codes

TEXT_WEIGHT = IMAGE_WEIGHT = 3.0
READOUT_WEIGHT = 1.0
#: What a cell that holds something weighs beside an empty one.
BUSY_WEIGHT = 4.0
QUESTIONS_PER_PICTURE = 6
#: What names every object with its place: a question behind such an answer is learned from the words, not from the picture.
TELLING = ("describe", "caption")
CONVERSATION_TURNS = 6


class Sampler:
    """Rows of every kind, drawn at random."""

    def __init__(self, layout: Layout, rng: random.Random) -> None:
        self.layout, self.rng = layout, rng

    def language(self) -> str:
        return "en" if self.rng.random() < 0.5 else "zh"

    def reading(self, max_objects: int) -> Row:
        """One picture, several questions."""
        rng, language = self.rng, self.language()
        scene = random_scene(rng, 1, max_objects) if rng.random() < 0.4 else random_scene(rng, min(3, max_objects), max_objects)
        kinds: list[str | None] = [rng.choice(TELLING) if rng.random() < 0.15 else None, *[None] * (QUESTIONS_PER_PICTURE - 1)]
        questions = [sample_question(rng, scene, language, "train", kind) for kind in kinds]
        if rng.random() < 0.8:
            questions.sort(key=lambda asked: asked.type in TELLING)
        turns: list[Turn] = []
        for index, asked in enumerate(questions):
            turns.append(Turn("user", [scene, asked.question] if index == 0 else [asked.question]))
            turns.append(Turn("assistant", [asked.answer], learned=True))
        return self.layout.row(turns)

    def drawing(self, max_objects: int) -> Row:
        rng, language = self.rng, self.language()
        if rng.random() < 0.06:
            asked, answer = (sample_smalltalk if rng.random() < 0.4 else sample_refusal)(rng, language)
            text = GENERATE[language].format(prompt=asked) if rng.random() < 0.3 else asked
            return self.layout.row([Turn("user", [text]), Turn("assistant", [answer], learned=True)])
        sample = sample_prompt(rng, language, "train", max_objects)
        text = GENERATE[language].format(prompt=sample.text) if rng.random() < 0.5 else sample.text
        return self.layout.row([Turn("user", [text]), Turn("assistant", [GENERATED[language], sample.scene], learned=True)])

    def editing(self, max_objects: int) -> Row:
        rng, language = self.rng, self.language()
        scene = random_scene(rng, 1, max_objects)
        edit = sample_edit(rng, scene, language, "train")
        return self.layout.row([Turn("user", [scene, f" {edit.instruction}"]), Turn("assistant", [EDITED[language], edit.target_scene], learned=True)])

    def conversation(self, max_objects: int) -> Row:
        """Ends at a random turn, late ones more often; its answer is learned, and so is what was said before. Earlier pictures are read."""
        rng, language = self.rng, self.language()
        said = sample_conversation(rng, language, "train", CONVERSATION_TURNS, max_objects)
        said = said[: max(rng.randint(1, len(said)), rng.randint(1, len(said)))]
        turns: list[Turn] = []
        has_picture = False
        for index, turn in enumerate(said):
            kind, answer = turn.reply
            last = index == len(said) - 1
            if isinstance(answer, Scene):
                parts = [self._lead_in(turn.user, language, has_picture), answer]
                has_picture = True
            else:
                parts = [answer]
            turns += [Turn("user", [turn.user]), Turn("assistant", parts, learned=last or kind == "text")]
        return self.layout.row(turns)

    def _lead_in(self, said: str, language: str, has_picture: bool) -> str:
        return EDITED[language] if has_picture else GENERATED[language]


def shares(progress: float) -> list[tuple[str, int, int]]:
    """(kind, rows a step, most objects) at this point of the training: reading first, then everything."""
    most = 2 if progress < 0.06 else 3 if progress < 0.15 else 4
    if progress < 0.10:
        return [("reading", 10, most), ("drawing", 10, most)]
    return [("reading", 16, 4), ("drawing", 4, most), ("editing", 11, most), ("conversation", 14, most)]


Step = list[tuple[str, Batch, torch.Tensor | None]]


class Steps(IterableDataset[Step]):
    """The batches of one step after the other, with the true embeddings of their pictures [P, 81, E]; for processes of their own.

    The embeddings are none where the trainer has a GPU to compute them on.
    """

    def __init__(self, layout: Layout, seed: int, tower: VisionTower | None, pad: int, scale: int = 1) -> None:
        self.layout, self.seed, self.tower, self.pad, self.scale = layout, seed, tower, pad, scale
        #: Progress of the training, 0 to 1, written by the trainer.
        self.progress = torch.zeros((), device="cpu").share_memory_()

    def __iter__(self) -> Iterator[Step]:
        worker = get_worker_info()
        sampler = Sampler(self.layout, random.Random(f"{self.seed} {0 if worker is None else worker.id}"))
        while True:
            step: Step = []
            for kind, count, most in shares(float(self.progress)):
                draw: Callable[[int], Row] = getattr(sampler, kind)
                batch = collate([draw(most) for _ in range(count * self.scale)], self.pad)
                step.append((kind, batch, None if self.tower is None else true_embeddings(self.tower, batch)))
            yield step


def true_embeddings(tower: VisionTower, batch: Batch) -> torch.Tensor:
    """Of every picture of a batch, [P, 81, E]; seen with a little noise."""
    return embed_codes(tower, batch.codes, noise=3.0)


class Losses:
    """One forward pass and its losses."""

    def __init__(self, config: NexusConfig, readout: Readout) -> None:
        self.config, self.readout = config, readout
        positions = torch.arange(512).expand(3, -1)
        cos, sin = mrope_tables(positions, config.language)  # [512, hd], each frequency by its own axis
        self.cos, self.sin = cos.bfloat16(), sin.bfloat16()

    def tables(self, positions: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """[3, B, S] -> cos, sin [B, S, hd]: gathered from one table, each frequency by its own axis."""
        half = self.config.language.head_dim // 2
        section = torch.tensor(self.config.language.mrope_section)
        axis = torch.repeat_interleave(torch.arange(len(section)) % 3, section).repeat(2)
        index = positions[axis].permute(1, 2, 0)  # [B, S, hd]
        columns = torch.arange(2 * half).expand_as(index)
        return self.cos[index, columns], self.sin[index, columns]

    def predict(self, model: LanguageModel, batch: Batch, truth: torch.Tensor) -> torch.Tensor:
        """Rows after the final norm [B * S, D]; `truth` holds the true embeddings of every picture [P, 81, E]."""
        size, length = batch.shape
        rows = model.token_rows(batch.ids).flatten(0, 1)
        if len(batch.codes):
            inputs = torch.where(batch.answered[:, None, None], model.prefill_rows(), truth.to(rows.dtype))
            rows = rows.index_copy(0, batch.picture_rows.flatten(), inputs.flatten(0, 1))
        cos, sin = self.tables(batch.positions)
        hidden, _, _ = model(rows.unflatten(0, (size, length)), cos, sin)
        return hidden.flatten(0, 1)

    def __call__(
        self, model: LanguageModel, batch: Batch, truth: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor | None, torch.Tensor | None, dict[str, float]]:
        """Weighted cross-entropy summed over words; regression and readout averaged over answered pictures, none where there are none."""
        hidden = self.predict(model, batch, truth)
        said = (batch.labels.flatten() != IGNORED).nonzero().squeeze(1)
        labels = batch.labels.flatten()[said]
        logits = model.lm_head(hidden[said]).float()
        words = F.cross_entropy(logits, labels, reduction="none") @ batch.weights.flatten()[said]
        report = {"right": (logits.detach().argmax(-1) == labels).float().mean().item()}
        answered = batch.answered
        if not bool(answered.any()):
            return words, None, None, report
        predicted = model.vision_head(hidden[batch.picture_rows[answered] - 1]).float()  # the row before each picture row
        target, codes = truth[answered], batch.codes[answered]
        weights = cell_weights(codes, batch.before[answered])
        cosine = F.cosine_similarity(predicted, target, dim=-1)
        regression = (weights * (0.5 * (predicted - target).square().mean(dim=-1) + 0.5 * (1 - cosine))).mean()
        judged = (weights * self.readout.scene_loss(predicted, codes)).mean()
        report["cosine"] = cosine.detach().mean().item()
        report["exact"] = (self.readout.read_codes(predicted.detach()) == codes).all(dim=1).float().mean().item()
        return words, regression, judged, report


def cell_weights(codes: torch.Tensor, before: torch.Tensor) -> torch.Tensor:
    """How much each embedding counts, float [B, 81] of mean 1: more where something is, or was before, or the background changed.

    What an edit changes has to count, and so do the objects that it leaves alone: weighing changed cells alone teaches a model
    to change the others with them.
    """
    busy = (codes[:, 1:] != 0) | (before[:, 1:] != 0) | (codes[:, :1] != before[:, :1])
    weights = torch.where(busy, BUSY_WEIGHT, 1.0)[:, cell_of_token()]
    return weights / weights.mean(dim=1, keepdim=True)


def load_parts(runs: Path) -> tuple[NexusConfig, Tokenizer, VisionTower, Readout]:
    """Configuration, tokenizer and the frozen results of the tower's stage."""
    tokenizer = nano_tokenizer(runs)
    config = NexusConfig.nano(vocab=tokenizer.get_vocab_size())
    tower = load_average(runs / "tower.pt", VisionTower(config.vision), "tower")
    readout = load_average(runs / "tower.pt", Readout(config.vision.out_hidden), "readout")
    return config, tokenizer, tower, readout


def main(arguments: argparse.Namespace) -> None:
    torch.manual_seed(3)
    runs = Path(arguments.runs)
    config, tokenizer, tower, readout = load_parts(runs)
    model = initialise(LanguageModel(config.language), depth=config.language.layers, embedding_std=0.5, prefill_std=0.5)
    torch.nn.init.normal_(model.lm_head.weight, std=0.02)
    stage = Stage(
        "language", {"language": model}, runs, arguments.minutes, peak_rate=arguments.rate or 1.2e-3, only=arguments.only, weight_decay=0.05, average_decay=0.998, muon=True
    )
    stage.restore()
    trained = stage.path.exists() and stage.step == 0  # read back from a bundle: nothing easy has to come first
    device, losses = torch.get_default_device(), Losses(config, readout)
    steps = Steps(Layout(tokenizer), arguments.seed + stage.step, tower if device.type == "cpu" else None, tokenizer.token_to_id("<|endoftext|>"), arguments.scale)
    steps.progress.fill_(1.0 if trained else stage.progress)
    loader = DataLoader(steps, batch_size=None, num_workers=arguments.workers, prefetch_factor=4)
    for step in loader:
        if not stage.running():
            break
        words_sum, words_count = torch.zeros(()), 0.0
        images: list[tuple[torch.Tensor, torch.Tensor, int]] = []
        report: dict[str, float] = {}
        for kind, made, known in step:
            batch = made.to(device)
            truth = true_embeddings(tower, batch) if known is None else known
            words, regression, judged, numbers = losses(stage.working["language"], batch, truth)
            words_sum = words_sum + words
            words_count += float(batch.weights[batch.labels != IGNORED].sum())
            if regression is not None and judged is not None:
                images.append((regression, judged, int(batch.answered.sum())))
            report |= {f"{kind[:4]}.{key}": value for key, value in numbers.items()}
        total = TEXT_WEIGHT * words_sum / words_count
        pictures = sum(count for _, _, count in images)
        for regression, judged, count in images:
            total = total + (IMAGE_WEIGHT * regression + READOUT_WEIGHT * judged) * (count / pictures)
        report["words"] = float(words_sum.detach()) / words_count
        stage.update(total, report)
        if not trained:
            steps.progress.fill_(stage.progress)
