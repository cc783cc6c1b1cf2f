"""Reading published files: whole ones are mapped by name, damaged or hostile ones are refused and named."""

from __future__ import annotations

import json
import os
import pickle
import random
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from darkroom_toolkit.convert.files import PickleFile, SafetensorsFile, ShardedFile, open_tensors


class Payload:
    """Unpickled by the ordinary loader, this writes a file."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self.mark}",)


def test_a_pickle_that_would_run_a_command_is_refused_and_runs_nothing(tmp_path: Path) -> None:
    mark, path = tmp_path / "pwned", tmp_path / "generation_decoder.bin"
    torch.save({"adapter.0.weight": torch.zeros(2), "adapter.0.bias": Payload(mark)}, path)
    with pytest.raises(ValueError, match="generation_decoder.bin is damaged or holds something else than tensors"):
        PickleFile(path)
    assert not mark.exists()


def test_the_payload_of_these_tests_is_real(tmp_path: Path) -> None:
    mark, path = tmp_path / "pwned", tmp_path / "generation_decoder.bin"
    torch.save({"adapter.0.bias": Payload(mark)}, path)
    torch.load(path, weights_only=False)
    assert mark.exists()


def test_a_bare_pickle_is_refused_and_runs_nothing(tmp_path: Path) -> None:
    mark, path = tmp_path / "pwned", tmp_path / "edit_decoder.bin"
    path.write_bytes(pickle.dumps(Payload(mark)))
    with pytest.raises(ValueError, match="not a whole PyTorch archive"):
        PickleFile(path)
    assert not mark.exists()


def test_a_pickle_gives_its_tensors_as_they_were_saved(tmp_path: Path) -> None:
    values = {"pipe.dit.a": torch.randn(3, 4).bfloat16(), "adapter.b": torch.randn(5)}
    torch.save(values, tmp_path / "x.bin")
    file = PickleFile(tmp_path / "x.bin")
    assert file.shapes == {"pipe.dit.a": (3, 4), "adapter.b": (5,)}
    assert all(torch.equal(file.read(name), value) for name, value in values.items())


def test_a_flipped_bit_in_the_pickle_is_refused_or_reads_as_something_whole(tmp_path: Path) -> None:
    """Whatever the interpreter of pickles trips over, the answer names the file and what to do."""
    path = tmp_path / "x.bin"
    torch.save({"pipe.dit.a": torch.randn(3, 4), "adapter.b": torch.randn(5)}, path)
    whole, rng, refused = path.read_bytes(), random.Random(1), 0
    start = whole.index(b"x/data.pkl") if b"x/data.pkl" in whole else whole.index(b"data.pkl")
    for _ in range(150):
        data = bytearray(whole)
        data[start + 10 + rng.randrange(300)] ^= 1 << rng.randrange(8)
        path.write_bytes(data)
        try:
            PickleFile(path)
        except ValueError as error:
            refused += "x.bin" in str(error)
    assert refused > 30


@pytest.mark.parametrize("entry", [{"a": [1.0, 2.0]}, {"a": torch.zeros(2, dtype=torch.int64)}, {1: torch.zeros(2)}, [torch.zeros(2)]])
def test_a_pickle_of_other_things_than_weights_is_refused(tmp_path: Path, entry: Any) -> None:
    torch.save(entry, tmp_path / "x.bin")
    with pytest.raises(ValueError, match="x.bin"):
        PickleFile(tmp_path / "x.bin")


@pytest.mark.parametrize("name", ["x.bin", "x.safetensors"])
def test_a_file_that_was_cut_short_is_named(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    torch.save({"a": torch.zeros(999)}, path) if path.suffix == ".bin" else save_file({"a": torch.zeros(999)}, path)
    path.write_bytes(path.read_bytes()[:-400])
    with pytest.raises(ValueError, match=rf"{name} is not a whole .* fetch it again"):
        open_tensors(path)


def test_weights_stored_as_integers_are_refused(tmp_path: Path) -> None:
    save_file({"a": torch.zeros(4, dtype=torch.int8)}, tmp_path / "x.safetensors")
    with pytest.raises(ValueError, match="a is stored as I8; wanted one of BF16, F16"):
        SafetensorsFile(tmp_path / "x.safetensors")


def shards(folder: Path, weight_map: dict[str, str]) -> Path:
    save_file({"a": torch.zeros(2), "b": torch.ones(3)}, folder / "one.safetensors")
    save_file({"c": torch.full((4,), 2.0)}, folder / "two.safetensors")
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"metadata": {}, "weight_map": weight_map}))
    return index


def test_shards_read_as_one_file(tmp_path: Path) -> None:
    file = open_tensors(shards(tmp_path, {"a": "one.safetensors", "b": "one.safetensors", "c": "two.safetensors"}))
    assert file.shapes == {"a": (2,), "b": (3,), "c": (4,)}
    assert file.read("c").tolist() == [2.0] * 4
    assert [path.name for path in file.paths] == ["model.safetensors.index.json", "one.safetensors", "two.safetensors"]


def test_shards_that_are_not_there_are_named_together(tmp_path: Path) -> None:
    index = shards(tmp_path, {"a": "one.safetensors", "c": "three.safetensors", "d": "four.safetensors"})
    with pytest.raises(FileNotFoundError, match=r"names four.safetensors, three.safetensors, which are missing"):
        ShardedFile(index)


def test_an_index_that_disagrees_with_its_shards_is_refused(tmp_path: Path) -> None:
    index = shards(tmp_path, {"a": "one.safetensors", "c": "one.safetensors", "b": "two.safetensors"})
    with pytest.raises(ValueError, match=r"c \(one.safetensors\), b \(two.safetensors\)"):
        ShardedFile(index)


def test_an_index_cannot_point_outside_its_folder(tmp_path: Path) -> None:
    index = shards(tmp_path, {"a": "../one.safetensors"})
    with pytest.raises(ValueError, match="a shard lies beside its index"):
        ShardedFile(index)
