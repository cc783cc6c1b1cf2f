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
TITLE = "TypeScript engine"


def engine_results(folder: Path = MEASURED) -> list[Result]:
    """Rows of the engine, in the order of its tests.

    Raises FileNotFoundError when the tests have not run here.
    """
    files = sorted(folder.glob("*.json"))
    if not files:
        raise FileNotFoundError(f"there is nothing in {folder}; run `npm run jest -- test/parity` first, or `npm run parity` for both")
    rows = [row for file in reversed(files) for row in json.loads(file.read_text(encoding="utf-8"))]
    return [_result(row) for row in rows]


def _result(row: Any) -> Result:
    precision = "float32" if row["measure"] == "absolute" else "exact" if row["measure"] == "values" else "uint8"
    piece = Piece(TITLE, row["piece"], row["reference"], precision, row["measure"], row["tolerance"], lambda: iter(()))
    # JSON has no infinity: the engine writes null.
    return Result(piece, row["cases"], math.inf if row["error"] is None else row["error"])
