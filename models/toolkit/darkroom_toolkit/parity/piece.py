"""What one row of the parity table is: a computation of ours, the reference it is held to, and how far apart they may lie.

A piece is a generator of errors, one for each case, so that the number of cases and the largest error can be counted by whoever
runs it. These measures of an error are in use:

    relative   largest difference over the root mean square of what is wanted
    absolute   largest difference: for quantities of order 1, and where the specification prints digits
    levels     largest difference of bytes
    values     how many values differ; the tolerance is 0
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

Measure = Literal["relative", "absolute", "levels", "values"]
Errors = Iterator[float]


@dataclass(frozen=True)
class Piece:
    """One computation against one reference, in one precision."""

    section: str
    name: str
    reference: str
    precision: str
    measure: Measure
    tolerance: float
    errors: Callable[[], Errors]


@dataclass(frozen=True)
class Result:
    """What running a piece gave."""

    piece: Piece
    cases: int
    error: float

    @property
    def within(self) -> bool:
        """Whether there were cases, and all of them met the tolerance."""
        return self.cases > 0 and self.error <= self.piece.tolerance


def run(piece: Piece) -> Result:
    """Run every case of a piece. An error that is not a number counts as infinite."""
    errors = [math.inf if math.isnan(error) else error for error in piece.errors()]
    return Result(piece, len(errors), max(errors, default=math.inf))


class Section:
    """Collects the pieces of one section of the table, in the order in which they are written down."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.pieces: list[Piece] = []

    def piece(
        self, name: str, reference: str, measure: Measure, tolerance: float = 0.0, precision: str | None = None
    ) -> Callable[[Callable[[], Errors]], Callable[[], Errors]]:
        """Decorates a generator of errors that has one precision: the host's own numbers (default: exact or float64)."""

        def register(errors: Callable[[], Errors]) -> Callable[[], Errors]:
            own = precision or ("exact" if measure == "values" else "float64")
            self.pieces.append(Piece(self.title, name, reference, own, measure, tolerance, errors))
            return errors

        return register

    def module(
        self, name: str, reference: str, *, float64: float, float32: float
    ) -> Callable[[Callable[[Any], Errors]], Callable[[Any], Errors]]:
        """Decorates a generator that takes a dtype; it becomes two pieces, each with the relative tolerance of its precision."""
        import torch

        def register(errors: Callable[[Any], Errors]) -> Callable[[Any], Errors]:
            for precision, dtype, tolerance in (("float64", torch.float64, float64), ("float32", torch.float32, float32)):

                def measured(dtype: torch.dtype = dtype) -> Errors:
                    with torch.no_grad():
                        yield from errors(dtype)

                self.pieces.append(Piece(self.title, name, reference, precision, "relative", tolerance, measured))
            return errors

        return register


Numbers = Tensor | ArrayLike


def relative(found: Numbers, wanted: Numbers) -> float:
    """Largest difference over the root mean square of what is wanted; infinite for other shapes.

    Raises ValueError when next to nothing is wanted: meeting zeros proves nothing.
    """
    have, want = _array(found), _array(wanted)
    size = float(np.sqrt(np.mean(want**2)))
    if size < 1e-3:
        raise ValueError(f"the reference gives numbers of size {size:.1e}: choose other weights or inputs")
    return _largest(have, want) / size if have.shape == want.shape else math.inf


def absolute(found: Numbers, wanted: Numbers) -> float:
    """Largest difference; infinite for other shapes."""
    have, want = _array(found), _array(wanted)
    return _largest(have, want) if have.shape == want.shape else math.inf


def differing(found: Numbers, wanted: Numbers) -> float:
    """How many values differ; infinite for other shapes."""
    have, want = _array(found), _array(wanted)
    return float(np.count_nonzero(have != want)) if have.shape == want.shape else math.inf


def differing_sequences(found: Sequence[object], wanted: Sequence[object]) -> float:
    """How many entries of two lists differ, those that only one of them has included."""
    common = sum(have != want for have, want in zip(found, wanted, strict=False))
    return float(common + abs(len(found) - len(wanted)))


def all_pieces(sections: Iterable[Section]) -> list[Piece]:
    """Every piece, section by section."""
    return [piece for section in sections for piece in section.pieces]


def _largest(have: NDArray[np.float64], want: NDArray[np.float64]) -> float:
    return float(np.abs(have - want).max(initial=0.0))


def _array(values: Numbers) -> NDArray[np.float64]:
    return np.asarray(values.detach().numpy() if isinstance(values, Tensor) else values, dtype=np.float64)
