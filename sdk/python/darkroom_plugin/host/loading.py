"""A plugin's definition from its file or folder."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

from ..define import PluginDefinition
from ..errors import GatewayError


def load_plugin(entry: Path) -> PluginDefinition:
    """The `plugin` of a file; modules beside the file can be imported by it.

    @throws GatewayError PLUGIN_INVALID when the file defines none; CONFIG_INVALID when it needs a module that is missing,
    naming the command that installs it
    """
    sys.path.insert(0, str(entry.parent))
    spec = importlib.util.spec_from_file_location(entry.stem, entry)
    if spec is None or spec.loader is None or not entry.is_file():
        raise GatewayError("PLUGIN_INVALID", f"{entry} is no Python file.")
    module = importlib.util.module_from_spec(spec)
    # Under its name, so that what it defines can be pickled and its dataclasses find their module.
    sys.modules[entry.stem] = module
    try:
        spec.loader.exec_module(module)
    except ModuleNotFoundError as error:
        raise GatewayError("CONFIG_INVALID", missing_module(entry, error.name or "")) from error
    plugin = getattr(module, "plugin", None)
    if isinstance(plugin, PluginDefinition):
        return plugin
    raise GatewayError("PLUGIN_INVALID", f'{entry} defines no plugin: write "plugin = define_plugin(…)".')


def entry_of(path: Path) -> Path:
    """The Python file of a plugin. @param path: the file, or a folder with a darkroom.json"""
    if path.is_file():
        return path
    declaration = path / "darkroom.json"
    if not declaration.is_file():
        raise GatewayError("CONFIG_INVALID", f"There is no plugin at {path}: name its folder (with darkroom.json) or its file.")
    entry = json.loads(declaration.read_text("utf8")).get("entry")
    if not isinstance(entry, str):
        raise GatewayError("CONFIG_INVALID", f'{declaration} names no "entry".')
    return path / entry


def missing_module(entry: Path, module: str) -> str:
    """What to tell of a module that a plugin imports and that is not there."""
    requirements = entry.parent / "requirements.txt"
    what = f"-r {requirements}" if requirements.is_file() else module.split(".")[0]
    return (
        f"The plugin {entry} needs the Python module {module}, which {sys.executable} does not have. "
        f"Install it: {sys.executable} -m pip install {what}"
    )
