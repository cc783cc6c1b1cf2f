"""Conversations laid out as token rows, the way inference will see them.

A row is text, a picture that is read (its 81 rows are true embeddings) or a picture that is answered (its rows are the learned
prefill rows, its targets the true embeddings; nexus-gen.md 8.3). Only the last turn can answer with a picture: pictures of
earlier turns are read, as at inference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields

import numpy as np
import torch
from tokenizers import Tokenizer

from ..world.scene import Scene, scene_to_codes

IMAGE_TOKENS, SIDE = 81, 9
SYSTEM_PROMPT = "You are a helpful assistant."
IGNORED = -100
#: 0: every token of an answer counts alike; 1: every answer counts alike. Between, so that `two` is not lost beside a caption of
#: fifty tokens, and the caption is not lost beside it.
ANSWER_BALANCE = 0.7

GENERATE = {
    "en": "Generate an image according to the following description: {prompt}",
    "zh": "根据以下描述生成一张图像：{prompt}",
}
GENERATED = {"en": "Here is an image based on the description: ", "zh": "这是根据您的描述生成的图像："}
EDITED = {"en": "Here is the image: ", "zh": "以下为编辑后的图像："}


@dataclass
class Turn:
    """What one side says: words and scenes in order."""

    role: str
    parts: Sequence[str | Scene]
    #: Whether the model learns to say this.
    learned: bool = False


@dataclass
class Row:
    """One conversation as numbers."""

    ids: list[int] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    #: How much each label counts.
    weights: list[float] = field(default_factory=list)
    positions: list[np.ndarray] = field(default_factory=list)
    next_position: int = 0
    #: (index of the first picture row, scene codes, whether it is answered)
    pictures: list[tuple[int, np.ndarray, bool]] = field(default_factory=list)


_GRID = np.stack([np.zeros(IMAGE_TOKENS, int), np.arange(IMAGE_TOKENS) // SIDE, np.arange(IMAGE_TOKENS) % SIDE])


class Layout:
    """Turns conversations into rows with one tokenizer."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        self.vision_start = tokenizer.token_to_id("<|vision_start|>")
        self.vision_end = tokenizer.token_to_id("<|vision_end|>")
        self.image_pad = tokenizer.token_to_id("<|image_pad|>")
        self.turn_start = tokenizer.token_to_id("<|im_start|>")
        self.turn_end = tokenizer.token_to_id("<|im_end|>")

    def row(self, turns: Sequence[Turn]) -> Row:
        row = Row()
        self._say(row, Turn("system", [SYSTEM_PROMPT]))
        for turn in turns:
            self._say(row, turn)
        return row

    def _say(self, row: Row, turn: Turn) -> None:
        start = len(row.labels)
        self._append_turn(row, turn)
        learned = sum(label != IGNORED for label in row.labels[start:])
        row.weights += [max(learned, 1) ** -ANSWER_BALANCE] * (len(row.labels) - start)

    def _append_turn(self, row: Row, turn: Turn) -> None:
        self._append(row, [self.turn_start], False)
        text, learned = f"{turn.role}\n", False
        for part in turn.parts:
            if isinstance(part, str):
                if turn.learned and not learned:  # the header is given, the words are learned
                    self._words(row, text, False)
                    text, learned = "", True
                text += part
                continue
            self._words(row, text, learned)
            text, learned = "", turn.learned
            self._append(row, [self.vision_start], learned)
            self._picture(row, part, turn.learned)
            self._append(row, [self.vision_end], learned)
        self._words(row, text, learned)
        self._append(row, [self.turn_end], turn.learned)
        self._words(row, "\n", False)

    def _words(self, row: Row, text: str, learned: bool) -> None:
        if text:
            self._append(row, self.tokenizer.encode(text, add_special_tokens=False).ids, learned)

    def _append(self, row: Row, ids: list[int], learned: bool) -> None:
        row.ids += ids
        row.labels += ids if learned else [IGNORED] * len(ids)
        start = row.next_position
        row.positions.append(np.tile(np.arange(start, start + len(ids)), (3, 1)))
        row.next_position += len(ids)

    def _picture(self, row: Row, scene: Scene, answered: bool) -> None:
        row.pictures.append((len(row.ids), scene_to_codes(scene), answered))
        row.ids += [self.image_pad] * IMAGE_TOKENS
        row.labels += [IGNORED] * IMAGE_TOKENS
        row.positions.append(_GRID + row.next_position)
        row.next_position += SIDE


@dataclass
class Batch:
    """Rows padded on the right to one length S."""

    ids: torch.Tensor  # int64 [B, S]
    labels: torch.Tensor  # int64 [B, S], what each row says next; IGNORED elsewhere
    weights: torch.Tensor  # float [B, S], how much each label counts
    positions: torch.Tensor  # int64 [3, B, S]
    codes: torch.Tensor  # uint8 [P, 10], every picture
    picture_rows: torch.Tensor  # int64 [P, 81], its rows in the flattened batch
    answered: torch.Tensor  # bool [P]
    before: torch.Tensor  # uint8 [P, 10], the picture before it in its row; an empty white one where there is none

    @property
    def shape(self) -> tuple[int, int]:
        return self.ids.shape[0], self.ids.shape[1]

    def to(self, device: torch.device) -> Batch:
        """The same batch on a device."""
        return Batch(*(getattr(self, part.name).to(device, non_blocking=True) for part in fields(self)))

    def __getstate__(self) -> dict[str, np.ndarray]:
        # Between processes by value: PyTorch would put every tensor into shared memory, of which a container may have 64 MB.
        return {part.name: getattr(self, part.name).numpy() for part in fields(self)}

    def __setstate__(self, state: dict[str, np.ndarray]) -> None:
        for name, value in state.items():
            setattr(self, name, torch.from_numpy(value))


def collate(rows: Sequence[Row], pad: int) -> Batch:
    length = max(len(row.ids) for row in rows)
    ids = np.full((len(rows), length), pad, dtype=np.int64)
    labels = np.full((len(rows), length), IGNORED, dtype=np.int64)
    weights = np.zeros((len(rows), length), dtype=np.float32)
    positions = np.zeros((3, len(rows), length), dtype=np.int64)
    codes, picture_rows, answered, before = [], [], [], []
    for index, row in enumerate(rows):
        n = len(row.ids)
        ids[index, :n] = row.ids
        labels[index, : n - 1] = row.labels[1:]
        weights[index, : n - 1] = row.weights[1:]
        positions[:, index, :n] = np.concatenate(row.positions, axis=1)
        previous = np.zeros(10, dtype=np.uint8)
        for start, scene_codes, is_answer in row.pictures:
            before.append(previous)
            codes.append(previous := scene_codes)
            picture_rows.append(index * length + start + np.arange(IMAGE_TOKENS))
            answered.append(is_answer)
    return Batch(
        torch.from_numpy(ids),
        torch.from_numpy(labels),
        torch.from_numpy(weights),
        torch.from_numpy(positions),
        torch.from_numpy(np.array(codes, dtype=np.uint8).reshape(-1, 10)),
        torch.from_numpy(np.array(picture_rows, dtype=np.int64).reshape(-1, IMAGE_TOKENS)),
        torch.from_numpy(np.array(answered, dtype=bool)),
        torch.from_numpy(np.array(before, dtype=np.uint8).reshape(-1, 10)),
    )
