"""What the TypeScript engine's parity tests measured, read from the files that they leave behind."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from .piece import Piece, Result

REPOSITORY = Path(__file__).resolve().parents[4]
#: Where `test/parity/inference/measured.ts` writes, one file for each file of tests.
MEASURED = REPOSITORY / "node_modules" / ".cache" / "darkroom-parity"
TITLE, CONVERTED = "TypeScript engine", "Converted checkpoints, run by the engine"
#: Files of rows and their sections, in the order of the page.
FILES = (("numbers", TITLE), ("model", TITLE), ("converted", CONVERTED))
PRECISION = {"absolute": "float32", "relative": "float32", "values": "exact", "levels": "uint8"}


def engine_results(folder: Path = MEASURED) -> list[Result]:
    """Rows of the engine, in the order of its tests.

    Raises FileNotFoundError when the tests have not run here.
    """
    missing = [f"{name}.json" for name, _ in FILES if not (folder / f"{name}.json").is_file()]
    if missing:
        raise FileNotFoundError(f"{folder} lacks {', '.join(missing)}, which the engine's tests leave there; `npm run parity` runs them first")
    return [_result(section, row) for name, section in FILES for row in json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))]


def _result(section: str, row: Any) -> Result:
    piece = Piece(section, row["piece"], row["reference"], PRECISION[row["measure"]], row["measure"], row["tolerance"], lambda: iter(()))
    # JSON has no infinity: the engine writes null.
    return Result(piece, row["cases"], math.inf if row["error"] is None else row["error"])
