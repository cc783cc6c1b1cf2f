"""The smallest image decoder in Python: from noise to four coloured quarters, a straight line from sigma 1 to 0."""

import time

import numpy as np
from darkroom_plugin import (
    DecoderDefaults,
    DecoderLimits,
    DecoderReads,
    DecoderSupport,
    Field,
    ImageDecoder,
    Options,
    Picture,
    RgbImage,
    Step,
    Timings,
    define_plugin,
)
from space import SPACE, colours_of

GRAIN = 0.05
"""How much of the noise stays in the picture, so that the seed shows."""


class DecoderOptions(Options):
    step_ms: float = Field(default=0, ge=0, alias="stepMs")
    """Milliseconds that each step takes, for tests of waiting and aborting."""


class Decoder(ImageDecoder):
    reads = DecoderReads(condition=SPACE, reference=SPACE)
    supports = DecoderSupport(edit=True, preview="image")
    limits = DecoderLimits(min_width=16, min_height=16, max_width=1024, max_height=1024, size_multiple=16, max_steps=1000)
    defaults = DecoderDefaults(width=64, height=64, num_inference_steps=8)

    def __init__(self, options, host):
        self.step_s = options.step_ms / 1000

    def decode(self, request, call):
        started_at = time.perf_counter()
        preview_s = 0.0

        # 1. Where the line begins and ends: noise from the seed, and the picture.
        width, height = request.width, request.height
        noise = np.random.default_rng(request.seed).random((height, width, 3), np.float32)
        colours = colours_of(request.condition).copy()
        if request.reference is not None:
            colours[::2] = colours_of(request.reference)[::2]  # an edit keeps the left half
        quarters = colours.reshape(2, 2, 3).repeat(height // 2, axis=0).repeat(width // 2, axis=1)
        clean = quarters * (1 - GRAIN) + noise * GRAIN

        # 2. Along the line.
        for step_index in range(1, request.num_inference_steps + 1):
            call.sleep(self.step_s)
            sigma = 1 - step_index / request.num_inference_steps
            wish = call.wants_preview(step_index)
            if wish is None:
                yield Step(step_index, sigma)
                continue
            preview_started_at = time.perf_counter()
            shown = noise * sigma + clean * (1 - sigma) if wish.view == "noisy" else clean
            every = max(1, -(-max(width, height) // wish.max_size))
            preview = to_image(shown[::every, ::every])
            preview_s += time.perf_counter() - preview_started_at
            yield Step(step_index, sigma, preview)

        # 3. The picture.
        denoise_ms = (time.perf_counter() - started_at - preview_s) * 1000
        yield Picture(to_image(clean), Timings(denoise_ms=denoise_ms, preview_ms=preview_s * 1000))


def to_image(values):
    """values: float32 [height, width, 3], 0 to 1"""
    return RgbImage(np.rint(values * 255).astype(np.uint8))


plugin = define_plugin(
    kind="image-decoder", name="minimal-decoder", version="1.0.0", options=DecoderOptions, create=Decoder
)
