"""The files beside a graph that hold its weights: written piece by piece, hashed on the way, each of bounded size."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from onnx import TensorProto

#: Tensors below this many bytes stay inside the graph, where shape inference can read them.
EXTERNAL_FROM = 1024
#: The runtime reads vectors from the mapped file: every tensor begins at a multiple of this.
ALIGNMENT = 64


class WeightFiles:
    """External data of one graph.

    `graph.bin`, then `graph.1.bin` and so on: a file ends where the next tensor would carry it past `file_bytes`, and a tensor
    larger than that has a file to itself. Nothing is held in memory but the piece that is being written.

        with WeightFiles(path, file_bytes=2 * 10**9) as files:
            files.store(tensor, byte_count, pieces)
        files.written        # path, sha256 and size of each file
    """

    def __init__(self, graph: Path, *, file_bytes: int | None = None, advance: Callable[[int], None] | None = None) -> None:
        """`graph` is the path of the `.onnx` file; `advance` is told the bytes of every piece as it is written."""
        self.graph = graph
        self.file_bytes = file_bytes
        self.written: list[dict[str, Any]] = []
        self._advance = advance
        self._file: BinaryIO | None = None
        self._path = graph
        self._hash = hashlib.sha256()
        self._offset = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._close()

    def store(self, tensor: TensorProto, byte_count: int, pieces: Iterable[bytes]) -> None:
        """Write the values of `tensor`, whose name, type and dims are set, and point it at them.

        Few bytes go into the tensor itself. Raises `ValueError` when `pieces` are not `byte_count` bytes together.
        """
        if byte_count < EXTERNAL_FROM:
            tensor.raw_data = b"".join(pieces)
            _check_length(tensor, len(tensor.raw_data), byte_count)
            return
        self._make_room(byte_count)
        start = self._offset
        for piece in pieces:
            self._append(piece)
            if self._advance is not None:
                self._advance(len(piece))
        _check_length(tensor, self._offset - start, byte_count)
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        del tensor.external_data[:]
        for key, value in (("location", self._path.name), ("offset", str(start)), ("length", str(byte_count))):
            tensor.external_data.add(key=key, value=value)

    def _make_room(self, byte_count: int) -> None:
        """Open the file that the next tensor goes to, and pad it to the alignment."""
        padding = -self._offset % ALIGNMENT
        if self._file is not None and self.file_bytes is not None and self._offset + padding + byte_count > self.file_bytes:
            self._close()
        if self._file is None:
            number = len(self.written)
            self._path = self.graph.with_suffix(f".{number}.bin" if number else ".bin")
            self._file, self._hash, self._offset = self._path.open("wb"), hashlib.sha256(), 0
        elif padding:
            self._append(b"\0" * padding)

    def _append(self, piece: bytes) -> None:
        assert self._file is not None
        self._file.write(piece)
        self._hash.update(piece)
        self._offset += len(piece)

    def _close(self) -> None:
        if self._file is None:
            return
        self._file.close()
        self._file = None
        self.written.append({"path": self._path, "sha256": self._hash.hexdigest(), "bytes": self._offset})


def _check_length(tensor: TensorProto, came: int, wanted: int) -> None:
    if came != wanted:
        raise ValueError(f"{tensor.name} should have {wanted} bytes, but {came} were written")
