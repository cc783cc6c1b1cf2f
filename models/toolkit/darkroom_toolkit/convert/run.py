"""From published files to a bundle, one graph after another, in bounded memory, resumable.

Each graph is traced without weights (`bundle.skeleton`), its weights are read from the mapped files in pieces of 8 MiB and written
beside it (`bundle.precision`), and what was written is recorded. A later run skips every graph that is recorded, was made of the same
files with the same settings by the same `WRITER`, and still has the recorded hashes; what no longer belongs to the bundle is deleted.
The manifest is written last: a folder without one is not a bundle. One run at a time writes into a folder.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout
from torch import Tensor
from tqdm import tqdm

from ..bundle.export import exported_by, special_token_ids
from ..bundle.graphs import Graph, graphs_of
from ..bundle.manifest import MANIFEST_FILE, describe_bundle, describe_file, describe_graph
from ..bundle.precision import DEFAULT_BLOCK, PRECISIONS, Precision, Storage, byte_count, write_weights
from ..bundle.skeleton import Skeleton, trace_skeleton
from ..bundle.tokenizer import TOKENIZER_CONFIG_FILE, TOKENIZER_FILE, load_tokenizer
from .published import Published
from .text_encoders import clip_pooled, t5_rows

RECORD_FILE, LOCK_FILE = ".convert.json", ".convert.lock"
#: Raise it with every change of what is written from the same files: graphs of an earlier writer are then written again.
WRITER = 2
DEFAULT_FILE_BYTES = 2 * 10**9
#: Room left on the disk for graphs, constants, manifest and the tokenizer.
SPARE_BYTES = 256 * 2**20


@dataclass(frozen=True)
class Settings:
    """How a checkpoint is converted.

    precision    of every graph that `per_graph` does not name
    block        inputs that share a scale, in int8 and int4
    file_bytes   size at which a graph's weights go on in another file
    """

    precision: Precision = "fp16"
    per_graph: tuple[tuple[str, Precision], ...] = ()
    block: int = DEFAULT_BLOCK
    file_bytes: int = DEFAULT_FILE_BYTES

    def storage(self, graph: str) -> Storage:
        return Storage(dict(self.per_graph).get(graph, self.precision), self.block)


@dataclass(frozen=True)
class Planned:
    """One graph and what its weights will take."""

    name: str
    precision: Precision
    parameters: int
    bytes: int


@dataclass(frozen=True)
class Converted:
    """What a run did: names of graphs that it wrote and of those that were there already, and the size of the bundle."""

    folder: Path
    written: tuple[str, ...]
    skipped: tuple[str, ...]
    bytes: int


def plan(published: Published, settings: Settings) -> list[Planned]:
    """Every graph with its size; nothing is read or written. Raises `ValueError` for settings that name unknown graphs."""
    graphs = graphs_of(published.parts)
    _check(settings, [graph.name for graph in graphs])
    planned = []
    for graph in graphs:
        skeleton, storage = trace_skeleton(graph), settings.storage(graph.name)
        values = sum(parameter.numel() for parameter in skeleton.parameters.values())
        planned.append(Planned(graph.name, storage.precision, values, byte_count(skeleton, storage)))
    return planned


def table(planned: list[Planned]) -> str:
    """The plan, one line per graph, for people."""
    lines = [f"{'graph':<22}{'precision':<11}{'parameters':>16}{'bytes':>17}"]
    lines += [f"{item.name:<22}{item.precision:<11}{item.parameters:>16,}{item.bytes:>17,}" for item in planned]
    return "\n".join([*lines, f"{'in all':<33}{sum(item.parameters for item in planned):>16,}{sum(item.bytes for item in planned):>17,}"])


def convert(published: Published, out: Path, settings: Settings, *, progress: bool = False) -> Converted:
    """Write the bundle into `out`, going on where an interrupted run stopped.

    Raises: `ValueError` for settings that name unknown graphs, and for weights that a precision cannot hold; `FileExistsError` for a
        folder that holds something else; `OSError` when the disk is too small, before anything is written, and for a folder that
        another run writes into.
    """
    graphs = graphs_of(published.parts)
    _check(settings, [graph.name for graph in graphs])
    record = _Record.open(out)
    try:
        with FileLock(out / LOCK_FILE, timeout=0):
            return _convert(published, out, settings, graphs, record, progress)
    except Timeout as error:
        raise OSError(f"another conversion is writing into {out}; wait for it, or choose another folder") from error


def _convert(published: Published, out: Path, settings: Settings, graphs: Sequence[Graph], record: _Record, progress: bool) -> Converted:
    made_by = {"writer": WRITER, "sizes": published.config.to_dict()}
    keys = {
        graph.name: _key(
            {
                **made_by,
                "files": published.identity(_sources(graph, published)),
                "storage": asdict(settings.storage(graph.name)),
                "file_bytes": settings.file_bytes,
            }
        )
        for graph in graphs
    }
    whole = {graph.name for graph in graphs if record.holds(graph.name, keys[graph.name], progress)}
    missing = [(graph, trace_skeleton(graph)) for graph in graphs if graph.name not in whole]
    needed = sum(byte_count(skeleton, settings.storage(graph.name)) for graph, skeleton in missing)
    stale = [path for path in (out / "graphs").glob("*") if path.name.partition(".")[0] not in whole]
    _check_space(out, needed, sum(path.stat().st_size for path in stale))

    for folder in ("graphs", "constants"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    if missing:
        (out / MANIFEST_FILE).unlink(missing_ok=True)  # from here on, until all is done, this is no bundle
        for path in stale:
            path.unlink()
    with tqdm(total=needed, unit="B", unit_scale=True, desc="convert", disable=not progress) as bar:
        for graph, skeleton in missing:
            bar.set_postfix_str(f"{graph.name} {settings.storage(graph.name).precision}")
            record.add(graph.name, keys[graph.name], _write_graph(graph, skeleton, published, out, settings, bar.update))
    encoders = [name for name in ("CLIP", "T5") if name in published.sources]
    constants_key = _key(
        {
            **made_by,
            "files": published.identity(["language model", *encoders]),
            "clip": asdict(published.clip),
            "t5": None if published.t5 is None else asdict(published.t5),
        }
    )
    if not record.holds("constants", constants_key, progress):
        (out / MANIFEST_FILE).unlink(missing_ok=True)
        record.add("constants", constants_key, _write_constants(published, out, progress))
    entries, constants = {graph.name: record.entry(graph.name) for graph in graphs}, record.entry("constants")
    _write_manifest(published, out, entries, constants)
    listed = {file["path"] for file in _files_in([entries, constants])}
    for path in [*(out / "graphs").iterdir(), *(out / "constants").iterdir()]:
        if path.relative_to(out).as_posix() not in listed:  # of a decoder that this bundle is without
            path.unlink()
    size = sum(file.stat().st_size for file in out.rglob("*") if file.is_file())
    return Converted(out, tuple(graph.name for graph, _ in missing), tuple(graph.name for graph in graphs if graph.name in whole), size)


# Steps


def _write_graph(
    graph: Graph, skeleton: Skeleton, published: Published, out: Path, settings: Settings, advance: Callable[[int], Any]
) -> dict[str, Any]:
    """One graph and its weights; returns its entry in the manifest."""
    path = out / "graphs" / f"{graph.name}.onnx"
    storage = settings.storage(graph.name)
    weights = write_weights(skeleton, published.read, path, storage, file_bytes=settings.file_bytes, advance=advance)
    described = [{**file, "path": file["path"].relative_to(out).as_posix()} for file in weights]
    return describe_graph(graph, describe_file(out, path), described)


def _write_constants(published: Published, out: Path, progress: bool) -> dict[str, Any]:
    """What no graph computes: learned picture rows, and what the text encoders make of an empty prompt."""
    clip = published.sources["CLIP"]
    pooled = clip_pooled(published.clip, clip.read)
    constants = {"imagePrefillRows": published.read(published.parts.language.image_prefill_embeds.weight).float(), "pooled": pooled}
    if published.t5 is not None:
        with tqdm(total=published.t5.layers, unit="layer", desc="T5 of the empty prompt", disable=not progress) as bar:
            constants["negativeContext"] = t5_rows(published.t5, published.sources["T5"].read, progress=lambda: bar.update())
        constants["negativePooled"] = pooled
    return {name: _write_constant(out, name, value) for name, value in constants.items()}


def _write_constant(out: Path, name: str, value: Tensor) -> dict[str, Any]:
    path = out / "constants" / f"{name}.bin"
    path.write_bytes(np.ascontiguousarray(value.numpy(), dtype="<f4").tobytes())
    return {"file": describe_file(out, path), "shape": list(value.shape)}


def _write_manifest(published: Published, out: Path, graphs: Mapping[str, Any], constants: Mapping[str, Any]) -> None:
    for name in (TOKENIZER_FILE, TOKENIZER_CONFIG_FILE):
        shutil.copyfile(published.folder / name, out / name)
    manifest = describe_bundle(
        published.meta,
        published.parts,
        exported_by=exported_by(),
        tokenizer={"tokenizer": describe_file(out, out / TOKENIZER_FILE), "config": describe_file(out, out / TOKENIZER_CONFIG_FILE)},
        special_tokens=special_token_ids(load_tokenizer(out)),
        graphs=dict(graphs),
        constants=dict(constants),
    )
    _replace(out / MANIFEST_FILE, json.dumps(manifest, ensure_ascii=False, indent=2) + "\n")


class _Record:
    """What a folder holds so far: for each finished piece the key of what it was made of, and its entry in the manifest."""

    def __init__(self, folder: Path, pieces: dict[str, Any]) -> None:
        self._folder = folder
        self._pieces = pieces

    @classmethod
    def open(cls, folder: Path) -> _Record:
        path = folder / RECORD_FILE
        if path.is_file():
            with suppress(json.JSONDecodeError, UnicodeDecodeError, KeyError):
                return cls(folder, dict(json.loads(path.read_text(encoding="utf-8"))["pieces"]))
            return cls(folder, {})  # damaged: all is made again
        if folder.exists() and any(folder.iterdir()):
            raise FileExistsError(f"{folder} holds something that this command did not write; choose another folder")
        folder.mkdir(parents=True, exist_ok=True)
        record = cls(folder, {})
        record._save()
        return record

    def holds(self, name: str, key: str, progress: bool) -> bool:
        """Whether a piece is there, made of the same things, with the bytes that were recorded."""
        piece = self._pieces.get(name)
        if piece is None or piece["key"] != key:
            return False
        files = list(_files_in(piece["entry"]))
        if any(not (self._folder / file["path"]).is_file() or (self._folder / file["path"]).stat().st_size != file["bytes"] for file in files):
            return False
        return all(
            describe_file(self._folder, self._folder / file["path"])["sha256"] == file["sha256"]
            for file in tqdm(files, desc=f"check {name}", unit="file", leave=False, disable=not progress)
        )

    def add(self, name: str, key: str, entry: dict[str, Any]) -> None:
        self._pieces[name] = {"key": key, "entry": entry}
        self._save()

    def entry(self, name: str) -> dict[str, Any]:
        return dict(self._pieces[name]["entry"])

    def _save(self) -> None:
        _replace(self._folder / RECORD_FILE, json.dumps({"pieces": self._pieces}, indent=1) + "\n")


# Small things


def _files_in(value: Any) -> Any:
    """Every file description inside an entry."""
    if isinstance(value, dict) and "sha256" in value:
        yield value
    elif isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _files_in(item)


def _key(values: Any) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def _replace(path: Path, text: str) -> None:
    """Write a whole file or nothing."""
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)


def _check(settings: Settings, graphs: list[str]) -> None:
    unknown = sorted(name for name, _ in settings.per_graph if name not in graphs)
    if unknown:
        raise ValueError(f"there is no graph {', '.join(unknown)}; this model has {', '.join(graphs)}")
    wrong = sorted({precision for _, precision in settings.per_graph if precision not in PRECISIONS})
    if wrong:
        raise ValueError(f"precision {', '.join(wrong)}; known are {', '.join(PRECISIONS)}")
    if settings.file_bytes < 2**20:
        raise ValueError(f"files of {settings.file_bytes} bytes are too small; give at least {2**20}")


def _sources(graph: Graph, published: Published) -> list[str]:
    """Where the weights of a graph come from, as `Published.sources` names it."""
    return sorted({published.homes[id(parameter)][0] for parameter in graph.module.parameters() if id(parameter) in published.homes})


def _check_space(out: Path, needed: int, freed: int) -> None:
    """`freed` are the bytes of files that go before the first one is written."""
    free = shutil.disk_usage(out).free + freed
    if needed and free < needed + SPARE_BYTES:
        raise OSError(f"the bundle needs {(needed + SPARE_BYTES) / 1e9:.1f} GB more, but only {free / 1e9:.1f} GB are free at {out}")
