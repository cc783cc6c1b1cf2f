"""How the big matrices of a bundle are stored. All of them run as float32."""

from typing import Literal

WeightFormat = Literal["float32", "float16", "int8"]
WEIGHT_FORMATS: tuple[WeightFormat, ...] = ("float32", "float16", "int8")
