"""Train an image decoder: flow matching from noise to latents, conditioned on embeddings (nexus-gen.md 8.4)."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from ..nexus import Denoiser, NexusConfig, pack_latents
from ..nexus.rope import flux_tables, grid_context_ids, image_ids
from ..nexus.schedule import training_schedule, training_weights
from .common import Stage
from .pool import Pool

BATCH = 24
#: How often the language model's own embeddings are the condition, once there are any.
OWN_SHARE = 0.7
#: Deviation of the noise on true embeddings.
EMBEDDING_NOISE = 0.15
GUIDANCE = 3.5
SIDE = 9


def rotary_tables(config: NexusConfig, reference: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """cos, sin [L + N, hd / 2]: target embeddings, perhaps reference embeddings, then latents, all on the latent grid."""
    planes = [grid_context_ids(SIDE, SIDE, SIDE, SIDE)]
    if reference:
        planes.append(grid_context_ids(SIDE, SIDE, SIDE, SIDE, plane=1))
    cos, sin = flux_tables(torch.cat([*planes, image_ids(SIDE, SIDE)]), config.denoiser)
    return cos.bfloat16(), sin.bfloat16()


def conditioning(denoiser: Denoiser, sigma: torch.Tensor) -> torch.Tensor:
    """What the denoiser's modulation is made of at noise levels `sigma` [B], at the guidance that all training uses."""
    batch = len(sigma)
    pooled = torch.zeros(batch, denoiser.config.pooled_dim, dtype=torch.bfloat16)
    return denoiser.conditioning(1000 * sigma, torch.full((batch,), GUIDANCE), pooled)


class FlowMatching:
    """Draws noise levels and computes the weighted loss."""

    def __init__(self, config: NexusConfig, reference: bool) -> None:
        self.sigmas = torch.from_numpy(training_schedule()).float().to(torch.get_default_device())
        self.weights = torch.from_numpy(training_weights()).float().to(torch.get_default_device())
        self.cos, self.sin = rotary_tables(config, reference)

    def loss(self, denoiser: Denoiser, context: torch.Tensor, latents: torch.Tensor) -> torch.Tensor:
        """Weighted squared error of the velocity; context bfloat16 [B, L, C], latents float [B, C, h, w]."""
        batch = len(latents)
        index = torch.randint(0, len(self.sigmas), (batch,))
        sigma = self.sigmas[index]
        clean = pack_latents(latents)  # [B, N, 4C]
        noise = torch.randn_like(clean)
        mixed = clean + sigma.view(-1, 1, 1) * (noise - clean)
        row = denoiser.modulation(conditioning(denoiser, sigma))
        velocity = denoiser(mixed.bfloat16(), context, row, self.cos, self.sin).float()
        error = (velocity - (noise - clean)).square().mean(dim=(1, 2))
        # The floor keeps the first step, where the bell is 0, from going untaught: few-step drawing depends on it.
        return ((self.weights[index] + 0.2) * error).mean()


def train_decoder(
    stage: Stage, pool: Pool, flow: FlowMatching, true_embeddings: Callable[[torch.Tensor], torch.Tensor],
    condition: Callable[[dict[str, nn.Module], torch.Tensor, torch.Tensor], torch.Tensor], batch: int = BATCH,
) -> None:
    """The loop that both decoders share.

    true_embeddings  codes [B, 10] -> float [B, 81, E]
    condition        working modules, embeddings [B, 81, E], source codes [B, 10] -> context [B, L, C]
    """
    while stage.running():
        picked = torch.randint(0, len(pool.codes), (batch,))
        own = 0 if pool.predicted is None else int(batch * OWN_SHARE)
        if pool.predicted is not None:
            picked[:own] = torch.randint(0, len(pool.predicted), (own,))
        true = true_embeddings(pool.codes[picked[own:]])
        embeddings = true + EMBEDDING_NOISE * torch.rand(len(true), 1, 1) * torch.randn_like(true)
        if pool.predicted is not None:
            embeddings = torch.cat([pool.predicted[picked[:own]].float(), embeddings])
        context = condition(stage.working, embeddings.bfloat16(), pool.sources[picked])
        loss = flow.loss(stage.working["denoiser"], context, pool.latents[picked].float())
        stage.update(loss, {"loss": loss.item()})
