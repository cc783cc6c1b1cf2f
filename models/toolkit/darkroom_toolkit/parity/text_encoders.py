"""CLIP and T5 of an empty prompt, the constants that stand for both text encoders, against transformers."""

from __future__ import annotations

import torch
from transformers import CLIPTextConfig, CLIPTextModel, T5EncoderModel
from transformers import T5Config as ReferenceT5Config

from ..convert.text_encoders import CLIP_EMPTY, CLIP_EXTRAS, T5_END, T5_EXTRAS, T5_LENGTH, T5_PAD, ClipConfig, T5Config, clip_pooled, t5_rows
from .piece import Errors, Section, differing_sequences, relative
from .weights import randomised

SECTION = Section("Text encoders of an empty prompt")

CLIP = ClipConfig(layers=3, hidden=24, mlp=80, heads=3, vocab=49_408, positions=77)
T5 = T5Config(layers=3, hidden=40, mlp=96, heads=4, head_dim=12, vocab=100)


@SECTION.piece("CLIP, pooled vector", "transformers, `CLIPTextModel`", "relative", 1e-5, "float32")
@torch.no_grad()
def clip() -> Errors:
    model = _clip()
    ids = torch.tensor([[CLIP_EMPTY[0]] + [CLIP_EMPTY[1]] * (CLIP.positions - 1)])
    yield relative(clip_pooled(CLIP, model.state_dict().__getitem__), model(ids).pooler_output[0])


@SECTION.piece("T5, 512 rows", "transformers, `T5EncoderModel`", "relative", 1e-5, "float32")
@torch.no_grad()
def t5() -> Errors:
    model = _t5()
    ids = torch.tensor([[T5_END] + [T5_PAD] * (T5_LENGTH - 1)])
    yield relative(t5_rows(T5, model.state_dict().__getitem__), model(ids).last_hidden_state[0])


@SECTION.piece("Names and shapes of their tensors", "transformers, `CLIPTextModel` and `T5EncoderModel`", "values")
def tensors() -> Errors:
    for model, config, extras in ((_clip(), CLIP, CLIP_EXTRAS), (_t5(), T5, T5_EXTRAS)):
        wanted = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items() if name not in extras}
        yield differing_sequences(sorted(config.shapes().items()), sorted(wanted.items()))


def _clip() -> CLIPTextModel:
    config = CLIPTextConfig(
        vocab_size=CLIP.vocab, hidden_size=CLIP.hidden, intermediate_size=CLIP.mlp, num_hidden_layers=CLIP.layers,
        num_attention_heads=CLIP.heads, hidden_act="quick_gelu", bos_token_id=CLIP_EMPTY[0], eos_token_id=CLIP_EMPTY[1],
    )  # fmt: skip
    return randomised(CLIPTextModel(config))


def _t5() -> T5EncoderModel:
    config = ReferenceT5Config(
        vocab_size=T5.vocab, d_model=T5.hidden, d_kv=T5.head_dim, d_ff=T5.mlp, num_layers=T5.layers, num_heads=T5.heads,
        feed_forward_proj="gated-gelu", dropout_rate=0.0, relative_attention_num_buckets=T5.buckets,
        relative_attention_max_distance=T5.distance,
    )  # fmt: skip
    return randomised(T5EncoderModel(config))
