"""Autoencoder between pictures and latents, in the layout of FLUX's AutoencoderKL, and a tiny decoder for previews.

State-dict names of the autoencoder follow diffusers' `AutoencoderKL` (without quantisation convolutions, as FLUX);
those of `TinyDecoder` follow TAEF1's `nn.Sequential` indexes.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .config import VaeConfig
from .layers import attention


def _norm(channels: int, config: VaeConfig) -> nn.Module:
    """GroupNorm as published, or nothing where the configuration has no groups."""
    return nn.GroupNorm(config.norm_groups, channels, eps=config.eps) if config.norm_groups else nn.Identity()


def _activation(config: VaeConfig) -> nn.Module:
    """SiLU as published; ReLU without norms: the pair that trains several times faster on a CPU."""
    return nn.SiLU() if config.norm_groups else nn.ReLU()


class ResnetBlock(nn.Module):
    def __init__(self, in_channels: int, out_channels: int, config: VaeConfig) -> None:
        super().__init__()
        self.norm1 = _norm(in_channels, config)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, padding=1)
        self.norm2 = _norm(out_channels, config)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1)
        self.conv_shortcut = nn.Conv2d(in_channels, out_channels, 1) if in_channels != out_channels else None
        self.activation = _activation(config)

    def forward(self, x: Tensor) -> Tensor:
        inner = self.conv1(self.activation(self.norm1(x)))
        inner = self.conv2(self.activation(self.norm2(inner)))
        return inner + (x if self.conv_shortcut is None else self.conv_shortcut(x))


class SpatialAttention(nn.Module):
    """Single-head attention among all places of the smallest feature map."""

    def __init__(self, channels: int, config: VaeConfig) -> None:
        super().__init__()
        self.channels = channels
        self.group_norm = _norm(channels, config)
        self.to_q = nn.Linear(channels, channels)
        self.to_k = nn.Linear(channels, channels)
        self.to_v = nn.Linear(channels, channels)
        self.to_out = nn.ModuleList([nn.Linear(channels, channels)])

    def forward(self, x: Tensor) -> Tensor:
        rows = self.group_norm(x).flatten(2).transpose(1, 2).unsqueeze(1)  # [B, 1, h*w, C]
        mixed = attention(self.to_q(rows), self.to_k(rows), self.to_v(rows), self.channels)
        return x + self.to_out[0](mixed).squeeze(1).transpose(1, 2).reshape(x.shape)


class MidBlock(nn.Module):
    def __init__(self, channels: int, config: VaeConfig) -> None:
        super().__init__()
        self.attentions = nn.ModuleList([SpatialAttention(channels, config)])
        self.resnets = nn.ModuleList(ResnetBlock(channels, channels, config) for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        return self.resnets[1](self.attentions[0](self.resnets[0](x)))


class Downsample(nn.Module):
    """Halves both sides. Pads right and bottom only, as the published weights expect."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(F.pad(x, (0, 1, 0, 1)))


class Upsample(nn.Module):
    """Doubles both sides: nearest neighbour, then a convolution."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(F.interpolate(x, scale_factor=2.0, mode="nearest"))


class DownBlock(nn.Module):
    def __init__(self, in_channels: int, out_channels: int, downsample: bool, config: VaeConfig) -> None:
        super().__init__()
        self.resnets = nn.ModuleList(
            ResnetBlock(in_channels if index == 0 else out_channels, out_channels, config)
            for index in range(config.layers_per_block)
        )
        self.downsamplers = nn.ModuleList([Downsample(out_channels)]) if downsample else None

    def forward(self, x: Tensor) -> Tensor:
        for resnet in self.resnets:
            x = resnet(x)
        return x if self.downsamplers is None else self.downsamplers[0](x)


class UpBlock(nn.Module):
    def __init__(self, in_channels: int, out_channels: int, upsample: bool, config: VaeConfig) -> None:
        super().__init__()
        self.resnets = nn.ModuleList(
            ResnetBlock(in_channels if index == 0 else out_channels, out_channels, config)
            for index in range(config.layers_per_block + 1)
        )
        self.upsamplers = nn.ModuleList([Upsample(out_channels)]) if upsample else None

    def forward(self, x: Tensor) -> Tensor:
        for resnet in self.resnets:
            x = resnet(x)
        return x if self.upsamplers is None else self.upsamplers[0](x)


class VaeEncoder(nn.Module):
    def __init__(self, config: VaeConfig) -> None:
        super().__init__()
        widths = config.block_out_channels
        self.patch = config.patch
        self.conv_in = nn.Conv2d(config.in_channels * config.patch**2, widths[0], 3, padding=1)
        self.down_blocks = nn.ModuleList(
            DownBlock(widths[max(index - 1, 0)], width, index < len(widths) - 1, config)
            for index, width in enumerate(widths)
        )
        self.mid_block = MidBlock(widths[-1], config)
        self.conv_norm_out = _norm(widths[-1], config)
        self.activation = _activation(config)
        self.conv_out = nn.Conv2d(widths[-1], 2 * config.latent_channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """[B, 3, H, W] in [-1, 1] -> mean and log-variance [B, 2 * latent_channels, H/f, W/f]."""
        x = self.conv_in(F.pixel_unshuffle(x, self.patch) if self.patch > 1 else x)
        for block in self.down_blocks:
            x = block(x)
        return self.conv_out(self.activation(self.conv_norm_out(self.mid_block(x))))


class VaeDecoder(nn.Module):
    def __init__(self, config: VaeConfig) -> None:
        super().__init__()
        widths = config.block_out_channels[::-1]
        self.patch = config.patch
        self.conv_in = nn.Conv2d(config.latent_channels, widths[0], 3, padding=1)
        self.mid_block = MidBlock(widths[0], config)
        self.up_blocks = nn.ModuleList(
            UpBlock(widths[max(index - 1, 0)], width, index < len(widths) - 1, config)
            for index, width in enumerate(widths)
        )
        self.conv_norm_out = _norm(widths[-1], config)
        self.activation = _activation(config)
        self.conv_out = nn.Conv2d(widths[-1], config.in_channels * config.patch**2, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """Encoder-scale latents [B, latent_channels, h, w] -> picture [B, 3, f*h, f*w], about [-1, 1]."""
        x = self.mid_block(self.conv_in(x))
        for block in self.up_blocks:
            x = block(x)
        pixels = self.conv_out(self.activation(self.conv_norm_out(x)))
        return F.pixel_shuffle(pixels, self.patch) if self.patch > 1 else pixels


class AutoencoderKL(nn.Module):
    """Encoder and decoder. The denoiser works on *scaled* latents; `scale` and `unscale` convert."""

    def __init__(self, config: VaeConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = VaeEncoder(config)
        self.decoder = VaeDecoder(config)

    def encode(self, pixels: Tensor) -> Tensor:
        """[B, 3, H, W] in [-1, 1] -> the mean of the latents, encoder scale, [B, latent_channels, H/f, W/f]."""
        return self.moments(pixels)[0]

    def moments(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of the latents (the latter only for training)."""
        mean, log_variance = self.encoder(pixels).chunk(2, dim=1)
        return mean, log_variance

    def decode(self, latents: Tensor) -> Tensor:
        """Encoder-scale latents -> picture, about [-1, 1]; not clipped."""
        return self.decoder(latents)

    def scale(self, encoded: Tensor) -> Tensor:
        """Encoder scale -> denoiser scale."""
        return (encoded - self.config.shift) * self.config.scaling

    def unscale(self, latents: Tensor) -> Tensor:
        """Denoiser scale -> encoder scale."""
        return latents / self.config.scaling + self.config.shift


class _Squash(nn.Module):
    """3 tanh(x / 3): keeps outliers of half-denoised latents in range."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.tanh(x / 3) * 3


class _TinyBlock(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1),
        )

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.conv(x) + x)


class TinyDecoder(nn.Sequential):
    """TAEF1-like preview decoder: *denoiser-scale* latents [B, C, h, w] -> picture [B, 3, h * 2^n, w * 2^n], about [0, 1].

    TAEF1 itself is `TinyDecoder(16, 64, upsamplings=3, blocks=3)`.
    """

    def __init__(self, latent_channels: int, width: int, upsamplings: int, blocks: int = 3) -> None:
        layers: list[nn.Module] = [_Squash(), nn.Conv2d(latent_channels, width, 3, padding=1), nn.ReLU()]
        for _ in range(upsamplings):
            layers += [_TinyBlock(width) for _ in range(blocks)]
            layers += [nn.Upsample(scale_factor=2), nn.Conv2d(width, width, 3, padding=1, bias=False)]
        layers += [_TinyBlock(width), nn.Conv2d(width, 3, 3, padding=1)]
        super().__init__(*layers)


class PatchDecoder(nn.Sequential):
    """Preview decoder that makes every latent's pixels at once: *denoiser-scale* latents [B, C, h, w] -> [B, 3, h * p, w * p], about [0, 1].

    It computes at the size of the latents alone, so that a preview costs a small part of a step even where a step is short; a
    decoder that grows the picture stage by stage, as TAEF1 does, spends most of its time on the last and largest stage.
    """

    def __init__(self, latent_channels: int, width: int, patch: int) -> None:
        super().__init__(
            _Squash(),
            nn.Conv2d(latent_channels, width, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(width, 3 * patch * patch, 1),
            nn.PixelShuffle(patch),
        )
