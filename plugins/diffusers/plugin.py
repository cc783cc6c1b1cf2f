"""Any diffusers pipeline as an image decoder that reads words. docs/diffusers.md is its page.

PyTorch is loaded when the plugin is made, not when this file is read: options that do not hold are refused at once.
"""

from __future__ import annotations

import queue
import threading
import time
from typing import TYPE_CHECKING, Literal

from darkroom_plugin import (
    DecoderDefaults,
    DecoderLimits,
    DecoderReads,
    DecoderSupport,
    Field,
    GatewayError,
    ImageDecoder,
    Options,
    Picture,
    RgbImage,
    Step,
    Timings,
    define_plugin,
)
from darkroom_plugin.errors import Aborted
from pydantic import ConfigDict
from pydantic.alias_generators import to_camel

if TYPE_CHECKING:
    from pipeline import LoadedPipeline

MAX_STEPS = 200
MIN_SIZE = 64


class DiffusersOptions(Options):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)

    model: str = Field(min_length=1)
    """Folder of a pipeline (with model_index.json), relative to the configuration file, or its name on the hub."""
    revision: str | None = None
    variant: str | None = None
    device: str = "auto"
    """`auto`: cuda where there is one, else cpu."""
    dtype: Literal["auto", "float32", "float16", "bfloat16"] = "auto"
    """`auto`: bfloat16 on cuda, float32 elsewhere."""
    offload: Literal["none", "model", "sequential"] = "none"
    """Keeps in the GPU only the part that works now, or only its layer."""
    preview_model: str | None = None
    """Folder or name of an AutoencoderTiny that makes the previews, instead of the pipeline's own autoencoder."""
    width: int | None = Field(default=None, ge=MIN_SIZE)
    height: int | None = Field(default=None, ge=MIN_SIZE)
    max_size: int = Field(default=2048, ge=MIN_SIZE, le=8192)
    steps: int | None = Field(default=None, ge=1, le=MAX_STEPS)
    guidance_scale: float | None = Field(default=None, ge=0)
    strength: float = Field(default=0.7, gt=0, le=1)
    """How much of its picture an edit may change, where the pipeline has no edits of its own."""


class Diffusers(ImageDecoder):
    def __init__(self, options: DiffusersOptions, host) -> None:
        from pipeline import load

        self.options = options
        self.host = host
        loaded = self.loaded = load(options, host)
        edits = loaded.image_pipeline is not None
        multiple = loaded.size_multiple
        smallest, largest = -(-MIN_SIZE // multiple) * multiple, options.max_size // multiple * multiple
        self.reads = DecoderReads(condition="text", reference="pixels" if edits else None)
        self.supports = DecoderSupport(edit=edits, true_cfg=loaded.has_true_cfg, preview="image")
        self.limits = DecoderLimits(smallest, smallest, largest, largest, multiple, MAX_STEPS)

        def fitting(size: int) -> int:
            return min(max(size // multiple * multiple, smallest), largest)

        guidance = loaded.default_guidance if options.guidance_scale is None else options.guidance_scale
        self.defaults = DecoderDefaults(
            width=fitting(options.width or loaded.default_size),
            height=fitting(options.height or loaded.default_size),
            num_inference_steps=options.steps or min(loaded.default_steps, MAX_STEPS),
            # Which of the two the pipeline's guidance is: see `LoadedPipeline`.
            guidance_scale=guidance if loaded.is_distilled else 1,
            true_cfg_scale=1 if loaded.is_distilled else guidance,
        )

    def decode(self, request, call):
        """The pipeline pushes its steps from a thread of its own; here they are taken one by one.

        The pipeline goes on only when its step was taken, so a slow reader pauses it and a wish for a preview is as fresh
        as it can be.
        """
        drawing = Drawing(self.loaded, self.options, request, call)
        try:
            yield from drawing.events()
        finally:
            drawing.stop()
        self._measure()

    def _measure(self) -> None:
        import torch

        if torch.cuda.is_available():
            self.host.metrics.set("gpu_memory_bytes", torch.cuda.memory_allocated())


class Drawing:
    """One picture."""

    def __init__(self, loaded: LoadedPipeline, options: DiffusersOptions, request, call) -> None:
        self._loaded = loaded
        self._request = request
        self._call = call
        self._options = options
        self._events: queue.Queue = queue.Queue(1)
        self._stopped = threading.Event()
        self._last_step = 0
        self._preview_s = 0.0
        self._thread = threading.Thread(target=self._run, name="pipeline", daemon=True)

    def events(self):
        self._thread.start()
        while True:
            event = self._events.get()
            if isinstance(event, BaseException):
                raise event
            yield event
            if isinstance(event, Picture):
                return

    def stop(self) -> None:
        """Returns when the pipeline has stopped: before the next picture may begin."""
        self._stopped.set()
        while self._thread.is_alive():
            try:
                self._events.get(timeout=0.05)
            except queue.Empty:
                pass

    def _run(self) -> None:
        import torch

        try:
            self._events.put(self._draw())
        except torch.cuda.OutOfMemoryError:
            torch.cuda.empty_cache()
            size = f"{self._request.width} x {self._request.height}"
            message = f'The GPU has too little memory for a picture of {size}: ask for a smaller one, or set "offload".'
            self._events.put(GatewayError("INFERENCE_FAILED", message))
        except BaseException as error:
            self._events.put(error)

    def _draw(self) -> Picture:
        started_at = denoised_at = time.perf_counter()
        loaded, request = self._loaded, self._request
        pipeline, settings = loaded.call_for(request, self._options.strength)
        with loaded.watching(pipeline) as watch:

            def after_step(_pipeline, index, _timestep, tensors):
                nonlocal denoised_at
                self._tell(watch.progress(index, request.num_inference_steps), watch, tensors["latents"])
                denoised_at = time.perf_counter()
                return tensors

            image = pipeline(**settings, callback_on_step_end=after_step).images[0]

        timings = Timings(
            denoise_ms=(denoised_at - started_at - self._preview_s) * 1000,
            vae_ms=(time.perf_counter() - denoised_at) * 1000,
            preview_ms=self._preview_s * 1000,
        )
        return Picture(RgbImage.from_pil(image), timings)

    def _tell(self, progress, watch, latents) -> None:
        step_index, sigma = progress
        if self._stopped.is_set() or self._call.aborted:
            raise Aborted
        # Some schedulers call the denoiser more often than there are steps.
        if step_index <= self._last_step:
            return
        self._last_step = step_index
        wish = self._call.wants_preview(step_index)
        preview = None
        if wish is not None:
            started_at = time.perf_counter()
            preview = watch.preview(latents, wish, self._request)
            self._preview_s += time.perf_counter() - started_at
        self._events.put(Step(step_index, sigma, preview))


plugin = define_plugin(
    kind="image-decoder", name="diffusers", version="1.0.0", options=DiffusersOptions, create=Diffusers
)
