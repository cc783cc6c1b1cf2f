"""Requests fit what the plugin declared. The gateway has looked as well, but one elsewhere may be an older one."""

from __future__ import annotations

from typing import NoReturn

from .contract import DecodeRequest, EmbeddingSpace, GenerateRequest, ImageDecoder, ImageEmbeddings, LanguageModel
from .errors import GatewayError


def check_generate_request(request: GenerateRequest, model: LanguageModel, name: str) -> None:
    """@throws GatewayError CAPABILITY_MISSING, SPACE_MISMATCH, SHAPE_MISMATCH"""
    for part in (part for message in request.messages for part in message.parts):
        if isinstance(part, str):
            continue
        if isinstance(part, ImageEmbeddings):
            if model.reads == "pixels":
                _fail("CAPABILITY_MISSING", name, "reads pictures as pixels; embeddings came")
            _check_embeddings(part, model.reads, name)
        elif model.reads != "pixels":
            _fail("CAPABILITY_MISSING", name, f"reads pictures as embeddings of {model.reads.id}; pixels came")


def check_decode_request(request: DecodeRequest, decoder: ImageDecoder, name: str) -> None:
    """@throws GatewayError SIZE_OUT_OF_LIMITS, STEPS_OUT_OF_LIMITS, CAPABILITY_MISSING, SPACE_MISMATCH, SHAPE_MISMATCH"""
    limits, reads, supports = decoder.limits, decoder.reads, decoder.supports
    width, height, multiple = request.width, request.height, limits.size_multiple
    is_within = limits.min_width <= width <= limits.max_width and limits.min_height <= height <= limits.max_height
    if not is_within or width % multiple or height % multiple:
        _fail(
            "SIZE_OUT_OF_LIMITS",
            name,
            f"draws {limits.min_width} x {limits.min_height} to {limits.max_width} x {limits.max_height} in multiples "
            f"of {multiple}; {width} x {height} came",
        )
    if not 1 <= request.num_inference_steps <= limits.max_steps:
        wanted = f"takes 1 to {limits.max_steps} inference steps; {request.num_inference_steps} came"
        _fail("STEPS_OUT_OF_LIMITS", name, wanted)

    if isinstance(request.condition, str):
        if reads.condition != "text":
            _fail("CAPABILITY_MISSING", name, f"draws from embeddings of the space {reads.condition.id}; text came")
    elif reads.condition == "text":
        _fail("CAPABILITY_MISSING", name, "draws from text; embeddings came")
    else:
        _check_embeddings(request.condition, reads.condition, name)

    if request.reference is not None:
        if reads.reference is None:
            _fail("CAPABILITY_MISSING", name, "takes no reference picture; one came")
        if isinstance(request.reference, ImageEmbeddings):
            if reads.reference == "pixels":
                _fail("CAPABILITY_MISSING", name, "takes its reference as pixels; embeddings came")
            _check_embeddings(request.reference, reads.reference, name)
        elif reads.reference != "pixels":
            _fail("CAPABILITY_MISSING", name, f"takes its reference as embeddings of {reads.reference.id}; pixels came")

    if request.mask is not None:
        if not supports.mask:
            _fail("CAPABILITY_MISSING", name, "takes no mask; one came")
        if request.reference is None:
            _fail("BAD_INPUT", name, "takes a mask beside a reference picture; a mask alone came")
        came = request.mask.values.shape
        if came != (height, width):
            wanted = f"takes a mask as large as the picture, {width} x {height}; {came[1]} x {came[0]} came"
            _fail("SHAPE_MISMATCH", name, wanted)
    if request.true_cfg_scale != 1 and not supports.true_cfg:
        wanted = f"has no classifier-free guidance: true_cfg_scale has to be 1, {request.true_cfg_scale} came"
        _fail("CAPABILITY_MISSING", name, wanted)


def _check_embeddings(image: ImageEmbeddings, space: EmbeddingSpace, name: str) -> None:
    if image.space != space.id:
        _fail("SPACE_MISMATCH", name, f"works with embeddings of the space {space.id}; {image.space} came")
    if image.embeddings.shape[1] != space.dimension:
        came = list(image.embeddings.shape)
        _fail("SHAPE_MISMATCH", name, f"works with embeddings [tokens, {space.dimension}]; {came} came")


def _fail(code: str, name: str, what: str) -> NoReturn:
    raise GatewayError(code, f"Plugin {name} {what}.")
