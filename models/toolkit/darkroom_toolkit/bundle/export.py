"""Write a whole bundle: graphs, weights, tokenizer, constants, manifest."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer
from torch import Tensor
from tqdm import tqdm

from .graphs import graphs_of
from .manifest import MANIFEST_FILE, BundleMeta, describe_bundle, describe_file, describe_graph
from .onnx_file import WEIGHT_FORMATS, Difference, WeightFormat, compress, difference, open_session, trace, write
from .parts import NexusParts
from .tokenizer import TOKENIZER_CONFIG_FILE, TOKENIZER_FILE, load_tokenizer, special_ids


TOOLKIT_VERSION = "0.1.0"


@dataclass(frozen=True)
class ExportReport:
    """What was written, and how far every graph lies from its PyTorch module."""

    folder: Path
    bytes: int
    differences: Mapping[str, Difference]

    def table(self) -> str:
        """One line per graph, for people."""
        lines = [f"{'graph':<22}{'max abs error':>15}{'relative':>12}"]
        lines += [f"{name:<22}{found.absolute:>15.2e}{found.relative:>12.2e}" for name, found in self.differences.items()]
        return "\n".join([*lines, f"{self.bytes / 2**20:.2f} MiB in {self.folder.name}"])


def export_bundle(
    parts: NexusParts,
    meta: BundleMeta,
    tokenizer_dir: str | Path,
    out_dir: str | Path,
    *,
    weight_format: WeightFormat = "float32",
    graph_formats: Mapping[str, WeightFormat] | None = None,
    progress: bool = False,
) -> ExportReport:
    """Write the bundle of `parts` into `out_dir`, replacing a bundle that is there.

    The same parts, meta and tokenizer give the same bytes.

    Args:
        parts: from `build_parts`, or made directly.
        meta: identity, words, limits.
        tokenizer_dir: holds `tokenizer.json` and `tokenizer_config.json`, as `train_tokenizer` writes them.
        out_dir: created when absent; a folder that holds something else than a bundle is refused.
        weight_format: how big matrices are stored; all run as float32.
        graph_formats: another format for single graphs, for example `{"vaeDecoder": "float16"}` in an int8 bundle.
        progress: show a bar.

    Returns: sizes, and per graph the largest difference between ONNX Runtime's outputs and PyTorch's.

    Raises: `ValueError` for an unknown format or graph name, a tokenizer larger than the vocabulary, mismatching grids;
        `FileExistsError` for a folder that is not a bundle; `FileNotFoundError` without tokenizer.
    """
    root = Path(out_dir)
    formats = dict(graph_formats or {})
    _check_arguments(parts, meta, weight_format, formats)
    tokenizer = load_tokenizer(tokenizer_dir)
    if tokenizer.get_vocab_size() > parts.config.language.vocab:
        raise ValueError(f"the tokenizer has {tokenizer.get_vocab_size()} tokens, the language model only {parts.config.language.vocab}")
    _empty_folder(root)

    graphs: dict[str, Any] = {}
    differences: dict[str, Difference] = {}
    all_graphs = graphs_of(parts)
    unknown = sorted(set(formats) - {graph.name for graph in all_graphs})
    if unknown:
        raise ValueError(f"graph_formats names {unknown}; this bundle has {[graph.name for graph in all_graphs]}")
    for graph in tqdm(all_graphs, desc="export", unit="graph", disable=not progress):
        model = trace(graph)
        compress(model, formats.get(graph.name, weight_format))
        path = root / "graphs" / f"{graph.name}.onnx"
        weights = write(model, path)
        differences[graph.name] = difference(graph, open_session(path))
        files = [] if weights is None else [describe_file(root, weights)]
        graphs[graph.name] = describe_graph(graph, describe_file(root, path), files)

    constants = {"imagePrefillRows": parts.language.image_prefill_embeds.weight, "pooled": parts.pooled}
    if parts.negative_context is not None and parts.negative_pooled is not None:
        constants |= {"negativeContext": parts.negative_context, "negativePooled": parts.negative_pooled}
    for file in (TOKENIZER_FILE, TOKENIZER_CONFIG_FILE):
        shutil.copyfile(Path(tokenizer_dir) / file, root / file)
    manifest = describe_bundle(
        meta,
        parts,
        exported_by=exported_by(),
        tokenizer={
            "tokenizer": describe_file(root, root / TOKENIZER_FILE),
            "config": describe_file(root, root / TOKENIZER_CONFIG_FILE),
        },
        special_tokens=special_token_ids(tokenizer),
        graphs=graphs,
        constants={name: _write_constant(root, name, value) for name, value in constants.items()},
    )
    (root / MANIFEST_FILE).write_text(json.dumps(manifest, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return ExportReport(root, sum(file.stat().st_size for file in root.rglob("*") if file.is_file()), differences)


def exported_by() -> str:
    """What the manifest says of the program that wrote it."""
    return f"darkroom-toolkit {TOOLKIT_VERSION}, torch {_release('torch')}, onnx {_release('onnx')}"


def special_token_ids(tokenizer: Tokenizer) -> dict[str, Any]:
    """`specialTokens` of the manifest."""
    ids = special_ids(tokenizer)
    return {
        "endOfText": [ids.turn_end, ids.end_of_text],
        "visionStart": ids.vision_start,
        "visionEnd": ids.vision_end,
        "imagePad": ids.image_pad,
    }


def _write_constant(root: Path, name: str, value: Tensor) -> dict[str, Any]:
    path = root / "constants" / f"{name}.bin"
    path.write_bytes(np.ascontiguousarray(value.detach().float().numpy(), dtype="<f4").tobytes())
    return {"file": describe_file(root, path), "shape": list(value.shape)}


def _check_arguments(parts: NexusParts, meta: BundleMeta, weight_format: str, formats: Mapping[str, str]) -> None:
    for value in (weight_format, *formats.values()):
        if value not in WEIGHT_FORMATS:
            raise ValueError(f"weight format {value!r}; known are {', '.join(WEIGHT_FORMATS)}")
    if (meta.editing is None) != (parts.merger is None):
        raise ValueError("meta.editing and the parts' merger and editing denoiser must be given together")
    area = parts.config.vision.merge_area
    target = int(np.prod(meta.target_grid)) // area
    if target != parts.config.language.image_tokens:
        raise ValueError(f"target grid {meta.target_grid} has {target} units, the language model makes {parts.config.language.image_tokens}")
    for name, decoder in (("generation", meta.generation), ("editing", meta.editing)):
        channels = parts.vae.config.latent_channels
        if decoder is not None and len(decoder.preview.factors) != channels:
            raise ValueError(f"{name}: {len(decoder.preview.factors)} preview factors for {channels} latent channels")


def _empty_folder(root: Path) -> None:
    """A fresh folder; an old bundle goes, anything else stays and is an error."""
    if root.exists() and any(root.iterdir()):
        if not (root / MANIFEST_FILE).is_file():
            raise FileExistsError(f"{root} holds something that is not a bundle (no {MANIFEST_FILE}); choose another folder")
        shutil.rmtree(root)
    for folder in ("graphs", "constants"):
        (root / folder).mkdir(parents=True, exist_ok=True)


def _release(package: str) -> str:
    """Version without the build tag, so that a CPU build and a CUDA build write the same manifest."""
    return metadata.version(package).split("+")[0]
