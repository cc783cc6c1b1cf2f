"""`docs/parity.md`, written from results."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from importlib import metadata

from .piece import Result

LIBRARIES = ("transformers", "diffusers", "torch", "onnxruntime", "onnx", "numpy", "pillow", "tokenizers")

INTRODUCTION = """# Parity

How far the engine lies from the public implementations of the models that it runs, piece by piece. `npm run parity` measures
everything and writes this page; `npm run test:all` measures the same and fails where a tolerance is exceeded.

The chain has three links. The toolkit's PyTorch modules are held to transformers and diffusers at reduced width, with the same
random weights in both. ONNX graphs are held to those modules. The TypeScript engine runs these graphs on a tiny bundle and is
held to the modules, to Pillow and to PyTorch through the recorded numbers of `test/fixtures/parity`, from single functions up to
whole runs from words to pixels. At last all three are passed at once: a checkpoint in the published layout, at reduced width and with
random weights, is converted in every precision and run by the engine, at the published defaults too.

| error | means |
|---|---|
| relative | largest difference over all values and cases, divided by the root mean square of what is wanted |
| absolute | largest difference |
| levels | largest difference of a byte of a picture, 0 to 255 |
| values | number of values that differ; only none is good |

`float64` rows show that the formulas agree: the references keep norms and rotary angles in float32 there too, which leaves about
1e-7. `float32` rows are what a run in that precision gives. Where a reference is a formula, a table or a printed number, the
figure in brackets is the section of the specification of Nexus-Gen V2 that this project works from. Rounded weights are those of the
checkpoint, each replaced by the number that the bundle stores for it. In int8 a CPU rounds the rows of a product as well, which the
reference does not: hence the other tolerance.
"""

NOTES = """## Where the engine differs on purpose

| what | reference | here |
|---|---|---|
| sides below half a unit in `smart_resize` | transformers rounds them to 0, then scales the picture up | one unit, as Qwen's own vision utilities and the published scripts do |
| rotary place of the first word behind a drawn picture | the sampling loop counts 81 places, training 9 | 9, as in training; `positionAfterImage` of a bundle's manifest chooses |
| a question about a picture | the sampling loop begins a picture when the model asks for one | words only |
| latents between steps | rounded to bfloat16 | float32 |
| size of a picture that is edited | resized once, within 262,640 pixels; one that is asked about twice, first within 12,845,056 | twice for both: in a conversation a picture is read once, whatever is said about it. Of sides between 500 and 2,000, 16 % come out one unit longer or shorter (1536 x 1024: 616 x 420 instead of 616 x 392) |
| inverse frequencies of the editing decoder's merger | rounded to bfloat16 with the module, an angle up to 0.004 rad off | float32 |
| guidance as the denoiser sees it | 3504, 3.5 x 1000 rounded to bfloat16 | 3500; a guidance of 3.504 gives the reference's |
| noise | drawn on the GPU | PyTorch's CPU draw, the same on every machine |
"""


def page(results: Sequence[Result]) -> str:
    """The whole page as Markdown."""
    versions = ", ".join(f"{library} {_version(library)}" for library in LIBRARIES)
    parts = [INTRODUCTION, f"Measured with {versions}, on one thread of a CPU.\n"]
    for title, rows in itertools.groupby(results, key=lambda result: result.piece.section):
        parts.append(f"## {title}\n\n{table(rows)}\n")
    return "\n".join([*parts, NOTES])


def table(results: Iterable[Result]) -> str:
    """One row for each piece."""
    lines = ["| piece | reference | cases | precision | largest error | tolerance |", "|---|---|--:|---|--:|--:|"]
    lines += [row(result) for result in results]
    return "\n".join(lines)


def row(result: Result) -> str:
    """A line of the table; an error beyond its tolerance is set in bold."""
    piece = result.piece
    error = _number(result.error)
    cells = (
        piece.name, with_version(piece.reference), str(result.cases), piece.precision, f"{error if result.within else f'**{error}**'} {piece.measure}",
        _number(piece.tolerance),
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


def with_version(reference: str) -> str:
    """A reference that begins with the name of a library, with its version behind the name."""
    library, comma, rest = reference.partition(",")
    return f"{library} {_version(library)}{comma}{rest}" if comma and library in LIBRARIES else reference


def _version(library: str) -> str:
    return metadata.version(library).split("+")[0]  # a CPU build and a CUDA build are one version


def _number(value: float) -> str:
    """Two digits: 3.1e-7, and 0 as it is."""
    if value == 0 or value >= 1 and value % 1 == 0 or math.isinf(value):
        return f"{value:.0f}"
    mantissa, _, exponent = f"{value:.1e}".partition("e")
    return f"{mantissa.removesuffix('.0')}e{int(exponent)}" if exponent else mantissa
