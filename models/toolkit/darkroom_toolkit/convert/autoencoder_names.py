"""FLUX's autoencoder is published twice: under the names of diffusers, which the modules use, and under its first ones.

`ae.safetensors`, which Nexus-Gen itself loads, has the first names. They count the stages of the decoder from the picture
inwards, and write the linears of attention as 1 x 1 convolutions.
"""

from __future__ import annotations

import re

_ATTENTION = {"norm": "group_norm", "q": "to_q", "k": "to_k", "v": "to_v", "proj_out": "to_out.0"}


def original_name(name: str, stages: int) -> str:
    """Name of a tensor in `ae.safetensors`, given its name in diffusers' `AutoencoderKL`.

    `stages` is the number of widths (4 in FLUX). Names that are alike in both are returned as they are.
    """
    name = re.sub(r"^encoder\.down_blocks\.(\d+)\.", r"encoder.down.\1.", name)
    name = re.sub(r"^decoder\.up_blocks\.(\d+)\.", lambda match: f"decoder.up.{stages - 1 - int(match[1])}.", name)
    name = re.sub(r"\.mid_block\.resnets\.(\d+)\.", lambda match: f".mid.block_{int(match[1]) + 1}.", name)
    name = re.sub(r"\.mid_block\.attentions\.0\.(group_norm|to_q|to_k|to_v|to_out\.0)\.", _attention, name)
    name = re.sub(r"\.resnets\.(\d+)\.", r".block.\1.", name)
    name = re.sub(r"\.(down|up)samplers\.0\.", r".\1sample.", name)
    name = name.replace(".conv_shortcut.", ".nin_shortcut.")
    return name.replace(".conv_norm_out.", ".norm_out.")


def original_shape(name: str, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Shape of a tensor in `ae.safetensors`, given diffusers' name and shape."""
    return (*shape, 1, 1) if ".attentions." in name and len(shape) == 2 else shape


def _attention(match: re.Match[str]) -> str:
    first = {theirs: ours for ours, theirs in _ATTENTION.items()}[match[1]]
    return f".mid.attn_1.{first}."
