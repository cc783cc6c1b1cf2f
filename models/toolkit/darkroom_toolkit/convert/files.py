"""Tensors in files, by name: safetensors, whole or in shards, and PyTorch's `.bin`. Nothing is read before it is asked for.

Both kinds are mapped: a tensor is a view of its file, and only the parts that are computed with pass through memory. Pickles are
never executed; see `PickleFile`.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

Shape = tuple[int, ...]

#: What weights may be stored as.
_FLOATS = ("BF16", "F16", "F32", "F64")


class TensorFile(Protocol):
    """Named tensors. Made by `open_tensors`."""

    paths: tuple[Path, ...]
    shapes: Mapping[str, Shape]

    def read(self, name: str) -> Tensor:
        """One tensor, mapped from its file. Raises `KeyError` for a name that is not there."""
        ...


def open_tensors(path: Path) -> TensorFile:
    """Open a file by what its name ends in: `.index.json` (shards beside it), `.safetensors`, or `.bin`.

    Raises: `FileNotFoundError`; `ValueError` saying what is wrong with the file.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing")
    if path.name.endswith(".index.json"):
        return ShardedFile(path)
    return SafetensorsFile(path) if path.suffix == ".safetensors" else PickleFile(path)


class SafetensorsFile:
    """One safetensors file. Only its header is read on opening."""

    def __init__(self, path: Path) -> None:
        self.paths = (path,)
        try:
            self._file = safe_open(path, framework="pt")
        except (SafetensorError, OSError) as error:
            raise ValueError(f"{path.name} is not a whole safetensors file ({error}); fetch it again") from error
        self.shapes: dict[str, Shape] = {}
        for name in self._file.keys():
            view = self._file.get_slice(name)
            if view.get_dtype() not in _FLOATS:
                raise ValueError(f"{path.name}: {name} is stored as {view.get_dtype()}; wanted one of {', '.join(_FLOATS)}")
            self.shapes[name] = tuple(view.get_shape())

    def read(self, name: str) -> Tensor:
        if name not in self.shapes:
            raise KeyError(name)
        return self._file.get_tensor(name)


class ShardedFile:
    """Several safetensors files and the index that says which tensor is where."""

    def __init__(self, index: Path) -> None:
        weight_map = _weight_map(index)
        names = sorted(set(weight_map.values()))
        missing = [name for name in names if not (index.parent / name).is_file()]
        if missing:
            raise FileNotFoundError(f"{index.name} names {', '.join(missing)}, which {'is' if len(missing) == 1 else 'are'} missing")
        self._shards = {name: SafetensorsFile(index.parent / name) for name in names}
        self.paths = (index, *(index.parent / name for name in names))
        self._home = {tensor: name for name, shard in self._shards.items() for tensor in shard.shapes}
        astray = [f"{tensor} ({home})" for tensor, home in weight_map.items() if self._home.get(tensor) != home]
        if astray:
            raise ValueError(f"{index.name} names tensors that are not in the shard it says: {', '.join(astray)}; fetch index and shards again")
        self.shapes = {tensor: self._shards[name].shapes[tensor] for tensor, name in self._home.items()}

    def read(self, name: str) -> Tensor:
        return self._shards[self._home[name]].read(name)


class PickleFile:
    """A state dict that PyTorch wrote (a zip archive with a pickle and raw tensors), read without running the pickle.

    `weights_only` hands the pickle to an interpreter that knows tensors, containers and numbers and refuses every other name, so a
    file can at worst be rejected; `mmap` leaves the tensors on disk until they are used. The archive before PyTorch 1.6, a bare
    pickle, cannot be mapped and is refused.
    """

    def __init__(self, path: Path) -> None:
        self.paths = (path,)
        if not zipfile.is_zipfile(path):
            raise ValueError(f"{path.name} is not a whole PyTorch archive; fetch it again")
        try:
            loaded: Any = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
        except OSError:
            raise
        except Exception as error:  # a flipped bit of the pickle surfaces as whatever its interpreter trips over
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise ValueError(f"{path.name} is damaged or holds something else than tensors and is not read ({reason}); fetch it again") from error
        self._tensors = dict(_tensors_in(path, loaded))
        self.shapes = {name: tuple(tensor.shape) for name, tensor in self._tensors.items()}

    def read(self, name: str) -> Tensor:
        return self._tensors[name]


def _weight_map(index: Path) -> dict[str, str]:
    try:
        weight_map = json.loads(index.read_text(encoding="utf-8"))["weight_map"]
    except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise ValueError(f"{index.name} is not an index of safetensors shards: it needs a weight_map") from error
    for name in set(weight_map.values()):
        # An index must not point outside its folder.
        if Path(name).name != name:
            raise ValueError(f"{index.name} names the shard {name!r}; a shard lies beside its index")
    return dict(weight_map)


def _tensors_in(path: Path, loaded: Any) -> Iterator[tuple[str, Tensor]]:
    if not isinstance(loaded, dict):
        raise ValueError(f"{path.name} holds {type(loaded).__name__}; wanted a dictionary of tensors")
    for name, value in loaded.items():
        if not isinstance(name, str) or not isinstance(value, Tensor) or not value.is_floating_point():
            raise ValueError(f"{path.name}: entry {name!r} is {type(value).__name__}; wanted a tensor of floating point numbers")
        yield name, value
