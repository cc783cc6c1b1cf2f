"""Gathering the parts of a model, standardising its latents, fitting its previews."""

from __future__ import annotations

import pytest
import torch

from darkroom_toolkit.bundle.parts import StandardisedVae, build_parts
from darkroom_toolkit.bundle.preview import fit_preview_factors
from darkroom_toolkit.fixtures.tiny import Tiny


def _state(tiny: Tiny) -> dict[str, dict[str, torch.Tensor]]:
    parts = tiny.parts
    assert parts.merger is not None and parts.editing_denoiser is not None
    modules = {"vision": parts.vision, "language": parts.language, "adapter": parts.adapter, "vae": parts.vae, "merger": parts.merger,
               "generation_denoiser": parts.generation_denoiser, "editing_denoiser": parts.editing_denoiser}  # fmt: skip
    return {name: module.state_dict() for name, module in modules.items()}


def test_state_dicts_become_the_modules_they_came_from(tiny: Tiny) -> None:
    parts = build_parts(tiny.parts.config, _state(tiny))
    assert torch.equal(parts.language.lm_head.weight, tiny.parts.language.lm_head.weight)
    assert parts.editing_denoiser is not parts.generation_denoiser
    assert torch.equal(parts.pooled, torch.zeros(8))


def test_without_an_editing_denoiser_both_decoders_share_one(tiny: Tiny) -> None:
    state = _state(tiny)
    del state["editing_denoiser"]
    parts = build_parts(tiny.parts.config, state)
    assert parts.editing_denoiser is parts.generation_denoiser


def test_missing_and_unknown_parts_are_named(tiny: Tiny) -> None:
    state = _state(tiny)
    state["denoiser"] = state.pop("generation_denoiser")
    with pytest.raises(ValueError, match=r"missing: \['generation_denoiser'\], unknown: \['denoiser'\]"):
        build_parts(tiny.parts.config, state)


def test_half_a_negative_branch_is_refused(tiny: Tiny) -> None:
    with pytest.raises(ValueError, match="both negative_context and negative_pooled"):
        build_parts(tiny.parts.config, _state(tiny), negative_context=torch.zeros(5, 24))


def test_a_pooled_vector_of_another_length_is_refused(tiny: Tiny) -> None:
    with pytest.raises(ValueError, match="pooled: wanted shape"):
        build_parts(tiny.parts.config, _state(tiny), pooled=torch.zeros(9))


def test_standardised_latents_decode_to_the_same_picture_up_to_the_border(tiny: Tiny) -> None:
    mean, std = torch.tensor([1.0, -2.0, 0.5, 3.0]), torch.tensor([0.5, 2.0, 1.0, 4.0])
    vae = StandardisedVae(tiny.parts.vae, mean, std)
    generator = torch.Generator().manual_seed(1)
    pixels = torch.rand(1, 3, 32, 48, generator=generator) * 2 - 1
    encoded = tiny.parts.vae.encode(pixels)
    assert torch.allclose(vae.encode(pixels) * std.view(1, -1, 1, 1) + mean.view(1, -1, 1, 1), encoded, atol=1e-5)
    assert torch.allclose(vae.decode(vae.encode(pixels)), tiny.parts.vae.decode(encoded), atol=1e-4)
    assert (vae.config.scaling, vae.config.shift) == (1.0, 0.0)


def test_statistics_that_cannot_be_are_refused(tiny: Tiny) -> None:
    with pytest.raises(ValueError, match="4 channels"):
        StandardisedVae(tiny.parts.vae, torch.zeros(3), torch.ones(3))
    with pytest.raises(ValueError, match="positive"):
        StandardisedVae(tiny.parts.vae, torch.zeros(4), torch.tensor([1.0, 0.0, 1.0, 1.0]))


def test_preview_factors_find_the_linear_map_behind_pictures() -> None:
    generator = torch.Generator().manual_seed(2)
    latents = torch.randn(3, 5, 4, 6, generator=generator)
    weight, bias = torch.randn(5, 3, generator=generator), torch.tensor([0.1, -0.2, 0.3])
    colours = torch.einsum("bchw,cr->brhw", latents, weight) + bias.view(1, 3, 1, 1)
    fitted = fit_preview_factors(latents, colours.repeat_interleave(8, dim=2).repeat_interleave(8, dim=3))
    assert torch.allclose(torch.tensor(fitted.factors), weight, atol=1e-5)
    assert torch.allclose(torch.tensor(fitted.bias), bias, atol=1e-5)
    assert torch.allclose(fitted.apply(latents), colours, atol=1e-4)


def test_too_few_latent_pixels_for_the_factors_are_refused() -> None:
    with pytest.raises(ValueError, match="give more pictures"):
        fit_preview_factors(torch.zeros(1, 16, 4, 4), torch.zeros(1, 3, 32, 32))
