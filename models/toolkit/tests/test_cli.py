"""The command line: every command explains itself, and wrong input ends in one line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from darkroom_toolkit.cli import COMMANDS, main


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit:
        main([command, "--help"])
    assert exit.value.code == 0
    assert COMMANDS[command].help.split(",")[0] in " ".join(capsys.readouterr().out.split())


def test_help_does_not_load_pytorch() -> None:
    code = "import sys; from darkroom_toolkit.cli import _parser; _parser(['export']); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[1]).returncode == 0


def test_a_contact_sheet_is_written(tmp_path: Path) -> None:
    assert main(["sheet", str(tmp_path / "sheet.png"), "--seed", "3"]) == 0
    assert Image.open(tmp_path / "sheet.png").width > 500


def test_missing_checkpoints_are_named_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(tmp_path / "out"), "--runs", str(tmp_path / "nowhere")]) == 1
    message = capsys.readouterr().err
    assert "nowhere" in message and "train first" in message and message.count("\n") == 1


def test_a_missing_gpu_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert main(["train", "tower", "--device", "cuda", "--runs", str(tmp_path)]) == 1
    assert "--device cuda: this PyTorch finds no GPU" in capsys.readouterr().err


def test_debug_shows_where_the_error_arose(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        main(["--debug", "export", str(tmp_path / "out"), "--runs", str(tmp_path / "nowhere")])


def test_an_unknown_command_is_refused() -> None:
    with pytest.raises(SystemExit) as exit:
        main(["developp"])
    assert exit.value.code == 2
