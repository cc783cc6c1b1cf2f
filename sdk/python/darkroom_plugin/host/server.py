"""Serves one plugin on a Unix socket, at an address, or both: the plugin's end of schema/plugin/v1/plugin.proto."""

from __future__ import annotations

import asyncio
import inspect
import json
import threading
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc

from ..checks import check_decode_request, check_generate_request
from ..contract import API_VERSIONS, Call, DecodeCall, Plugin, PluginHost
from ..define import PluginDefinition
from ..errors import GatewayError, coded, hides_details
from ..wire import plugin_pb2 as pb
from ..wire import plugin_pb2_grpc as rpc
from ..wire.answers import capabilities_to_wire, decode_event_to_wire, generate_event_to_wire
from ..wire.requests import (
    PreviewWishes,
    decode_request_from_wire,
    encode_request_from_wire,
    generate_request_from_wire,
    wishes_from_wire,
)
from ..wire.values import embeddings_to_wire
from .bearer import BearerOnly
from .calls import RunningCalls
from .loading import missing_module
from .log import LineLog, describe
from .metrics import HostMetrics, resident_bytes

_MIB = 1024 * 1024
_OPTIONS = [
    # A picture of 8192 x 8192 has 192 MiB; gRPC's own limit is 4.
    ("grpc.max_receive_message_length", 256 * _MIB),
    ("grpc.max_send_message_length", 256 * _MIB),
    ("grpc.enable_http_proxy", 0),
]


@dataclass(frozen=True)
class Listen:
    """Where gateways elsewhere find the plugin."""

    address: str
    """HOST:PORT"""
    token: str
    """What every call has to bring."""
    tls: tuple[bytes, bytes] | None = None
    """Certificate chain and key in PEM; plain text without."""


class Host:
    """One plugin: made by its first handshake, closed once."""

    def __init__(self, definition: PluginDefinition | GatewayError, entry: Path, folder: Path) -> None:
        self._definition = definition
        self._entry = entry
        self._folder = folder
        self._log = LineLog()
        self._metrics = HostMetrics()
        self._plugin: Plugin | None = None
        self._options: Any = None
        self._making = asyncio.Lock()
        self._closing: asyncio.Task[None] | None = None
        self._ending = threading.Event()
        threads = definition.threads if isinstance(definition, PluginDefinition) else 1
        self.calls = RunningCalls(threads, self.log_failure)

    def log_failure(self, error: BaseException) -> None:
        self._log.error("A call failed.", error=describe(error))

    async def shake_hands(self, request: pb.HandshakeRequest) -> pb.HandshakeResponse:
        definition = self._definition
        try:
            # A plugin whose file could not be loaded is refused with the reason.
            if isinstance(definition, GatewayError):
                raise definition
            version = _common_version(definition, request.api_versions)
            plugin = await self._plugin_for(definition, request)
            welcome = pb.Welcome(
                api_version=version,
                name=definition.name,
                version=definition.version,
                **capabilities_to_wire(plugin),
            )
            return pb.HandshakeResponse(welcome=welcome)
        except Exception as error:
            if hides_details(error):
                self.log_failure(error)
            code, message = coded(error)
            spoken = definition.api_versions if isinstance(definition, PluginDefinition) else API_VERSIONS
            refusal = pb.Refusal(error=pb.Error(code=code, message=message), api_versions=spoken)
            return pb.HandshakeResponse(refusal=refusal)

    async def _plugin_for(self, definition: PluginDefinition, request: pb.HandshakeRequest) -> Plugin:
        """Made by the first handshake; kept for a later one that brings no options, or the same."""

        def refuse(code: str, what: str) -> GatewayError:
            return GatewayError(code, f"The process of plugin {definition.name} {what}.")

        if request.options_json == "":
            if self._plugin is None:
                raise refuse("PLUGIN_UNAVAILABLE", "is not ready yet: it has no options")
            return self._plugin
        options = json.loads(request.options_json)
        async with self._making:
            if self._plugin is None:
                host = PluginHost(
                    log=self._log,
                    metrics=self._metrics,
                    folder=self._folder,
                    models_folder=Path(request.models_folder) if request.models_folder else None,
                    options_folder=Path(request.options_folder) if request.options_folder else Path.cwd(),
                    ending=self._ending,
                )
                read = definition.read_options(options)
                try:
                    self._plugin = await _call(definition.create, read, host)
                except ModuleNotFoundError as error:
                    raise GatewayError("CONFIG_INVALID", missing_module(self._entry, error.name or "")) from error
                self._options = options
        if self._options != options:
            raise refuse("CONFIG_INVALID", "already runs with other options")
        return self._plugin

    def plugin(self) -> Any:
        if self._plugin is None:
            raise GatewayError("PLUGIN_INVALID", "There was no handshake with this process.")
        return self._plugin

    @property
    def name(self) -> str:
        return self._definition.name if isinstance(self._definition, PluginDefinition) else "plugin"

    def health(self) -> pb.HealthResponse:
        return pb.HealthResponse(
            memory_bytes=resident_bytes(),
            active_calls=self.calls.size,
            queued_calls=self.calls.queued,
            metrics=self._metrics.to_wire(),
            unheeded_abort_ms=self.calls.unheeded_abort_ms,
        )

    async def close(self) -> None:
        """Aborts what runs and closes the plugin; the second call waits for the first."""
        self._ending.set()
        self.calls.abort_all()
        if self._closing is None:
            self._closing = asyncio.create_task(self._close())
        await self._closing

    async def _close(self) -> None:
        if self._plugin is not None:
            await _call(self._plugin.close)

    async def serve(self, socket: str | None, listen: Listen | None) -> None:
        """@throws GatewayError CONFIG_INVALID when it cannot listen there"""
        if socket is not None:
            own = self._server([])
            own.add_insecure_port(f"unix:{socket}")
            await own.start()
            self._own = own
        if listen is not None:
            opened = self._server([BearerOnly(listen.token)], is_elsewhere=True)
            try:
                if listen.tls is None:
                    opened.add_insecure_port(listen.address)
                else:
                    certificate, key = listen.tls
                    opened.add_secure_port(listen.address, grpc.ssl_server_credentials([(key, certificate)]))
            except RuntimeError as error:
                raise GatewayError("CONFIG_INVALID", f"The plugin cannot listen at {listen.address}: {error}.") from error
            await opened.start()
            self._opened = opened

    def _server(self, interceptors: list[Any], is_elsewhere: bool = False) -> grpc.aio.Server:
        server = grpc.aio.server(interceptors=interceptors, options=_OPTIONS)
        rpc.add_PluginServicer_to_server(_PluginService(self, is_elsewhere), server)
        match self._definition.kind if isinstance(self._definition, PluginDefinition) else None:
            case "vision-encoder":
                rpc.add_VisionEncoderServicer_to_server(_VisionEncoderService(self), server)
            case "language-model":
                rpc.add_LanguageModelServicer_to_server(_LanguageModelService(self), server)
            case "image-decoder":
                rpc.add_ImageDecoderServicer_to_server(_ImageDecoderService(self), server)
        return server


# ── Services ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class _PluginService(rpc.PluginServicer):
    def __init__(self, host: Host, is_elsewhere: bool) -> None:
        self._host = host
        self._is_elsewhere = is_elsewhere

    async def Handshake(self, request, context):
        return await self._host.shake_hands(request)

    async def Health(self, request, context):
        return self._host.health()

    async def Close(self, request, context):
        # The process ends by the will of whoever started it, not of a gateway that came by.
        if self._is_elsewhere:
            message = "A gateway elsewhere cannot end this process."
            await context.abort(grpc.StatusCode.PERMISSION_DENIED, message)
        try:
            await self._host.close()
        except Exception as error:
            self._host.log_failure(error)
            code, message = coded(error)
            await context.abort(grpc.StatusCode.INTERNAL, message, (("darkroom-code", code),))
        return pb.CloseResponse()


class _VisionEncoderService(rpc.VisionEncoderServicer):
    def __init__(self, host: Host) -> None:
        self._host = host

    async def Encode(self, _commands, context):
        calls, call = self._host.calls, Call()

        async def run(start: pb.EncodeStart):
            requests = [encode_request_from_wire(request) for request in start.requests]
            for image in await calls.result(self._host.plugin().encode, requests, call, call=call):
                yield embeddings_to_wire(image)

        await calls.serve(context, call, run)


class _LanguageModelService(rpc.LanguageModelServicer):
    def __init__(self, host: Host) -> None:
        self._host = host

    async def Generate(self, _commands, context):
        calls, call = self._host.calls, Call()

        async def run(start: pb.GenerateStart):
            requests = [generate_request_from_wire(request) for request in start.requests]
            model = self._host.plugin()
            for request in requests:
                check_generate_request(request, model, self._host.name)
            async with aclosing(calls.items(model.generate, requests, call, call=call)) as events:
                async for index, event in events:
                    yield generate_event_to_wire(index, event)

        await calls.serve(context, call, run)


class _ImageDecoderService(rpc.ImageDecoderServicer):
    def __init__(self, host: Host) -> None:
        self._host = host

    async def Decode(self, _commands, context):
        calls, call = self._host.calls, DecodeCall()
        # The newest wishes lie here, so that the plugin gets its answer at once, in the middle of its loop.
        newest: list[PreviewWishes] = []

        async def run(start: pb.DecodeStart):
            if not start.HasField("request"):
                raise GatewayError("PLUGIN_INVALID", "A message of the plugin contract lacks its field request.")
            decoder = self._host.plugin()
            request = decode_request_from_wire(start.request)
            check_decode_request(request, decoder, self._host.name)
            # A command that came meanwhile is newer.
            if start.HasField("wishes") and not newest:
                newest.append(wishes_from_wire(start.wishes))
            if decoder.supports.preview != "none":
                call._wish_after = lambda step_index: newest[-1].after(step_index) if newest else None
            async with aclosing(calls.items(decoder.decode, request, call, call=call)) as events:
                async for event in events:
                    yield decode_event_to_wire(event)

        def on_command(command: pb.DecodeCommand) -> None:
            newest[:] = [wishes_from_wire(command.wishes)]

        await calls.serve(context, call, run, on_command)


async def _call(function: Any, *args: Any) -> Any:
    """Plain code may take its time: it runs in a thread, and health checks are answered meanwhile."""
    if inspect.iscoroutinefunction(function):
        return await function(*args)
    value = await asyncio.to_thread(function, *args)
    return await value if inspect.isawaitable(value) else value


def _common_version(definition: PluginDefinition, offered) -> str:
    """The newest version that gateway, plugin and this package speak."""
    for version in offered:
        if version in definition.api_versions and version in API_VERSIONS:
            return version
    raise GatewayError(
        "PLUGIN_VERSION",
        f"The gateway speaks version {', '.join(offered)} of the plugin API, plugin {definition.name} version "
        f"{', '.join(definition.api_versions)}. Update the older of the two.",
    )
