"""The values of the contract, to the wire and from it. Whoever receives checks: a peer may be written in any language."""

from __future__ import annotations

import math
from typing import TypeVar

import numpy as np

from ..contract import EmbeddingSpace, ImageEmbeddings, Mask, RgbImage
from ..errors import GatewayError
from . import plugin_pb2 as pb

Word = TypeVar("Word")

_FLOAT32 = np.dtype("<f4")


# ── From the wire: views of the message's bytes, read-only ───────────────────────────────────────────────────────────


def image_from_wire(image: pb.RgbImage) -> RgbImage:
    """@throws GatewayError SHAPE_MISMATCH when there are more or fewer bytes than width and height say"""
    width, height, data = image.width, image.height, image.data
    if width < 1 or height < 1 or len(data) != width * height * 3:
        raise GatewayError(
            "SHAPE_MISMATCH",
            f"A picture of {width} x {height} needs {width * height * 3} bytes of RGB, at least 3; {len(data)} came.",
        )
    return RgbImage(np.frombuffer(data, np.uint8).reshape(height, width, 3))


def mask_from_wire(mask: pb.Mask) -> Mask:
    """@throws GatewayError SHAPE_MISMATCH when there are more or fewer bytes than width and height say"""
    width, height, data = mask.width, mask.height, mask.data
    if width < 1 or height < 1 or len(data) != width * height:
        raise GatewayError(
            "SHAPE_MISMATCH",
            f"A mask of {width} x {height} needs {width * height} bytes, at least 1; {len(data)} came.",
        )
    return Mask(np.frombuffer(data, np.uint8).reshape(height, width))


def tensor_from_wire(tensor: pb.Tensor) -> np.ndarray:
    """@throws GatewayError SHAPE_MISMATCH when there are more or fewer bytes than the dims say"""
    dims, data = list(tensor.dims), tensor.data
    wanted = math.prod(dims) * _FLOAT32.itemsize
    if len(data) != wanted:
        message = f"A tensor {dims} needs {wanted} bytes of float32; {len(data)} came."
        raise GatewayError("SHAPE_MISMATCH", message)
    return np.frombuffer(data, _FLOAT32).reshape(dims)


def embeddings_from_wire(image: pb.ImageEmbeddings) -> ImageEmbeddings:
    """@throws GatewayError SHAPE_MISMATCH when the embeddings are not [tokens, dimension] with a grid of three"""
    tensor = tensor_from_wire(image.embeddings)
    grid = tuple(image.grid_thw)
    if tensor.ndim != 2 or len(grid) != 3:
        raise GatewayError(
            "SHAPE_MISMATCH",
            f"Embeddings are [tokens, dimension] with a grid [t, h, w]; {list(tensor.shape)} with {list(grid)} came.",
        )
    return ImageEmbeddings(image.space, tensor, grid)


# ── To the wire ──────────────────────────────────────────────────────────────────────────────────────────────────────


def image_to_wire(image: RgbImage) -> pb.RgbImage:
    return pb.RgbImage(width=image.width, height=image.height, data=image.pixels.tobytes())


def embeddings_to_wire(image: ImageEmbeddings) -> pb.ImageEmbeddings:
    embeddings = np.asarray(image.embeddings)
    if embeddings.ndim != 2:
        raise GatewayError("SHAPE_MISMATCH", f"Embeddings are [tokens, dimension]; {list(embeddings.shape)} came.")
    data = embeddings.astype(_FLOAT32, copy=False).tobytes()
    tensor = pb.Tensor(dims=embeddings.shape, data=data)
    return pb.ImageEmbeddings(space=image.space, embeddings=tensor, grid_thw=image.grid_thw)


def space_to_wire(space: EmbeddingSpace) -> pb.EmbeddingSpace:
    return pb.EmbeddingSpace(id=space.id, dimension=space.dimension, image_tokens=space.image_tokens)


# ── Helpers for all conversions ──────────────────────────────────────────────────────────────────────────────────────


def lacks(field: str) -> GatewayError:
    return GatewayError("PLUGIN_INVALID", f"A message of the plugin contract lacks its field {field}.")


def word_of(words: dict[int, Word], value: int) -> Word:
    """The contract's word for an enum value of the wire. @throws GatewayError PLUGIN_INVALID"""
    if value in words:
        return words[value]
    raise GatewayError("PLUGIN_INVALID", f"A message of the plugin contract holds {value}, which has no meaning there.")
