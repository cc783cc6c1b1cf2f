"""A diffusers pipeline: loaded, and asked what it can do."""

from __future__ import annotations

import inspect
import logging
import math
from contextlib import contextmanager
from typing import Any

import diffusers
import torch
from darkroom_plugin import GatewayError
from PIL import Image
from previews import Watch

DTYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}


class LoadedPipeline:
    """
    text_pipeline: draws from words; None where the pipeline only edits
    image_pipeline: draws from words and a picture; None where there is none
    has_true_cfg: whether there is guidance with a second, negative pass
    is_distilled: whether `guidance_scale` is fed to the denoiser. Otherwise it is the scale of the second pass, which the
        contract calls `true_cfg_scale`
    """

    def __init__(self, pipeline: Any, preview_vae: Any) -> None:
        parameters = inspect.signature(pipeline.__call__).parameters
        takes_image = "image" in parameters
        self.text_pipeline = None if takes_image and _is_edit_only(pipeline) else pipeline
        self.image_pipeline = pipeline if takes_image else _image_to_image(pipeline)
        self._preview_vae = preview_vae or getattr(pipeline, "vae", None)

        self.is_distilled = "true_cfg_scale" in parameters
        self.has_true_cfg = "negative_prompt" in parameters
        self.default_steps = int(_default_of(parameters, "num_inference_steps", 28))
        self.default_guidance = float(_default_of(parameters, "guidance_scale", 1))

        scale = int(getattr(pipeline, "vae_scale_factor", 8))
        denoiser = getattr(pipeline, "transformer", None) or getattr(pipeline, "unet", None)
        processor = getattr(pipeline, "image_processor", None)
        patch = getattr(getattr(denoiser, "config", None), "patch_size", 1) or 1
        patch = patch if isinstance(patch, int) else patch[-1]
        # Where latents are packed 2 x 2, the processor of pictures knows it; where not, the patches count.
        self.size_multiple = max(int(processor.config.vae_scale_factor) if processor else 8, scale * patch)
        sample = getattr(pipeline, "default_sample_size", None) or getattr(denoiser.config, "sample_size", None)
        self.default_size = sample * scale if isinstance(sample, int) else 512

    def call_for(self, request, strength: float) -> tuple[Any, dict[str, Any]]:
        """The pipeline that draws a request, and its arguments. @throws GatewayError CAPABILITY_MISSING"""
        pipeline = self.text_pipeline if request.reference is None else self.image_pipeline
        if pipeline is None:
            raise GatewayError("CAPABILITY_MISSING", "This pipeline only edits: give it a picture to begin with.")
        settings: dict[str, Any] = {
            "prompt": request.condition,
            "width": request.width,
            "height": request.height,
            "num_inference_steps": request.num_inference_steps,
            # On the CPU, so that a seed gives the same noise on every device.
            "generator": torch.Generator("cpu").manual_seed(request.seed),
            "callback_on_step_end_tensor_inputs": ["latents"],
        }
        if self.is_distilled:
            settings |= {"guidance_scale": request.guidance_scale, "true_cfg_scale": request.true_cfg_scale}
        else:
            settings["guidance_scale"] = request.true_cfg_scale
        if request.true_cfg_scale > 1:
            settings["negative_prompt"] = request.negative_prompt
        # Kontext would draw another size of its own choice otherwise, and look at the picture in another one.
        settings |= {"max_area": request.width * request.height, "_auto_resize": False}
        taken = inspect.signature(pipeline.__call__).parameters
        if request.reference is not None:
            # At least one step is left.
            settings["strength"] = max(strength, 1 / request.num_inference_steps)
            # What begins as the reference has its size; what only looks at it sees it undistorted.
            size = (request.width, request.height) if "strength" in taken else self._size_like(request)
            settings["image"] = request.reference.to_pil().resize(size, Image.Resampling.LANCZOS)
        return pipeline, {name: value for name, value in settings.items() if name in taken}

    def _size_like(self, request) -> tuple[int, int]:
        """Width and height in the proportions of the reference, with about as many pixels as the picture to draw."""
        reference, multiple = request.reference, self.size_multiple
        scale = math.sqrt(request.width * request.height / (reference.width * reference.height))
        width, height = (max(1, round(side * scale / multiple)) for side in (reference.width, reference.height))
        return width * multiple, height * multiple

    @contextmanager
    def watching(self, pipeline: Any):
        """While it is open, what the scheduler is given is kept for previews."""
        watch = Watch(pipeline, self._preview_vae)
        with watch:
            yield watch


def load(options, host) -> LoadedPipeline:
    """@throws GatewayError BUNDLE_MISSING, CONFIG_INVALID"""
    # They would write prompts that are too long into the log.
    diffusers.utils.logging.set_verbosity_error()
    diffusers.utils.logging.disable_progress_bar()
    logging.getLogger("transformers").setLevel(logging.ERROR)

    device = options.device
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    if device.startswith("cuda") and not torch.cuda.is_available():
        raise GatewayError("CONFIG_INVALID", f'device is "{device}"; PyTorch finds no CUDA here. Name "cpu" or "auto".')
    dtype = options.dtype
    if dtype == "auto":
        dtype = "bfloat16" if device.startswith("cuda") else "float32"

    where = _place_of(options.model, host)
    settings = {"torch_dtype": DTYPES[dtype], "revision": options.revision, "variant": options.variant}
    pipeline = _from_pretrained(diffusers.DiffusionPipeline, where, settings)
    if "callback_on_step_end" not in inspect.signature(pipeline.__call__).parameters:
        message = f"{type(pipeline).__name__} in {where} tells nothing of its steps (callback_on_step_end); it cannot be used."
        raise GatewayError("BUNDLE_INVALID", message)
    preview_vae = None
    if options.preview_model is not None:
        place = _place_of(options.preview_model, host)
        preview_vae = _from_pretrained(diffusers.AutoencoderTiny, place, {"torch_dtype": DTYPES[dtype]}).to(device)

    pipeline.set_progress_bar_config(disable=True)
    if options.offload == "model":
        pipeline.enable_model_cpu_offload(device=device)
    elif options.offload == "sequential":
        pipeline.enable_sequential_cpu_offload(device=device)
    else:
        pipeline.to(device)
    host.log.info("The pipeline is loaded.", pipeline=type(pipeline).__name__, device=device, dtype=dtype)
    return LoadedPipeline(pipeline, preview_vae)


def _place_of(model: str, host) -> str:
    """A folder that is there, beside the configuration or among the gateway's models; else a name on the hub."""
    folders = [host.resolve_path(model), *([host.models_folder / model] if host.models_folder else [])]
    return str(next((folder for folder in folders if folder.is_dir()), model))


def _from_pretrained(kind: Any, where: str, settings: dict[str, Any]) -> Any:
    try:
        return kind.from_pretrained(where, **{name: value for name, value in settings.items() if value is not None})
    except (OSError, ValueError) as error:
        message = f"There is no {kind.__name__} at {where}: name its folder, or its name on the hub ({_first_line(error)})."
        raise GatewayError("BUNDLE_MISSING", message) from error


def _image_to_image(pipeline: Any) -> Any:
    """The same parts as a pipeline that begins with a picture."""
    try:
        other = diffusers.AutoPipelineForImage2Image.from_pipe(pipeline)
    except (ValueError, TypeError, AttributeError):
        return None
    other.set_progress_bar_config(disable=True)
    return other


def _is_edit_only(pipeline: Any) -> bool:
    """Pipelines declare `image` with the default None even where they cannot do without; their names say it better."""
    name = type(pipeline).__name__
    return any(word in name for word in ("Pix2Pix", "Edit", "Img2Img", "Inpaint"))


def _default_of(parameters: Any, name: str, otherwise: float) -> float:
    value = parameters[name].default if name in parameters else None
    return value if isinstance(value, (int, float)) else otherwise


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
