"""Token-level bookkeeping and the plain autoregressive loop, with the image block both ways (2.5 to 2.7).

`generate(..., one_pass=False)` is the reference: one row per call. `one_pass=True` feeds the 81 rows of an image block
in one call, which gives the same embeddings because every row of the block is a constant of the checkpoint.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor

from .language import LanguageModel
from .layers import MASKED
from .rope import Grid, image_block_positions, mrope_positions, mrope_tables


@dataclass(frozen=True)
class SpecialTokens:
    """Ids with a meaning to the loop."""

    vision_start: int
    vision_end: int
    image: int
    end: tuple[int, ...]  # any of these ends the answer


def expand_placeholders(ids: Sequence[int], units: Sequence[int], image_token: int) -> list[int]:
    """Replaces the k-th `image_token` by units[k] copies. Raises ValueError when the counts differ."""
    wanted = sum(token == image_token for token in ids)
    if wanted != len(units):
        raise ValueError(f"{wanted} image placeholder(s) in the prompt, but {len(units)} picture(s)")
    counts = iter(units)
    return [copy for token in ids for copy in ([token] * (next(counts) if token == image_token else 1))]


def choose_token(logits: Tensor, seen: Iterable[int], penalty: float = 1.05, forbidden: Sequence[int] = ()) -> int:
    """Greedy choice from logits [vocab]: forbidden ids first, then the repetition penalty over `seen`, then argmax.

    The penalty divides positive scores and multiplies negative ones; `seen` holds prompt and answer so far.
    """
    scores = logits.clone()
    scores[list(forbidden)] = -torch.inf
    index = torch.tensor(sorted(set(seen)), dtype=torch.int64)
    picked = scores[index]
    scores[index] = torch.where(picked < 0, picked * penalty, picked / penalty)
    return int(scores.argmax())


def attention_mask(rows: int, cached: int = 0, left_padding: Sequence[int] = (0,)) -> Tensor:
    """Additive float32 [B, 1, rows, cached + rows]: row i sees the cache and rows 0..i, but no left padding.

    `left_padding` gives, for each batch entry, how many rows at the very start of its sequence are padding.
    """
    total = cached + rows
    key = torch.arange(total)
    causal = key <= torch.arange(cached, total).unsqueeze(1)  # [rows, total]
    real = key >= torch.tensor(left_padding).reshape(-1, 1, 1, 1)  # [B, 1, 1, total]
    return torch.where(causal & real, 0.0, MASKED)


class CachedDecoder:
    """A language model with its growing cache."""

    def __init__(self, model: LanguageModel, left_padding: Sequence[int] = (0,)) -> None:
        self.model = model
        self.left_padding = tuple(left_padding)
        config = model.config
        weight = model.model.norm.weight
        shape = (config.layers, len(self.left_padding), config.kv_heads, 0, config.head_dim)
        self.keys = weight.new_empty(shape)
        self.values = weight.new_empty(shape)

    @property
    def length(self) -> int:
        """Rows in the cache."""
        return self.keys.shape[3]

    @torch.no_grad()
    def feed(self, rows: Tensor, positions: Tensor) -> Tensor:
        """Appends input rows [B, S, hidden] at M-RoPE positions [3, S] or [3, B, S]; returns output rows [B, S, hidden]."""
        if positions.dim() == 2:
            positions = positions.unsqueeze(1).expand(-1, rows.shape[0], -1)
        cos, sin = (table.to(rows.dtype) for table in mrope_tables(positions, self.model.config))
        mask = attention_mask(rows.shape[1], self.length, self.left_padding).to(rows.dtype)
        out, keys, values = self.model(rows, cos, sin, mask, self.keys, self.values)
        self.keys = torch.cat((self.keys, keys), dim=3)
        self.values = torch.cat((self.values, values), dim=3)
        return out


@dataclass
class Answer:
    """What `generate` returns. `tokens` counts everything after the prompt, image tokens included."""

    tokens: list[int] = field(default_factory=list)
    images: list[Tensor] = field(default_factory=list)  # each [image_tokens, hidden]


def prompt_rows(model: LanguageModel, ids: Sequence[int], embeddings: Sequence[Tensor], image_token: int) -> Tensor:
    """Input rows [1, S, hidden] of a prompt: token embeddings, and picture rows where `image_token` stands.

    Raises ValueError when the number of picture rows differs from the number of image tokens.
    """
    tokens = torch.tensor(ids, dtype=torch.int64)
    places = tokens == image_token
    found = sum(len(rows) for rows in embeddings)
    if int(places.sum()) != found:
        raise ValueError(f"{int(places.sum())} image tokens in the prompt, but {found} image embeddings")
    # Image ids are never looked up: any valid id stands in for them before their rows are written over.
    rows = model.token_rows(tokens.masked_fill(places, 0)).clone()
    if found:
        rows[places] = torch.cat(list(embeddings))
    return rows.unsqueeze(0)


@torch.no_grad()
def generate(
    model: LanguageModel,
    ids: Sequence[int],
    special: SpecialTokens,
    *,
    embeddings: Sequence[Tensor] = (),
    grids: Sequence[Grid] = (),
    merge_size: int = 2,
    target_grid: tuple[int, int] = (9, 9),
    max_new_tokens: int = 1024,
    penalty: float = 1.05,
    one_pass: bool = True,
    resume: Literal["grid", "sequence"] = "grid",
    forbidden: Sequence[int] = (),
) -> Answer:
    """Answers a prompt greedily; pictures come out as embeddings.

    ids          prompt with expanded placeholders; may end in `vision_start` to force a picture
    embeddings   rows of the prompt's pictures, in order, [units, hidden] each; `grids` are their patch grids
    target_grid  rows and columns of the pictures to be made; their product is `image_tokens`
    one_pass     image blocks in one call instead of one call per row
    resume       position of the row behind an image block: "grid" continues after the grid's longer side, as in
                 training; "sequence" counts every image token, as the published sampling loop does
    forbidden    ids that are never chosen, beside `vision_end`; `vision_start` among them keeps the answer to words
    """
    never = (special.vision_end, *forbidden)
    count = target_grid[0] * target_grid[1]
    if count != model.config.image_tokens:
        raise ValueError(f"target grid {target_grid} has {count} places, the model makes {model.config.image_tokens}")
    decoder = CachedDecoder(model)
    answer = Answer()
    seen = list(ids)
    prompt = mrope_positions(ids, grids, special.image, merge_size)
    rows, positions = prompt_rows(model, ids, embeddings, special.image), prompt.positions
    place = len(ids) + prompt.delta  # position of the next text row
    if seen[-1] == special.vision_start:
        place -= 1
        rows, positions = rows[:, :-1], positions[:, :-1]  # the block feeds its own start token
        last = decoder.feed(rows, positions)[0, -1] if rows.shape[1] else None
        token = special.vision_start
    else:
        last = decoder.feed(rows, positions)[0, -1]
        token = choose_token(model.lm_head(last), seen, penalty, never)
        answer.tokens.append(token)
        seen.append(token)
    while token not in special.end and len(answer.tokens) < max_new_tokens:
        if token == special.vision_start:
            block = image_block_positions(place, *target_grid)
            answer.images.append(_image_block(decoder, special, block, one_pass))
            forced = [special.image] * count + [special.vision_end]
            answer.tokens += forced
            seen += forced
            place += 1 + (max(target_grid) if resume == "grid" else count)
            token = special.vision_end
            continue
        row = model.token_rows(torch.tensor([[token]]))
        last = decoder.feed(row, torch.full((3, 1), place))[0, -1]
        place += 1
        token = choose_token(model.lm_head(last), seen, penalty, never)
        answer.tokens.append(token)
        seen.append(token)
    return answer


def _image_block(decoder: CachedDecoder, special: SpecialTokens, positions: Tensor, one_pass: bool) -> Tensor:
    """Feeds `vision_start` and all prefill rows; returns the embeddings read from every row but the last.

    Row k of the block predicts image token k, so the last prefill row predicts none; it is fed because text that
    follows sees it.
    """
    model = decoder.model
    start = model.token_rows(torch.tensor([special.vision_start]))
    rows = torch.cat((start, model.prefill_rows())).unsqueeze(0)  # [1, 1 + image_tokens, hidden]
    if one_pass:
        out = decoder.feed(rows, positions)[0]
    else:
        out = torch.cat([decoder.feed(rows[:, i : i + 1], positions[:, i : i + 1])[0] for i in range(rows.shape[1])])
    return model.vision_head(out[:-1])
