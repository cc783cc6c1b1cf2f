"""A bundle is enough to go on from: its weights come back into the modules they came from."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import pytest

from darkroom_toolkit.bundle.export import export_bundle
from darkroom_toolkit.bundle.formats import WeightFormat
from darkroom_toolkit.bundle.read_back import read_weights
from darkroom_toolkit.fixtures.tiny import Tiny


@pytest.mark.parametrize(("form", "bound"), [("float32", 0.0), ("float16", 0.0), ("int8", 1 / 127)])
def test_weights_come_back_as_close_as_their_format_holds_them(tiny: Tiny, tokenizer_dir: Path, tmp_path: Path, form: WeightFormat, bound: float) -> None:
    bundle = export_bundle(tiny.parts, tiny.meta, tokenizer_dir, tmp_path / form, weight_format=form).folder
    again = deepcopy(tiny.parts)
    left = read_weights(again, bundle)
    for written, read in zip(tiny.parts.modules, again.modules, strict=True):
        for name, tensor in read.state_dict().items():
            if f"{type(read).__name__}.{name}" not in left:
                wanted = written.state_dict()[name]
                assert (tensor - wanted).abs().max() <= bound * wanted.abs().max(), name
    assert all("encoder" in name for name in left), "only the autoencoder's encoder is not in a bundle"


def test_a_bundle_of_another_model_is_refused(tiny: Tiny, tokenizer_dir: Path, tmp_path: Path) -> None:
    bundle = export_bundle(tiny.parts, tiny.meta, tokenizer_dir, tmp_path / "bundle").folder
    (bundle / "graphs" / "adapter.onnx").write_bytes((bundle / "graphs" / "languageHead.onnx").read_bytes())
    (bundle / "graphs" / "adapter.bin").unlink(missing_ok=True)
    with pytest.raises(ValueError, match="written from another module"):
        read_weights(deepcopy(tiny.parts), bundle)


def test_what_is_missing_is_named(tiny: Tiny, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="vision"):
        read_weights(deepcopy(tiny.parts), tmp_path)
