"""What a plugin answers, and what it declares of itself."""

from __future__ import annotations

from dataclasses import asdict

from ..contract import (
    DecodeEvent,
    Drawing,
    EmbeddingSpace,
    End,
    GenerateEvent,
    ImageDecoder,
    ImageEmbeddings,
    LanguageModel,
    Picture,
    Plugin,
    RequestError,
    Step,
    VisionEncoder,
)
from ..errors import GatewayError
from . import plugin_pb2 as pb
from .values import embeddings_to_wire, image_to_wire, space_to_wire

_REASONS = {"stop": pb.END_REASON_STOP, "length": pb.END_REASON_LENGTH}
_PREVIEWS = {"none": pb.PREVIEW_KIND_NONE, "latent": pb.PREVIEW_KIND_LATENT, "image": pb.PREVIEW_KIND_IMAGE}


def generate_event_to_wire(index: int, event: GenerateEvent) -> pb.GenerateEvent:
    match event:
        case str():
            return pb.GenerateEvent(index=index, text=event)
        case ImageEmbeddings():
            return pb.GenerateEvent(index=index, image=embeddings_to_wire(event))
        case Drawing(prompt, edits):
            return pb.GenerateEvent(index=index, drawing=pb.Drawing(prompt=prompt, edits=edits))
        case End(reason, prompt_tokens, completion_tokens):
            usage = pb.TokenUsage(prompt_tokens=prompt_tokens, completion_tokens=completion_tokens)
            return pb.GenerateEvent(index=index, end=pb.GenerateEnd(reason=_REASONS[reason], usage=usage))
        case RequestError(code, message):
            return pb.GenerateEvent(index=index, error=pb.Error(code=code, message=message))
    raise _unknown("generate", "(index, str, ImageEmbeddings, Drawing, End or RequestError)", event)


def decode_event_to_wire(event: DecodeEvent) -> pb.DecodeEvent:
    match event:
        case Step(step_index, sigma, preview):
            step = pb.DecodeStep(step_index=step_index, sigma=sigma)
            if preview is not None:
                step.preview.CopyFrom(image_to_wire(preview))
            return pb.DecodeEvent(step=step)
        case Picture(image, timings):
            timings_wire = pb.DecodeTimings(**asdict(timings))
            return pb.DecodeEvent(image=pb.DecodedImage(image=image_to_wire(image), timings=timings_wire))
    raise _unknown("decode", "Step and Picture", event)


def _unknown(method: str, wanted: str, came: object) -> GatewayError:
    return GatewayError("PLUGIN_INVALID", f"{method} has to yield {wanted}; {type(came).__name__} came.")


# ── Capabilities ─────────────────────────────────────────────────────────────────────────────────────────────────────


def capabilities_to_wire(plugin: Plugin) -> dict[str, object]:
    """The field of `Welcome` that tells the kind and what is declared. @throws GatewayError PLUGIN_INVALID"""
    try:
        match plugin:
            case VisionEncoder():
                return {"vision_encoder": pb.VisionEncoderCapabilities(space=space_to_wire(plugin.space))}
            case LanguageModel():
                return {"language_model": _language_model(plugin)}
            case ImageDecoder():
                return {"image_decoder": _image_decoder(plugin)}
    except (AttributeError, TypeError, ValueError, KeyError) as error:
        message = f"{type(plugin).__name__} does not declare what its kind has to: {error}."
        raise GatewayError("PLUGIN_INVALID", message) from error
    wanted = "a VisionEncoder, a LanguageModel or an ImageDecoder"
    raise GatewayError("PLUGIN_INVALID", f"`create` has to return {wanted}; {type(plugin).__name__} came.")


def _language_model(model: LanguageModel) -> pb.LanguageModelCapabilities:
    limits = pb.LanguageLimits(context_length=model.limits.context_length, batch=model.limits.batch)
    declared = pb.LanguageModelCapabilities(limits=limits, asks_for_pictures=model.asks_for_pictures)
    if isinstance(model.reads, EmbeddingSpace):
        declared.space.CopyFrom(space_to_wire(model.reads))
    else:
        declared.pixels.SetInParent()
    if model.writes is not None:
        declared.writes.CopyFrom(space_to_wire(model.writes))
    return declared


def _image_decoder(decoder: ImageDecoder) -> pb.ImageDecoderCapabilities:
    supports = {**asdict(decoder.supports), "preview": _PREVIEWS[decoder.supports.preview]}
    declared = pb.ImageDecoderCapabilities(
        supports=pb.DecoderSupport(**supports),
        limits=pb.DecoderLimits(**asdict(decoder.limits)),
        defaults=pb.DecoderDefaults(**asdict(decoder.defaults)),
    )
    condition, reference = decoder.reads.condition, decoder.reads.reference
    if isinstance(condition, EmbeddingSpace):
        declared.condition_space.CopyFrom(space_to_wire(condition))
    else:
        declared.condition_text.SetInParent()
    if isinstance(reference, EmbeddingSpace):
        declared.reference_space.CopyFrom(space_to_wire(reference))
    elif reference == "pixels":
        declared.reference_pixels.SetInParent()
    return declared
