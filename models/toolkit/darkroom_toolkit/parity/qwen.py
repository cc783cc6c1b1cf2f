"""Vision tower, language model and positions against transformers' Qwen2.5-VL, at reduced width with random weights.

The reference takes norms, rotary angles and rotations in float32 whatever its weights are; what is left of that in float64 is
about 1e-7.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration
from transformers.generation.logits_process import RepetitionPenaltyLogitsProcessor
from transformers.models.qwen2_5_vl.modeling_qwen2_5_vl import (
    Qwen2_5_VLDecoderLayer,
    Qwen2_5_VLRotaryEmbedding,
    Qwen2RMSNorm,
    apply_multimodal_rotary_pos_emb,
)

from ..nexus import EmbeddingMerger, LanguageConfig, LanguageModel, MergerConfig, NexusConfig, VisionConfig, VisionTower
from ..nexus.layers import rotate
from ..nexus.rope import Grid, merger_positions, merger_tables, mrope_positions, mrope_tables, vision_tables
from ..nexus.tokens import CachedDecoder, SpecialTokens, choose_token, expand_placeholders, generate, prompt_rows
from .piece import Errors, Section, differing, differing_sequences, relative
from .weights import normal, randomised

SECTION = Section("Vision tower and language model")

VISION = VisionConfig(
    patch_size=14, merge_size=2, hidden=48, depth=4, heads=3, mlp=40, window=112, full_attention_blocks=(1, 3), out_hidden=64
)  # fmt: skip
LANGUAGE = LanguageConfig(
    layers=3, hidden=64, mlp=72, heads=4, kv_heads=2, head_dim=16, vocab=100, rope_theta=1_000_000.0, mrope_section=(2, 3, 3)
)  # fmt: skip
MERGER = MergerConfig(
    embedding=64, mlp=72, heads=4, kv_heads=2, head_dim=16, rope_theta=1_000_000.0, mrope_section=(2, 3, 3), projector_hidden=56,
    context_dim=40,
)  # fmt: skip
END_OF_TEXT, TURN_END, START, END, IMAGE, VIDEO = 90, 91, 92, 93, 95, 96
SPECIAL = SpecialTokens(vision_start=START, vision_end=END, image=IMAGE, end=(TURN_END, END_OF_TEXT))

#: Prompts with one IMAGE for each picture, and the patch grids of the pictures.
PROMPTS: dict[str, tuple[list[int], list[Grid]]] = {
    "text": ([3, 4, 5, 6, 7, 8, 9, 10, 11], []),
    "a long text": ([(7 * place + place**2 // 5) % 90 for place in range(150)], []),
    "a picture and text": ([3, 4, START, IMAGE, END, 7, 8], [(1, 6, 10)]),
    "a picture first": ([START, IMAGE, END, 7, 8, 9], [(1, 18, 18)]),
    "several pictures": ([3, START, IMAGE, END, 7, START, IMAGE, END, START, IMAGE, END, 8, 9], [(1, 4, 6), (1, 10, 4), (1, 16, 8)]),
}


@SECTION.module("Vision tower, one picture", "transformers, `Qwen2_5_VisionTransformer`", float64=2e-6, float32=1e-5)
def vision_one(dtype: torch.dtype) -> Errors:
    for grid in ((1, 2, 2), (1, 14, 22), (1, 16, 16), (1, 18, 18), (1, 30, 42), (1, 36, 36)):
        yield _vision([grid], dtype)


@SECTION.module("Vision tower, several pictures in one call", "transformers, `Qwen2_5_VisionTransformer`", float64=2e-6, float32=1e-5)
def vision_several(dtype: torch.dtype) -> Errors:
    yield _vision([(1, 16, 16), (1, 6, 10)], dtype)
    yield _vision([(1, 18, 18), (1, 4, 4), (1, 12, 26)], dtype)


def _vision(grids: list[Grid], dtype: torch.dtype) -> float:
    patches = normal(sum(rows * columns for _, rows, columns in grids), VISION.patch_dim, dtype=dtype)
    return relative(_embed(patches, grids, dtype), _qwen(dtype).model.visual(patches, grid_thw=torch.tensor(grids)))


@SECTION.piece("Window order and segment lengths", "transformers, `get_window_index`", "values")
def windows() -> Errors:
    visual = _qwen(torch.float64).model.visual
    rng = np.random.default_rng(0)
    for _ in range(60):
        grids = [(1, 2 * int(rows), 2 * int(columns)) for rows, columns in rng.integers(1, 22, (rng.integers(1, 4), 2))]
        tables = vision_tables(grids, VISION)
        order, bounds = visual.get_window_index(torch.tensor(grids))
        lengths = np.diff(np.unique(bounds))  # the reference lists empty windows; they vanish
        yield differing(tables.order, order) + differing_sequences(tables.window_lengths, lengths.tolist())


@SECTION.module("Language model, text", "transformers, `Qwen2_5_VLForConditionalGeneration`", float64=2e-6, float32=1e-5)
def text(dtype: torch.dtype) -> Errors:
    for name in ("text", "a long text"):
        yield _logits([name], dtype)


@SECTION.module("Language model, picture and text", "transformers, `Qwen2_5_VLForConditionalGeneration`", float64=2e-6, float32=1e-5)
def picture_and_text(dtype: torch.dtype) -> Errors:
    for name in ("a picture and text", "a picture first"):
        yield _logits([name], dtype)


@SECTION.module("Language model, several pictures", "transformers, `Qwen2_5_VLForConditionalGeneration`", float64=2e-6, float32=1e-5)
def several_pictures(dtype: torch.dtype) -> Errors:
    yield _logits(["several pictures"], dtype)


@SECTION.module("Language model, batch with left padding", "transformers, `Qwen2_5_VLForConditionalGeneration`", float64=2e-6, float32=1e-5)
def batch(dtype: torch.dtype) -> Errors:
    yield _logits(["text", "a picture and text", "several pictures"], dtype)
    yield _logits(["several pictures", "text"], dtype)


def _logits(names: Sequence[str], dtype: torch.dtype) -> float:
    """Logits of every row that is no padding, all prompts in one batch."""
    qwen, language = _qwen(dtype), _language(dtype)
    patches, rows, ids, grids = [], [], [], []
    for name in names:
        prompt, own_grids = PROMPTS[name]
        pixels = normal(sum(h * w for _, h, w in own_grids), VISION.patch_dim, dtype=dtype, seed=len(prompt))
        units = [h * w // VISION.merge_area for _, h, w in own_grids]
        expanded = expand_placeholders(prompt, units, IMAGE)
        pictures = [_embed(pixels, own_grids, dtype)] if own_grids else []
        rows.append(prompt_rows(language, expanded, pictures, IMAGE)[0])
        ids.append(expanded)
        grids.append(own_grids)
        patches.append(pixels)
    longest = max(map(len, ids))
    padding = [longest - len(own) for own in ids]
    padded = torch.tensor([[END_OF_TEXT] * gap + own for gap, own in zip(padding, ids, strict=True)])
    every = [grid for own in grids for grid in own]
    wanted = qwen(
        input_ids=padded,
        attention_mask=torch.tensor([[0] * gap + [1] * (longest - gap) for gap in padding]),
        pixel_values=torch.cat(patches) if every else None,
        image_grid_thw=torch.tensor(every) if every else None,
    ).logits
    positions = [mrope_positions(own.tolist(), g, IMAGE, padding=gap).positions for own, g, gap in zip(padded, grids, padding, strict=True)]
    inputs = torch.stack([torch.cat((own.new_zeros(gap, LANGUAGE.hidden), own)) for own, gap in zip(rows, padding, strict=True)])
    hidden = CachedDecoder(language, padding).feed(inputs, torch.stack(positions, dim=1))
    found = language.lm_head(hidden)
    return max(relative(found[entry, gap:], wanted[entry, gap:]) for entry, gap in enumerate(padding))


@SECTION.module("Image block: 81 embeddings, in one pass and row by row", "transformers, `Qwen2_5_VLTextModel` on the whole sequence", float64=2e-6, float32=1e-5)
def image_block(dtype: torch.dtype) -> Errors:
    qwen, language = _qwen(dtype), _language(dtype)
    for name in ("text", "a picture and text"):
        prompt, grids = PROMPTS[name]
        pixels = normal(sum(h * w for _, h, w in grids), VISION.patch_dim, dtype=dtype)
        pictures = [_embed(pixels, grids, dtype)] if grids else []
        ids = [*expand_placeholders(prompt, [h * w // 4 for _, h, w in grids], IMAGE), START]
        whole = ids + [IMAGE] * LANGUAGE.image_tokens
        rows = prompt_rows(language, ids, pictures, IMAGE)
        positions, _ = qwen.model.get_rope_index(torch.tensor([whole]), torch.tensor([*grids, (1, 18, 18)]))
        inputs = torch.cat((rows, language.prefill_rows().unsqueeze(0)), dim=1)
        hidden = qwen.model.language_model(inputs_embeds=inputs, position_ids=positions).last_hidden_state[0]
        wanted = language.vision_head(hidden[len(ids) - 1 : -1])  # the row before each image token
        for one_pass in (True, False):
            found = generate(
                language, ids, SPECIAL, embeddings=pictures, grids=grids, max_new_tokens=LANGUAGE.image_tokens + 1, one_pass=one_pass
            )
            yield relative(found.images[0], wanted)


@SECTION.piece("Answers: tokens with a cache, greedy with repetition penalty", "transformers, `generate`", "values")
@torch.no_grad()
def answers() -> Errors:
    qwen, language = _qwen(torch.float64), _language(torch.float64)
    for name, (prompt, grids) in PROMPTS.items():
        pixels = normal(sum(h * w for _, h, w in grids), VISION.patch_dim, dtype=torch.float64, seed=len(name))
        pictures = [_embed(pixels, grids, torch.float64)] if grids else []
        ids = expand_placeholders(prompt, [h * w // 4 for _, h, w in grids], IMAGE)
        given = {"pixel_values": pixels, "image_grid_thw": torch.tensor(grids)} if grids else {}
        tokens = torch.tensor([ids])
        wanted = qwen.generate(
            input_ids=tokens, attention_mask=torch.ones_like(tokens), **given, max_new_tokens=24, do_sample=False, repetition_penalty=1.05,
            suppress_tokens=[END], eos_token_id=[*SPECIAL.end], pad_token_id=END_OF_TEXT,
        )[0, len(ids) :].tolist()  # fmt: skip
        found = generate(language, ids, SPECIAL, embeddings=pictures, grids=grids, max_new_tokens=24)
        if START in wanted:
            raise RuntimeError(f"{name}: the random model begins a picture, which the reference cannot; choose another seed")
        yield differing_sequences(found.tokens, wanted)


@SECTION.piece("Token choice: repetition penalty over prompt and answer", "transformers, `RepetitionPenaltyLogitsProcessor`", "values")
def token_choice() -> Errors:
    generator = torch.Generator().manual_seed(0)
    for penalty in (1.0, 1.05, 1.3):
        processor = RepetitionPenaltyLogitsProcessor(penalty)
        for _ in range(100):
            logits = torch.randn(60, generator=generator)
            seen = torch.randint(60, (40,), generator=generator)
            forbidden = int(torch.randint(60, (1,), generator=generator))
            scores = processor(seen.unsqueeze(0), logits.unsqueeze(0))[0]
            scores[forbidden] = -torch.inf
            yield float(choose_token(logits, seen.tolist(), penalty, [forbidden]) != int(scores.argmax()))


@SECTION.module("Editing merger", "transformers, `Qwen2_5_VLDecoderLayer` without a causal mask", float64=2e-6, float32=1e-5)
def merger(dtype: torch.dtype) -> Errors:
    config = copy.deepcopy(_config().text_config)
    config._attn_implementation = "sdpa"
    layer = Qwen2_5_VLDecoderLayer(config, layer_idx=0)
    projector = nn.Sequential(
        Qwen2RMSNorm(64, eps=1e-6), nn.Linear(64, 56), Qwen2RMSNorm(56, eps=1e-6), nn.SiLU(), nn.Linear(56, 40), Qwen2RMSNorm(40, eps=1e-6)
    )  # fmt: skip
    for module in (layer, projector):
        randomised(module).to(dtype)
    ours = EmbeddingMerger(MERGER).to(dtype).eval()
    ours.layers[0].load_state_dict(layer.state_dict())
    ours.projector.load_state_dict(projector.state_dict())
    rotary = Qwen2_5_VLRotaryEmbedding(config)
    for grids in ([(1, 18, 18), (1, 36, 36)], [(1, 18, 18)], [(1, 18, 18), (1, 30, 42)]):
        positions = merger_positions(grids, MERGER.base_grid).unsqueeze(1)  # [3, 1, L]
        rows = normal(1, positions.shape[-1], MERGER.embedding, dtype=dtype)
        everywhere = rows.new_zeros(1, 1, rows.shape[1], rows.shape[1])
        wanted = projector(layer(rows, attention_mask=everywhere, position_embeddings=rotary(rows, positions))[0])
        yield relative(ours(rows, *(table.to(dtype) for table in merger_tables(grids, MERGER))), wanted)


@SECTION.piece("M-RoPE positions of prompts", "transformers, `get_rope_index`", "values")
def positions() -> Errors:
    model = _qwen(torch.float64).model
    rng = np.random.default_rng(1)
    for _ in range(200):
        prompt: list[int] = []
        grids: list[Grid] = []
        for _ in range(rng.integers(0, 4)):
            rows, columns = (int(side) for side in rng.integers(1, 12, 2))
            grids.append((1, 2 * rows, 2 * columns))
            prompt += [5] * int(rng.integers(0, 6)) + [START, *[IMAGE] * (rows * columns), END]
        prompt += [6] * int(rng.integers(2, 9))  # behind padding, the reference takes delta of a single token from the padding
        padding = int(rng.integers(0, 5))
        ids = [END_OF_TEXT] * padding + prompt
        mask = torch.tensor([[0] * padding + [1] * len(prompt)])
        wanted, delta = model.get_rope_index(torch.tensor([ids]), torch.tensor(grids) if grids else None, attention_mask=mask)
        found = mrope_positions(ids, grids, IMAGE, padding=padding)
        yield differing(found.positions, wanted[:, 0]) + float(found.delta != delta.item())


@SECTION.module("M-RoPE rotation at the published size, positions below 50", "transformers, `apply_multimodal_rotary_pos_emb`", float64=1e-5, float32=1e-5)
def rotation(dtype: torch.dtype) -> Errors:
    # The reference takes angles in float32, whose error grows with the position: at 400 it is 5e-5.
    ours = NexusConfig.nexus_gen_v2().language
    config = copy.deepcopy(_config().text_config)
    config.hidden_size, config.num_attention_heads = ours.heads * ours.head_dim, ours.heads
    config.rope_scaling["mrope_section"] = list(ours.mrope_section)
    rotary = Qwen2_5_VLRotaryEmbedding(config)
    places = torch.randint(50, (3, 2, 50), generator=torch.Generator().manual_seed(0))
    query = normal(2, 3, 50, ours.head_dim, dtype=dtype)
    cos, sin = rotary(query, places)
    wanted, _ = apply_multimodal_rotary_pos_emb(query, query, cos, sin, config.rope_scaling["mrope_section"])
    tables = (table.unsqueeze(1).to(dtype) for table in mrope_tables(places, ours))
    yield relative(rotate(query, *tables, ours.head_dim), wanted)


# The reference and our modules with its weights


def _config() -> Qwen2_5_VLConfig:
    return Qwen2_5_VLConfig(
        text_config={
            "vocab_size": 100,
            "hidden_size": 64,
            "intermediate_size": 72,
            "num_hidden_layers": 3,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "rope_theta": 1_000_000.0,
            "rms_norm_eps": 1e-6,
            "rope_scaling": {"type": "mrope", "mrope_section": [2, 3, 3]},
            "max_position_embeddings": 4096,
            "bos_token_id": END_OF_TEXT,
            "eos_token_id": TURN_END,
            "pad_token_id": END_OF_TEXT,
        },
        vision_config={
            "depth": 4,
            "hidden_size": 48,
            "intermediate_size": 40,
            "num_heads": 3,
            "out_hidden_size": 64,
            "patch_size": 14,
            "spatial_merge_size": 2,
            "temporal_patch_size": 2,
            "window_size": 112,
            "fullatt_block_indexes": [1, 3],
            "tokens_per_second": 2,
        },
        image_token_id=IMAGE,
        video_token_id=VIDEO,
        vision_start_token_id=START,
        vision_end_token_id=END,
        tie_word_embeddings=False,
    )


@functools.cache
def _qwen(dtype: torch.dtype) -> Qwen2_5_VLForConditionalGeneration:
    return randomised(Qwen2_5_VLForConditionalGeneration(_config())).to(dtype)


@functools.cache
def _tower(dtype: torch.dtype) -> VisionTower:
    tower = VisionTower(VISION).to(dtype).eval()
    tower.load_state_dict(_qwen(dtype).model.visual.state_dict())
    return tower


@functools.cache
def _language(dtype: torch.dtype) -> LanguageModel:
    """The reference's weights, and random ones for the head and the rows that Nexus-Gen adds."""
    qwen, model = _qwen(dtype), randomised(LanguageModel(LANGUAGE)).to(dtype)
    state = {f"model.{name}": weight for name, weight in qwen.model.language_model.state_dict().items()}
    left = model.load_state_dict({**state, "lm_head.weight": qwen.lm_head.weight}, strict=False)
    added = ["vision_head.weight", "image_prefill_embeds.weight"]
    if left.missing_keys != added or left.unexpected_keys:
        raise RuntimeError(f"names of the language model: wanted all but {added}, {left}")
    return model


def _embed(patches: Tensor, grids: list[Grid], dtype: torch.dtype) -> Tensor:
    tables = vision_tables(grids, VISION)
    return _tower(dtype)(
        patches.unsqueeze(0),
        tables.order,
        tables.inverse,
        tables.cos.to(dtype),
        tables.sin.to(dtype),
        tables.window_mask.to(dtype),
        tables.full_mask.to(dtype),
    )[0]
