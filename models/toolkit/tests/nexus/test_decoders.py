"""Adapter, merger, denoiser and autoencoder."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from darkroom_toolkit.nexus import (
    AutoencoderKL,
    Denoiser,
    EmbeddingMerger,
    GenerationAdapter,
    NexusConfig,
    TinyDecoder,
    initialise,
    pack_latents,
    unpack_latents,
)
from darkroom_toolkit.nexus.denoiser import sinusoid
from darkroom_toolkit.nexus.rope import flux_tables, grid_context_ids, image_ids, merger_tables


@pytest.fixture
def denoiser(tiny: NexusConfig) -> Denoiser:
    """Every weight random, also those that training starts at zero."""
    torch.manual_seed(0)
    denoiser = Denoiser(tiny.denoiser).eval()
    for parameter in denoiser.parameters():
        torch.nn.init.normal_(parameter, 0.2, 0.2)
    return denoiser.double()


def run(denoiser: Denoiser, latents: torch.Tensor, context: torch.Tensor, timestep: float = 700.0) -> torch.Tensor:
    ids = torch.cat((grid_context_ids(3, 3, 2, 3), image_ids(2, 3)))
    cos, sin = (table.double() for table in flux_tables(ids, denoiser.config))
    batch = len(latents)
    pooled = torch.linspace(-1, 1, 10).double().expand(batch, -1)
    c = denoiser.conditioning(torch.full((batch,), timestep), torch.full((batch,), 3.5), pooled)
    return denoiser(latents, context, denoiser.modulation(c), cos, sin)


def inputs(batch: int = 2) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    return (
        torch.randn(batch, 6, 16, generator=generator).double(),
        torch.randn(batch, 9, 28, generator=generator).double(),
    )


class TestPacking:
    def test_tokens_are_row_major_and_features_channel_major(self) -> None:
        latents = torch.arange(2 * 4 * 6).reshape(1, 2, 4, 6)
        packed = pack_latents(latents)
        assert packed.shape == (1, 6, 8)
        token = packed[0, 1]  # row 0, column 1 of the packed grid
        assert token.tolist() == latents[0, :, 0:2, 2:4].reshape(-1).tolist()

    def test_unpacking_is_the_inverse(self) -> None:
        latents = torch.randn(2, 3, 4, 6)
        assert torch.equal(unpack_latents(pack_latents(latents), 4, 6), latents)

    def test_odd_sides_are_refused(self) -> None:
        with pytest.raises(ValueError, match="9 x 8 cannot be packed"):
            pack_latents(torch.zeros(1, 4, 9, 8))


class TestDenoiser:
    def test_a_batch_equals_each_entry_alone(self, denoiser: Denoiser) -> None:
        latents, context = inputs()
        together = run(denoiser, latents, context)
        alone = torch.cat([run(denoiser, latents[i : i + 1], context[i : i + 1]) for i in range(2)])
        assert together.shape == (2, 6, 16)
        torch.testing.assert_close(together, alone, atol=1e-10, rtol=1e-10)

    def test_every_input_matters(self, denoiser: Denoiser) -> None:
        latents, context = inputs(1)
        base = run(denoiser, latents, context)
        for changed in (
            run(denoiser, latents + 0.1, context),
            run(denoiser, latents, context + 0.1),
            run(denoiser, latents, context, timestep=300.0),
        ):
            assert (changed - base).abs().max() > 1e-4

    def test_context_rows_may_come_in_any_order_with_their_ids(self, denoiser: Denoiser) -> None:
        """Attention has no order but the rotary ids: this fails when context and image rows swap places."""
        latents, context = inputs(1)
        ids = torch.cat((grid_context_ids(3, 3, 2, 3), image_ids(2, 3)))
        order = torch.tensor([4, 2, 0, 8, 1, 3, 7, 5, 6])
        row = torch.randn(1, denoiser.config.modulation_dim).double()
        outputs = []
        for rows, places in ((context, ids), (context[:, order], torch.cat((ids[:9][order], ids[9:])))):
            cos, sin = (table.double() for table in flux_tables(places, denoiser.config))
            outputs.append(denoiser(latents, rows, row, cos, sin))
        torch.testing.assert_close(outputs[0], outputs[1], atol=1e-9, rtol=1e-9)

    def test_the_modulation_row_is_ordered_as_documented(self, denoiser: Denoiser) -> None:
        c = torch.randn(1, 32).double()
        activated = F.silu(c)
        expected = []
        for block in denoiser.blocks:
            expected += [block.norm1_a.linear(activated), block.norm1_b.linear(activated)]
        expected += [block.norm.linear(activated) for block in denoiser.single_blocks]
        expected.append(denoiser.final_norm_out.linear(activated))
        row = denoiser.modulation(c)
        assert row.shape == (1, denoiser.config.modulation_dim)
        torch.testing.assert_close(row, torch.cat(expected, dim=-1))

    def test_the_output_takes_scale_before_shift(self, denoiser: Denoiser) -> None:
        latents, context = inputs(1)
        width = denoiser.config.width
        ids = torch.cat((grid_context_ids(3, 3, 2, 3), image_ids(2, 3)))
        cos, sin = (table.double() for table in flux_tables(ids, denoiser.config))
        row = torch.zeros(1, denoiser.config.modulation_dim).double()
        # Gates of 0 leave the embedded latents alone, so the output is known in closed form.
        row[:, -2 * width : -width] = 2.0
        row[:, -width:] = 5.0
        normed = F.layer_norm(denoiser.x_embedder(latents), (width,), eps=1e-6)
        torch.testing.assert_close(denoiser(latents, context, row, cos, sin), denoiser.final_proj_out(normed * 3 + 5))

    def test_the_sinusoid_is_cosines_then_sines(self) -> None:
        row = sinusoid(torch.tensor([3.0]), 8)[0]
        frequencies = [10_000 ** (-i / 4) for i in range(4)]
        expected = [math.cos(3 * f) for f in frequencies] + [math.sin(3 * f) for f in frequencies]
        torch.testing.assert_close(row, torch.tensor(expected))

    def test_guidance_is_multiplied_by_1000_and_time_is_not(self, denoiser: Denoiser) -> None:
        c = denoiser.conditioning(torch.tensor([700.0]), torch.tensor([3.5]), torch.zeros(1, 10).double())
        expected = (
            denoiser.time_embedder(torch.tensor([700.0]))
            + denoiser.guidance_embedder(torch.tensor([3500.0]))
            + denoiser.pooled_text_embedder(torch.zeros(1, 10).double())
        )
        torch.testing.assert_close(c, expected)


class TestAdapterAndMerger:
    def test_the_adapter_works_row_by_row(self, tiny: NexusConfig) -> None:
        adapter = initialise(GenerationAdapter(tiny.adapter)).eval()
        rows = torch.randn(1, 9, 36)
        out = adapter(rows)
        assert out.shape == (1, 9, 28)
        torch.testing.assert_close(out[:, 3:4], adapter(rows[:, 3:4]))

    def test_every_row_of_the_merger_sees_every_row(self, tiny: NexusConfig) -> None:
        merger = initialise(EmbeddingMerger(tiny.merger)).eval()
        cos, sin = merger_tables([(1, 6, 6), (1, 12, 12)], tiny.merger)
        rows = torch.randn(1, 9 + 36, 36, generator=torch.Generator().manual_seed(0))
        changed = rows.clone()
        changed[:, -1] += 3
        out = merger(rows, cos, sin)
        assert out.shape == (1, 45, 28)
        assert (merger(changed, cos, sin) - out).abs().amax(dim=2).min() > 1e-6


class TestAutoencoder:
    @pytest.mark.parametrize("name", ["v2", "nano", "tiny"])
    def test_the_factor_follows_from_the_widths(self, name: str, tiny: NexusConfig) -> None:
        config = {"v2": NexusConfig.nexus_gen_v2(), "nano": NexusConfig.nano(), "tiny": tiny}[name].vae
        with torch.device("meta"):
            vae = AutoencoderKL(config)
            side = 2 * config.factor
            latents = vae.encode(torch.zeros(1, 3, side, 2 * side))
            assert latents.shape == (1, config.latent_channels, 2, 4)
            assert vae.decode(latents).shape == (1, 3, side, 2 * side)

    def test_names_are_those_of_diffusers(self, tiny: NexusConfig) -> None:
        names = set(AutoencoderKL(tiny.vae).state_dict())
        for name in (
            "encoder.conv_in.weight",
            "encoder.down_blocks.1.resnets.0.conv_shortcut.weight",
            "encoder.down_blocks.0.downsamplers.0.conv.bias",
            "encoder.mid_block.attentions.0.to_out.0.weight",
            "encoder.mid_block.attentions.0.group_norm.weight",
            "decoder.mid_block.resnets.1.norm2.bias",
            "decoder.up_blocks.0.upsamplers.0.conv.weight",
            "decoder.up_blocks.2.resnets.1.conv2.weight",
            "decoder.conv_norm_out.weight",
        ):
            assert name in names
        assert not any(name.startswith(("encoder.down_blocks.2.downsamplers", "decoder.up_blocks.2.upsamplers")) for name in names)

    def test_without_norm_groups_only_the_norms_are_missing(self, tiny: NexusConfig) -> None:
        normed = set(AutoencoderKL(tiny.vae).state_dict())
        plain = set(AutoencoderKL(replace(tiny.vae, norm_groups=0)).state_dict())
        assert plain == {name for name in normed if "norm" not in name}

    def test_scaling_subtracts_then_multiplies_and_undoes_itself(self, tiny: NexusConfig) -> None:
        vae = AutoencoderKL(tiny.vae)
        encoded = torch.tensor([1.25])
        assert vae.scale(encoded).item() == 0.5  # (1.25 - 0.25) * 0.5
        torch.testing.assert_close(vae.unscale(vae.scale(encoded)), encoded)

    def test_downsampling_pads_right_and_bottom(self, tiny: NexusConfig) -> None:
        down = AutoencoderKL(tiny.vae).encoder.down_blocks[0].downsamplers[0]
        torch.nn.init.ones_(down.conv.weight)
        torch.nn.init.zeros_(down.conv.bias)
        out = down(torch.ones(1, 8, 4, 4))[0, 0] / 8
        assert out.tolist() == [[9, 6], [6, 4]]

    def test_the_preview_decoder_reaches_the_size_of_the_picture(self) -> None:
        assert TinyDecoder(4, 8, upsamplings=2)(torch.randn(1, 4, 6, 3)).shape == (1, 3, 24, 12)


class TestInitialisation:
    def test_an_untrained_denoiser_predicts_nothing(self, tiny: NexusConfig) -> None:
        denoiser = initialise(Denoiser(tiny.denoiser)).double()
        assert not run(denoiser, *inputs()).any()

    def test_query_and_key_norms_start_where_asked(self, tiny: NexusConfig) -> None:
        denoiser = initialise(Denoiser(tiny.denoiser), qk_norm=1.7)
        norms = [p for name, p in denoiser.named_parameters() if ".norm_q" in name or ".norm_k" in name]
        assert len(norms) == 4 * 2 + 2 * 2
        assert all((norm == 1.7).all() for norm in norms)

    def test_the_same_generator_state_gives_the_same_weights(self, tiny: NexusConfig) -> None:
        first, second = (initialise(Denoiser(tiny.denoiser), generator=torch.Generator().manual_seed(5)) for _ in range(2))
        for left, right in zip(first.parameters(), second.parameters()):
            assert torch.equal(left, right)

    def test_every_part_can_be_trained(self, tiny: NexusConfig) -> None:
        """Gradients reach the zero-initialised outputs first and, layer by layer of zeros, everything within five steps."""
        denoiser = initialise(Denoiser(tiny.denoiser), generator=torch.Generator().manual_seed(5)).double()
        optimiser = torch.optim.SGD(denoiser.parameters(), lr=0.1)
        latents, context = inputs()
        for _ in range(5):
            optimiser.zero_grad()
            (run(denoiser, latents, context) - 1).square().mean().backward()
            optimiser.step()
        still = [name for name, p in denoiser.named_parameters() if p.grad is None or not p.grad.any()]
        # The context stream of the last double block feeds the single blocks, so nothing may be left out.
        assert still == []
