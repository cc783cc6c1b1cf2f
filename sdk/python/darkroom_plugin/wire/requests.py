"""What the gateway asks of a plugin."""

from __future__ import annotations

from dataclasses import dataclass

from ..contract import ChatMessage, ChatPart, DecodeRequest, DrawingOffer, EncodeRequest, GenerateRequest, PreviewWish, Sampling
from ..errors import GatewayError
from . import plugin_pb2 as pb
from .values import embeddings_from_wire, image_from_wire, lacks, mask_from_wire, word_of

_PURPOSES = {
    pb.ENCODE_PURPOSE_READ: "read",
    pb.ENCODE_PURPOSE_TARGET: "target",
    pb.ENCODE_PURPOSE_REFERENCE: "reference",
}
_TASKS = {
    pb.LANGUAGE_TASK_REPLY: "reply",
    pb.LANGUAGE_TASK_UNDERSTAND: "understand",
    pb.LANGUAGE_TASK_GENERATE: "generate",
    pb.LANGUAGE_TASK_EDIT: "edit",
}
_ROLES = {pb.ROLE_SYSTEM: "system", pb.ROLE_USER: "user", pb.ROLE_ASSISTANT: "assistant"}
_VIEWS = {pb.PREVIEW_VIEW_X0: "x0", pb.PREVIEW_VIEW_NOISY: "noisy"}
_SAMPLING = ("max_new_tokens", "temperature", "top_p", "top_k", "repetition_penalty", "seed")


def encode_request_from_wire(request: pb.EncodeRequest) -> EncodeRequest:
    if not request.HasField("image"):
        raise lacks("image")
    return EncodeRequest(image_from_wire(request.image), word_of(_PURPOSES, request.purpose))


def generate_request_from_wire(request: pb.GenerateRequest) -> GenerateRequest:
    messages = [
        ChatMessage(word_of(_ROLES, message.role), [_part_from_wire(part) for part in message.parts])
        for message in request.messages
    ]
    return GenerateRequest(
        task=word_of(_TASKS, request.task),
        messages=messages,
        sampling=_sampling_from_wire(request.sampling),
        drawing=DrawingOffer(request.drawing.edits) if request.HasField("drawing") else None,
    )


def _part_from_wire(part: pb.ChatPart) -> ChatPart:
    match part.WhichOneof("part"):
        case "text":
            return part.text
        case "image":
            return embeddings_from_wire(part.image)
        case "pixels":
            return image_from_wire(part.pixels)
    raise lacks("part")


def _sampling_from_wire(sampling: pb.SamplingOptions) -> Sampling:
    given = {name: getattr(sampling, name) for name in _SAMPLING if sampling.HasField(name)}
    return Sampling(**given, stop=tuple(sampling.stop))


def decode_request_from_wire(request: pb.DecodeRequest) -> DecodeRequest:
    return DecodeRequest(
        condition=_condition_from_wire(request),
        reference=_reference_from_wire(request),
        width=request.width,
        height=request.height,
        num_inference_steps=request.num_inference_steps,
        guidance_scale=request.guidance_scale,
        true_cfg_scale=request.true_cfg_scale,
        negative_prompt=request.negative_prompt,
        seed=request.seed,
        mask=mask_from_wire(request.mask) if request.HasField("mask") else None,
    )


def _condition_from_wire(request: pb.DecodeRequest):
    match request.WhichOneof("condition"):
        case "text":
            return request.text
        case "embeddings":
            return embeddings_from_wire(request.embeddings)
    raise lacks("condition")


def _reference_from_wire(request: pb.DecodeRequest):
    match request.WhichOneof("reference"):
        case "reference_pixels":
            return image_from_wire(request.reference_pixels)
        case "reference_embeddings":
            return embeddings_from_wire(request.reference_embeddings)
    return None


@dataclass(frozen=True)
class PreviewWishes:
    """What all watchers of one picture together want now."""

    every_steps: tuple[int, ...]
    wish: PreviewWish

    def after(self, step_index: int) -> PreviewWish | None:
        return self.wish if any(step_index % every == 0 for every in self.every_steps) else None


def wishes_from_wire(wishes: pb.PreviewWishes) -> PreviewWishes:
    """@throws GatewayError BAD_INPUT when a wish is for every 0th step"""
    if 0 in wishes.every_steps:
        raise GatewayError("BAD_INPUT", "Previews are made every 1 step or more; 0 came.")
    return PreviewWishes(tuple(wishes.every_steps), PreviewWish(wishes.max_size, word_of(_VIEWS, wishes.view)))
