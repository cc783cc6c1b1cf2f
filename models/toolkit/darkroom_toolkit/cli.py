"""`darkroom-toolkit`: one command, one task each. `darkroom-toolkit COMMAND --help` says what a command takes.

Commands import what they need when they run: `--help` answers at once, and drawing a contact sheet needs no PyTorch.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

PROGRAM = "darkroom-toolkit"
REPOSITORY = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Command:
    """One command: what it takes, and what it does with that."""

    help: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], None]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status: 0 done, 1 the input was wrong, 2 the command line was."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    parsed = _parser(given).parse_args(given)
    try:
        COMMANDS[parsed.command].run(parsed)
    except (ValueError, OSError, RuntimeError, ModuleNotFoundError) as error:
        if parsed.debug:
            raise
        print(f"{PROGRAM} {parsed.command}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"{PROGRAM} {parsed.command}: stopped", file=sys.stderr)
        return 130
    return 0


def _parser(given: Sequence[str]) -> argparse.ArgumentParser:
    """The parser; only the command that is asked for is loaded to say what it takes."""
    parser = argparse.ArgumentParser(prog=PROGRAM, description="Convert, train, export and measure model bundles for Darkroom.")
    parser.add_argument("--debug", action="store_true", help="show where in the code an error arose")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    chosen = next((word for word in given if not word.startswith("-")), None)
    for name, command in COMMANDS.items():
        own = commands.add_parser(name, help=command.help, description=command.help)
        if name == chosen:
            try:
                command.add_arguments(own)
            except ModuleNotFoundError as error:
                parser.error(f"{name} cannot be loaded: {error}")
    return parser


def _fixtures_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, default=REPOSITORY / "test" / "fixtures", help="folder to write (default: test/fixtures of the checkout)")


def _fixtures(arguments: argparse.Namespace) -> None:
    from .fixtures.generate import write_fixtures

    if not arguments.out.parent.is_dir():
        raise FileNotFoundError(f"{arguments.out.parent} does not exist; run from a checkout, or name a folder with --out")
    written = write_fixtures(arguments.out, progress=True)
    print(f"{len(written)} files, {sum(path.stat().st_size for path in written) / 2**20:.1f} MiB in {arguments.out}")


def _export_arguments(parser: argparse.ArgumentParser) -> None:
    from .bundle.formats import WEIGHT_FORMATS

    parser.add_argument("out", type=Path, help="folder of the bundle; one that is there is replaced")
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="folder of checkpoints (default: runs)")
    parser.add_argument("--format", choices=("mixed", *WEIGHT_FORMATS), default="mixed", help="how big matrices are stored; mixed is int8 but for the language model, the format that is shipped (default: mixed)")
    parser.add_argument("--revision", default="1", help="what the manifest says about where the weights come from (default: 1)")


def _export(arguments: argparse.Namespace) -> None:
    if not arguments.runs.is_dir():
        raise FileNotFoundError(f"there is no folder of checkpoints at {arguments.runs}; train first, or name it with --runs")
    from .train.assemble import assemble

    print(assemble(arguments.runs, arguments.out, arguments.revision, arguments.format).table())


def _sheet_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("out", type=Path, help="PNG file to write")
    parser.add_argument("--seed", type=int, default=0, help="seed of the random scenes (default: 0)")


def _sheet(arguments: argparse.Namespace) -> None:
    from PIL import Image

    from .world.contact_sheet import contact_sheet

    Image.fromarray(contact_sheet(arguments.seed)).save(arguments.out)
    print(arguments.out)


def _delegated(module: str, help: str) -> Command:
    """A command that lives in a package of its own, with `add_arguments(parser)` and `main(arguments)`."""

    def load() -> ModuleType:
        return importlib.import_module(f".{module}", __package__)

    return Command(help, lambda parser: load().add_arguments(parser), lambda arguments: load().main(arguments))


COMMANDS: dict[str, Command] = {
    "convert": _delegated("convert", "convert the published Nexus-Gen V2 into a bundle"),
    "train": _delegated("train", "train the embedded model, one stage at a time"),
    "restore": _delegated("train.restore", "write checkpoints from a bundle's weights, to train it further"),
    "average": _delegated("train.average", "average runs of one training stage that began with the same weights"),
    "export": Command("write the bundle of a trained model", _export_arguments, _export),
    "evaluate": _delegated("evaluate", "measure what a bundle draws, understands, edits and talks about"),
    "parity": _delegated("parity", "hold every part to the public implementations and write the table of errors"),
    "prefilled": _delegated("train.prefilled", "compare prefilled with plain autoregression and write the page about it"),
    "fixtures": Command("write the tiny bundle and the reference numbers of the engine's tests", _fixtures_arguments, _fixtures),
    "sheet": Command("draw a contact sheet of the shapes world", _sheet_arguments, _sheet),
}
