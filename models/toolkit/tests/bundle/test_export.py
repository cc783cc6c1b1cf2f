"""A bundle on disk is its PyTorch modules, within what its weight format allows."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from tokenizers import Tokenizer

from darkroom_toolkit.bundle.export import ExportReport, export_bundle
from darkroom_toolkit.bundle.formats import WEIGHT_FORMATS
from darkroom_toolkit.bundle.graphs import graphs_of
from darkroom_toolkit.bundle.manifest import DecoderMeta
from darkroom_toolkit.bundle.onnx_file import open_session, quantise
from darkroom_toolkit.bundle.parts import NexusParts
from darkroom_toolkit.fixtures.chat import Turn, chat_ids
from darkroom_toolkit.fixtures.tiny import Tiny
from darkroom_toolkit.nexus import Denoiser
from darkroom_toolkit.nexus.rope import mrope_positions, mrope_tables
from darkroom_toolkit.nexus.tokens import attention_mask, prompt_rows

#: Largest relative difference of any graph. The tiny weights are float16 numbers, so float16 loses nothing.
BOUNDS = {"float32": 1e-5, "float16": 1e-5, "int8": 1e-1}


@pytest.fixture(scope="module")
def bundles(tiny: Tiny, tokenizer_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, ExportReport]:
    root = tmp_path_factory.mktemp("bundles")
    return {form: export_bundle(tiny.parts, tiny.meta, tokenizer_dir, root / form, weight_format=form) for form in WEIGHT_FORMATS}


@pytest.mark.parametrize("form", WEIGHT_FORMATS)
def test_every_graph_computes_what_its_module_does_at_traced_and_other_sizes(bundles: dict[str, ExportReport], form: str) -> None:
    worst = max(found.relative for found in bundles[form].differences.values())
    assert worst < BOUNDS[form]


def test_int8_is_measurably_different_and_float16_is_not(bundles: dict[str, ExportReport]) -> None:
    differences = {form: bundles[form].differences["generationDenoiser"].relative for form in WEIGHT_FORMATS}
    assert differences["int8"] > 100 * differences["float16"]


def test_smaller_formats_make_smaller_files(bundles: dict[str, ExportReport]) -> None:
    weights = {form: sum(path.stat().st_size for path in (bundles[form].folder / "graphs").glob("*.bin")) for form in WEIGHT_FORMATS}
    assert weights["float16"] < 0.6 * weights["float32"]
    assert weights["int8"] < 0.65 * weights["float16"]


@pytest.mark.parametrize("form", ["float16", "int8"])
def test_the_runtime_folds_stored_weights_into_float32_when_it_loads_a_graph(
    bundles: dict[str, ExportReport], form: str, tmp_path: Path
) -> None:
    for graph in ("language", "vision", "generationDenoiser", "embed", "vaeDecoder"):
        options = onnxruntime.SessionOptions()
        options.optimized_model_filepath = str(tmp_path / f"{graph}.onnx")
        options.log_severity_level = 3
        onnxruntime.InferenceSession(str(bundles[form].folder / "graphs" / f"{graph}.onnx"), options, providers=["CPUExecutionProvider"])
        optimised = onnx.load(tmp_path / f"{graph}.onnx", load_external_data=False)
        stored = {onnx.TensorProto.FLOAT16, onnx.TensorProto.INT8}
        assert not stored & {tensor.data_type for tensor in optimised.graph.initializer}, graph


def test_the_same_model_gives_the_same_bytes(bundles: dict[str, ExportReport], tiny: Tiny, tokenizer_dir: Path, tmp_path: Path) -> None:
    again = export_bundle(tiny.parts, tiny.meta, tokenizer_dir, tmp_path / "again", weight_format="int8").folder
    first = bundles["int8"].folder
    files = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(again) for path in again.rglob("*") if path.is_file())
    assert [path for path in files if (first / path).read_bytes() != (again / path).read_bytes()] == []


def test_the_manifest_describes_every_file_by_size_and_sha256(bundles: dict[str, ExportReport]) -> None:
    folder = bundles["float16"].folder
    described = list(_files(_manifest(folder)))
    for file in described:
        data = (folder / file["path"]).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (file["bytes"], file["sha256"]), file["path"]
    on_disk = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert on_disk == {file["path"] for file in described} | {"manifest.json"}


def test_ports_in_the_manifest_are_those_of_the_graphs(bundles: dict[str, ExportReport]) -> None:
    folder = bundles["float16"].folder
    for name, graph in _manifest(folder)["graphs"].items():
        session = open_session(folder / graph["file"]["path"])
        for side, ports in (("inputs", session.get_inputs()), ("outputs", session.get_outputs())):
            assert [port.name for port in ports] == list(graph[side]), name
            for port in ports:
                described = graph[side][port.name]
                assert {"tensor(float)": "float32", "tensor(int64)": "int64"}[port.type] == described["dtype"]
                assert len(port.shape) == len(described["shape"])
                # A size that the graph fixes is fixed in the manifest; some that the manifest fixes the graph only computes.
                for has, says in zip(port.shape, described["shape"], strict=True):
                    assert has == says or isinstance(has, str), (name, port.name)


def test_port_names_are_those_of_the_engines_table(tiny: Tiny, repository: Path) -> None:
    table = re.sub(r"//.*", "", (repository / "src/inference/bundle/graphs.ts").read_text(encoding="utf-8"))
    kinds = {
        kind: (re.findall(r"'(\w+)'", inputs), re.findall(r"'(\w+)'", outputs))
        for kind, inputs, outputs in re.findall(r"^  (\w+): \{\s*inputs: \{(.*?)\},\s*outputs: \{(.*?)\}", table, re.DOTALL | re.MULTILINE)
    }
    assert len(kinds) == 12, "the table was not understood"
    for graph in graphs_of(tiny.parts):
        kind = re.sub(r"^(generation|editing)(\w)", lambda match: match[2].lower(), graph.name)
        inputs, outputs = kinds[kind]
        assert [port.name for port in graph.inputs] == inputs, graph.name
        assert [port.name for port in graph.outputs] == outputs, graph.name


def test_a_prompt_through_the_written_graphs_gives_the_models_logits(bundles: dict[str, ExportReport], tiny: Tiny) -> None:
    graphs = bundles["float16"].folder / "graphs"
    language = tiny.parts.language
    ids = chat_ids(tiny.tokenizer, [Turn("user", "Hello")])
    positions = mrope_positions(ids, [], image_token=-1).positions
    cos, sin = (table.numpy() for table in mrope_tables(positions.unsqueeze(1), language.config))
    rows = open_session(graphs / "embed.onnx").run(None, {"ids": np.array(ids)})[0]
    empty = np.zeros((language.config.layers, 1, language.config.kv_heads, 0, language.config.head_dim), np.float32)
    feeds = {"rows": rows[None], "cos": cos, "sin": sin, "mask": attention_mask(len(ids)).numpy(), "past_keys": empty, "past_values": empty}
    hidden = open_session(graphs / "language.onnx").run(["hidden"], feeds)[0]
    logits = open_session(graphs / "languageHead.onnx").run(None, {"hidden": hidden[0, -1:]})[0][0]
    expected = language.lm_head(language(prompt_rows(language, ids, [], -1), torch.from_numpy(cos), torch.from_numpy(sin))[0][0, -1])
    assert np.abs(logits - expected.numpy()).max() < 1e-4
    assert "Hello!".startswith(tiny.tokenizer.decode([int(logits.argmax())]))


def test_constants_are_raw_little_endian_float32(bundles: dict[str, ExportReport], tiny: Tiny) -> None:
    folder = bundles["float16"].folder
    constant = _manifest(folder)["constants"]["imagePrefillRows"]
    values = np.fromfile(folder / constant["file"]["path"], "<f4").reshape(constant["shape"])
    assert np.array_equal(values, tiny.parts.language.image_prefill_embeds.weight.numpy())


def test_single_graphs_may_have_a_format_of_their_own(tiny: Tiny, tokenizer_dir: Path, tmp_path: Path) -> None:
    report = export_bundle(
        tiny.parts, tiny.meta, tokenizer_dir, tmp_path / "mixed", weight_format="int8", graph_formats={"vaeDecoder": "float32"}
    )
    assert report.differences["vaeDecoder"].relative < 1e-5 < 1e-3 < report.differences["vision"].relative


def test_decoders_that_share_weights_share_graphs(tiny: Tiny, tokenizer_dir: Path, tmp_path: Path) -> None:
    shared = _copy(tiny.parts, editing_denoiser=tiny.parts.generation_denoiser)
    folder = export_bundle(shared, tiny.meta, tokenizer_dir, tmp_path / "shared").folder
    manifest = _manifest(folder)
    assert manifest["decoders"]["editing"]["graphs"]["denoiser"] == "generationDenoiser"
    assert "editingDenoiser" not in manifest["graphs"]


def test_a_denoiser_without_guidance_embedder_still_takes_the_port(tiny: Tiny, tokenizer_dir: Path, tmp_path: Path) -> None:
    config = replace(tiny.parts.config, denoiser=replace(tiny.parts.config.denoiser, guidance=False))
    parts = _copy(tiny.parts, config=config, generation_denoiser=Denoiser(config.denoiser))
    report = export_bundle(parts, tiny.meta, tokenizer_dir, tmp_path / "unguided")
    assert report.differences["generationModulation"].relative < 1e-5


def test_a_folder_that_is_not_a_bundle_is_left_alone(tiny: Tiny, tokenizer_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(FileExistsError, match="not a bundle"):
        export_bundle(tiny.parts, tiny.meta, tokenizer_dir, tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_a_tokenizer_larger_than_the_vocabulary_is_refused(tiny: Tiny, tmp_path: Path) -> None:
    larger = Tokenizer.from_str(tiny.tokenizer.to_str())
    larger.add_tokens(["one", "more"])
    larger.save(str(tmp_path / "tokenizer.json"))
    with pytest.raises(ValueError, match="402 tokens, the language model only 400"):
        export_bundle(tiny.parts, tiny.meta, tmp_path, tmp_path / "out")


def test_unknown_formats_and_graphs_are_named(tiny: Tiny, tokenizer_dir: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="int5"):
        export_bundle(tiny.parts, tiny.meta, tokenizer_dir, tmp_path / "a", weight_format="int5")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="vaeDecodr"):
        export_bundle(tiny.parts, tiny.meta, tokenizer_dir, tmp_path / "b", graph_formats={"vaeDecodr": "int8"})


def test_preview_factors_must_fit_the_latents(tiny: Tiny, tokenizer_dir: Path, tmp_path: Path) -> None:
    preview = replace(tiny.meta.generation.preview, factors=tiny.meta.generation.preview.factors[:3])
    generation: DecoderMeta = replace(tiny.meta.generation, preview=preview)
    with pytest.raises(ValueError, match="3 preview factors for 4 latent channels"):
        export_bundle(tiny.parts, replace(tiny.meta, generation=generation), tokenizer_dir, tmp_path / "out")


def test_int8_is_at_most_half_a_scale_off_and_keeps_the_largest_value() -> None:
    values = np.random.RandomState(0).randn(7, 5).astype(np.float32)
    values[:, 2] = 0
    quantised, scale = quantise(values, axis=1)
    assert quantised.dtype == np.int8 and scale.shape == (1, 5)
    assert np.all(np.abs(quantised * scale - values) <= scale / 2 + 1e-7)
    assert set(np.abs(quantised).max(axis=0)) == {127, 0}


def _manifest(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))


def _files(value: Any) -> Any:
    """Every file description in a manifest, at any depth."""
    if isinstance(value, dict) and set(value) == {"path", "sha256", "bytes"}:
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _files(item)
    elif isinstance(value, list):
        for item in value:
            yield from _files(item)


def _copy(parts: NexusParts, **changes: Any) -> NexusParts:
    return replace(parts, **changes)
