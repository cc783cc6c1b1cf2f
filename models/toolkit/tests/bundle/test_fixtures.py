"""The committed fixtures are what the toolkit gives today."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from darkroom_toolkit.bundle.onnx_file import open_session
from darkroom_toolkit.fixtures.model import MODEL, PICTURES, picture
from darkroom_toolkit.fixtures.numbers import NUMBERS
from darkroom_toolkit.fixtures.recorder import Fixture, read_cases
from darkroom_toolkit.fixtures.reference import answer, embed
from darkroom_toolkit.fixtures.tiny import Tiny, conversations


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_of_the_host_side_are_fresh(name: str, repository: Path, tmp_path: Path) -> None:
    made = NUMBERS[name]()
    made.write(tmp_path)
    committed, fresh = read_cases(repository / "test/fixtures/parity", name), read_cases(tmp_path, name)
    assert [case["name"] for case in committed] == [case["name"] for case in fresh]
    for old, new in zip(committed, fresh, strict=True):
        _assert_close(old, new, max(made.tolerance, 1e-12), old["name"])


def test_every_fixture_is_committed_and_nothing_else(repository: Path) -> None:
    committed = {path.stem for path in (repository / "test/fixtures/parity").glob("*.json")}
    assert committed == NUMBERS.keys() | MODEL.keys()


def test_every_fixture_records_where_it_comes_from(repository: Path) -> None:
    for path in (repository / "test/fixtures/parity").glob("*.json"):
        document = json.loads(path.read_text(encoding="utf-8"))
        assert (repository / document["script"]).is_file(), path.name
        assert {"torch", "numpy", "pillow", "tokenizers"} == document["versions"].keys()
        assert document["tolerance"] >= 0 and document["cases"], path.name


def test_the_tiny_model_answers_as_its_conversations_say(tiny: Tiny) -> None:
    seen = embed("read", picture("square"), tiny)
    for case in conversations(tiny.meta):
        pictures = [seen] if "<image>" in case.turns[0].text else []
        _, found = answer(case.turns, pictures, tiny)
        text = tiny.tokenizer.decode(found.tokens, skip_special_tokens=True)
        assert text == case.answer.replace("<image>", ""), case
        assert len(found.images) == case.answer.count("<image>")


def test_the_committed_tiny_bundle_is_this_tiny_model(tiny: Tiny, repository: Path) -> None:
    folder = repository / "test/fixtures/tiny-bundle"
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["id"], manifest["source"]["revision"]) == (tiny.meta.id, tiny.meta.revision)
    rows = np.fromfile(folder / manifest["constants"]["imagePrefillRows"]["file"]["path"], "<f4")
    assert np.array_equal(rows, tiny.parts.language.image_prefill_embeds.weight.numpy().ravel())
    head = open_session(folder / manifest["graphs"]["languageHead"]["file"]["path"])
    identity = np.eye(tiny.parts.config.language.hidden, dtype=np.float32)
    assert np.abs(head.run(None, {"hidden": identity})[0].T - tiny.parts.language.lm_head.weight.numpy()).max() < 1e-2


def test_tensors_survive_being_written_inside_lists(tmp_path: Path) -> None:
    fixture = Fixture("sample", "a sample", "numbers.py", tolerance=0)
    fixture.add("one", several=[np.arange(3, dtype=np.uint8), np.eye(2)], plain=[1, "two"])
    fixture.write(tmp_path)
    (case,) = read_cases(tmp_path, "sample")
    assert case["plain"] == [1, "two"]
    assert np.array_equal(case["several"][0], [0, 1, 2]) and np.array_equal(case["several"][1], np.eye(2))


def test_pictures_differ_from_each_other() -> None:
    assert len({picture(name).tobytes() for name in PICTURES}) == len(PICTURES)


def _assert_close(old: object, new: object, tolerance: float, where: str) -> None:
    if isinstance(old, dict):
        assert isinstance(new, dict) and old.keys() == new.keys(), where
        for key in old:
            _assert_close(old[key], new[key], tolerance, f"{where}: {key}")
    elif isinstance(old, np.ndarray):
        assert isinstance(new, np.ndarray) and old.shape == new.shape, where
        assert np.abs(old.astype(np.float64) - new.astype(np.float64)).max(initial=0) <= tolerance, where
    elif isinstance(old, list):
        assert isinstance(new, list) and len(old) == len(new), where
        for index, (left, right) in enumerate(zip(old, new, strict=True)):
            _assert_close(left, right, tolerance, f"{where}[{index}]")
    elif isinstance(old, float):
        assert isinstance(new, float) and abs(old - new) <= tolerance, where
    else:
        assert old == new, where
