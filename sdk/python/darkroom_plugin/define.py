"""`define_plugin`: what a plugin's file assigns to `plugin`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from .contract import API_VERSIONS, Plugin, PluginHost, PluginKind
from .errors import GatewayError


class Options(BaseModel):
    """The options of a plugin: a pydantic model that takes no unknown field."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True)
class PluginDefinition:
    kind: PluginKind
    name: str
    version: str
    options: type[BaseModel]
    create: Callable[[Any, PluginHost], Plugin | Awaitable[Plugin]]
    threads: int
    api_versions: tuple[str, ...] = API_VERSIONS

    def read_options(self, options: object) -> BaseModel:
        """The operator's options, with defaults filled in.

        @throws GatewayError CONFIG_INVALID naming each field that does not hold
        """
        try:
            return self.options.model_validate(options)
        except ValidationError as error:
            issues = [f"{'.'.join(map(str, each['loc'])) or 'options'}: {each['msg']}" for each in error.errors()]
            message = f"The options of plugin {self.name} do not hold: {'; '.join(issues)}."
            raise GatewayError("CONFIG_INVALID", message) from None


def define_plugin(
    *,
    kind: PluginKind,
    name: str,
    version: str,
    create: Callable[[Any, PluginHost], Plugin | Awaitable[Plugin]],
    options: type[BaseModel] = Options,
    threads: int = 1,
) -> PluginDefinition:
    """A plugin; its file has to assign it to `plugin`.

    create: the plugin's class, or a function (`async` or not) of the options and the host that returns one
    threads: how many calls of plain (not `async`) code run at once, each in a thread of its own; others wait
    """
    if kind not in get_args(PluginKind):
        raise TypeError(f"The kind of a plugin is one of {', '.join(get_args(PluginKind))}; {kind} came.")
    if threads < 1:
        raise TypeError(f"A plugin runs in 1 thread or more; {threads} came.")
    return PluginDefinition(kind, name, version, options, create, threads)
