"""What can be seen of a picture after each step, without changing it.

A step of a scheduler is given what the denoiser said of which latents at which noise level. From these three follows x0,
the picture as the denoiser estimates it now. It is decoded at the size of the preview: the latents are shrunk first, so it
costs a fraction of the final decode.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
import torch
from darkroom_plugin import RgbImage
from PIL import Image


class Watch:
    """Sees one call of a pipeline. Only one is open at a time."""

    def __init__(self, pipeline: Any, vae: Any) -> None:
        self._pipeline = pipeline
        self._vae = vae
        self._scheduler = pipeline.scheduler
        self._seen: tuple[torch.Tensor, float, torch.Tensor] | None = None

    def __enter__(self) -> Watch:
        step = self._scheduler.step

        # Pipelines ask for the signature of `step`, so the wrapper has it as well.
        @functools.wraps(step)
        def watched(model_output, timestep, sample, *args, **kwargs):
            self._seen = (model_output, float(timestep), sample)
            return step(model_output, timestep, sample, *args, **kwargs)

        self._scheduler.step = watched
        return self

    def __exit__(self, *_error: object) -> None:
        # The class's own method is seen again.
        del self._scheduler.step
        self._seen = None

    def progress(self, index: int, wanted_steps: int) -> tuple[int, float]:
        """Steps done of those that were asked for, and the noise level left.

        Schedulers of a higher order make more calls than steps; a picture that begins with another one makes fewer.
        """
        calls = getattr(self._pipeline, "num_timesteps", None) or wanted_steps
        done = wanted_steps if index + 1 >= calls else math.ceil((index + 1) * wanted_steps / calls)
        timesteps = self._scheduler.timesteps
        at = len(timesteps) - calls + index + 1
        left = float(timesteps[at]) / self._trained_steps if at < len(timesteps) and done < wanted_steps else 0.0
        return done, min(1.0, max(0.0, left))

    @torch.no_grad()
    def preview(self, latents: torch.Tensor, wish, request) -> RgbImage | None:
        """@param latents after the step; left unchanged"""
        if self._vae is None:
            return None
        shown = self._estimate() if wish.view == "x0" else None
        shown = self._unpacked(latents if shown is None else shown, request)[:1]
        image = self._decode(self._shrunk(shown, wish.max_size, request))
        image.thumbnail((wish.max_size, wish.max_size))
        return RgbImage.from_pil(image)

    # ── x0 ───────────────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def _trained_steps(self) -> int:
        return int(getattr(self._scheduler.config, "num_train_timesteps", 1000))

    def _estimate(self) -> torch.Tensor | None:
        """The picture as the denoiser estimates it now, in latents; None for schedulers that are not known."""
        if self._seen is None:
            return None
        said, timestep, sample = self._seen
        said, sample = said.float(), sample.float()
        config = self._scheduler.config
        kind = getattr(config, "prediction_type", None)
        if "FlowMatch" in type(self._scheduler).__name__ or kind == "flow_prediction":
            return sample - timestep / self._trained_steps * said  # the velocity points from the picture to the noise
        alphas = getattr(self._scheduler, "alphas_cumprod", None)
        if alphas is None:
            return None
        alpha = float(alphas[min(round(timestep), len(alphas) - 1)])
        # Euler's family keeps latents of the variance 1 + sigma^2.
        if float(getattr(self._scheduler, "init_noise_sigma", 1)) != 1:
            sample = sample * math.sqrt(alpha)
        match kind:
            case "epsilon":
                return (sample - math.sqrt(1 - alpha) * said) / math.sqrt(alpha)
            case "v_prediction":
                return math.sqrt(alpha) * sample - math.sqrt(1 - alpha) * said
            case "sample":
                return said
        return None

    # ── Latents to a picture ─────────────────────────────────────────────────────────────────────────────────────────

    def _unpacked(self, latents: torch.Tensor, request) -> torch.Tensor:
        """[B, C, h, w]; transformers of the FLUX kind hold [B, tokens, 4C]"""
        if latents.ndim == 3 and hasattr(self._pipeline, "_unpack_latents"):
            pipeline = self._pipeline
            latents = pipeline._unpack_latents(latents, request.height, request.width, pipeline.vae_scale_factor)
        return latents

    def _shrunk(self, latents: torch.Tensor, max_size: int, request) -> torch.Tensor:
        factor = max_size / max(request.width, request.height)
        if factor >= 1:
            return latents
        height, width = (max(1, math.floor(side * factor)) for side in latents.shape[-2:])
        flat = latents.float().reshape(-1, 1, *latents.shape[-2:])
        small = torch.nn.functional.interpolate(flat, size=(height, width), mode="area")
        return small.reshape(*latents.shape[:-2], height, width)

    def _decode(self, latents: torch.Tensor) -> Image.Image:
        vae, config = self._vae, self._vae.config
        needs_float32 = bool(getattr(config, "force_upcast", False)) and vae.dtype == torch.float16
        if needs_float32:
            vae.to(torch.float32)
        latents = latents.to(vae.dtype)
        mean, std = getattr(config, "latents_mean", None), getattr(config, "latents_std", None)
        if mean is not None and std is not None:
            shape = (1, -1, *[1] * (latents.ndim - 2))
            latents = latents * latents.new_tensor(std).view(shape) + latents.new_tensor(mean).view(shape)
        else:
            latents = latents / getattr(config, "scaling_factor", 1.0) + (getattr(config, "shift_factor", None) or 0.0)
        decoded = vae.decode(latents, return_dict=False)[0].float()
        if needs_float32:
            vae.to(torch.float16)
        if decoded.ndim == 5:
            decoded = decoded[:, :, 0]  # a picture is the first frame
        pixels = (decoded[0].clamp(-1, 1) + 1) * 127.5
        return Image.fromarray(pixels.round().to(torch.uint8).permute(1, 2, 0).cpu().numpy().astype(np.uint8))
