"""Writes the Python classes of the plugin contract's messages from schema/plugin/v1/plugin.proto.

    python scripts/wire.py

after every change of that file; with a folder as its argument they go there, for the test that compares. The version of
grpcio-tools is the one of pyproject.toml: what it writes runs with every later protobuf of the same and the next major.
"""

import sys
from pathlib import Path

import grpc_tools
from grpc_tools import protoc

PACKAGE = Path(__file__).resolve().parent.parent
SCHEMA = PACKAGE.parent.parent / "schema/plugin/v1"


def write(folder: Path) -> int:
    """@returns protoc's exit status"""
    return protoc.main(
        [
            "protoc",
            # So that the generated modules import each other by their place in the package.
            f"-Idarkroom_plugin/wire={SCHEMA}",
            f"-I{Path(grpc_tools.__file__).parent / '_proto'}",
            f"--python_out={folder}",
            f"--pyi_out={folder}",
            f"--grpc_python_out={folder}",
            "darkroom_plugin/wire/plugin.proto",
        ]
    )


if __name__ == "__main__":
    sys.exit(write(Path(sys.argv[1]) if len(sys.argv) > 1 else PACKAGE))
