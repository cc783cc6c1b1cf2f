"""Hold every part to the public implementations and write the table: `darkroom-toolkit parity`.

Needs the extra `parity` (transformers and diffusers): `pip install -e '.[dev,parity]'`. `npm run parity` sees to that, runs the
engine's own parity tests first, whose errors become the last section, and then this.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .piece import Piece

REPOSITORY = Path(__file__).resolve().parents[4]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, default=REPOSITORY / "docs" / "parity.md", help="page to write (default: docs/parity.md of the checkout)")


def main(arguments: argparse.Namespace) -> None:
    """Measure every piece, write the page, print it.

    Raises RuntimeError when an error is beyond its tolerance; the page is written all the same, with those errors in bold.
    """
    import torch

    from .engine import engine_results
    from .page import page, row
    from .piece import run

    torch.set_num_threads(1)
    engine = engine_results()
    results = []
    for piece in module_pieces():
        start = time.perf_counter()
        results.append(run(piece))
        print(f"{row(results[-1])} {time.perf_counter() - start:.1f} s", flush=True)
    results += engine
    for result in engine:
        print(row(result))
    arguments.out.write_text(page(results), encoding="utf-8")
    beyond = [result.piece.name for result in results if not result.within]
    if beyond:
        raise RuntimeError(f"beyond their tolerance: {', '.join(beyond)}")
    print(f"{len(results)} pieces, all within their tolerances: {arguments.out}")


def module_pieces() -> list[Piece]:
    """Every piece that is measured in Python, in the order of the page. Loads transformers and diffusers.

    Raises ModuleNotFoundError without the extra `parity`.
    """
    try:
        from . import flux, pictures, qwen, text_encoders
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(f"{error}; install the references with pip install -e '.[parity]'", name=error.name) from error
    from . import specification
    from .graphs import graph_pieces
    from .piece import all_pieces

    return [
        *all_pieces([qwen.SECTION, pictures.SECTION, flux.SECTION, text_encoders.SECTION, specification.SECTION]),
        *graph_pieces(),
    ]
