"""CLIP and T5 of an empty prompt, held to transformers' at reduced size with random weights."""

from __future__ import annotations

import torch
from transformers import CLIPTextConfig, CLIPTextModel, T5EncoderModel
from transformers import T5Config as ReferenceT5Config

from darkroom_toolkit.convert.text_encoders import CLIP_EMPTY, T5_LENGTH, ClipConfig, T5Config, clip_pooled, t5_rows


def randomise(model: torch.nn.Module) -> None:
    torch.manual_seed(5)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn_like(parameter) * (0.3 if parameter.dim() > 1 else 0.1) + (1.0 if parameter.dim() == 1 else 0.0))


def test_the_pooled_vector_is_that_of_transformers() -> None:
    config = ClipConfig(layers=3, hidden=24, mlp=80, heads=3, vocab=49_408, positions=77)
    reference = CLIPTextModel(
        CLIPTextConfig(
            vocab_size=config.vocab, hidden_size=24, intermediate_size=80, num_hidden_layers=3, num_attention_heads=3, hidden_act="quick_gelu",
            eos_token_id=CLIP_EMPTY[1], bos_token_id=CLIP_EMPTY[0],
        )  # fmt: skip
    ).eval()
    randomise(reference)
    state = reference.state_dict()
    assert {name: tuple(tensor.shape) for name, tensor in state.items() if "position_ids" not in name} == config.shapes()
    ids = torch.tensor([[CLIP_EMPTY[0]] + [CLIP_EMPTY[1]] * 76])
    with torch.no_grad():
        wanted = reference(ids).pooler_output[0]
    assert torch.allclose(clip_pooled(config, state.__getitem__), wanted, rtol=1e-4, atol=1e-5)


def test_the_rows_of_an_empty_prompt_are_those_of_transformers() -> None:
    config = T5Config(layers=3, hidden=40, mlp=96, heads=4, head_dim=12, vocab=100)
    reference = T5EncoderModel(
        ReferenceT5Config(
            vocab_size=100, d_model=40, d_kv=12, d_ff=96, num_layers=3, num_heads=4, feed_forward_proj="gated-gelu", dropout_rate=0.0,
            relative_attention_num_buckets=32, relative_attention_max_distance=128,
        )  # fmt: skip
    ).eval()
    randomise(reference)
    state = reference.state_dict()
    assert {name: tuple(tensor.shape) for name, tensor in state.items() if name != "encoder.embed_tokens.weight"} == config.shapes()
    ids = torch.tensor([[1] + [0] * (T5_LENGTH - 1)])
    with torch.no_grad():
        wanted = reference(ids).last_hidden_state[0]
    found = t5_rows(config, state.__getitem__)
    assert found.shape == (512, 40)
    assert torch.allclose(found, wanted, rtol=1e-4, atol=1e-4)
