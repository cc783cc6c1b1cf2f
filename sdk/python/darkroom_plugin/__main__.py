"""The program of a plugin host.

    python -m darkroom_plugin --entry FILE --socket PATH      as the gateway starts it
    python -m darkroom_plugin serve PLUGIN --listen HOST:PORT by itself, for gateways elsewhere

schema/plugin/v1/plugin.proto has the arguments of the first. It ends when its standard input is closed, which the system
also does when whoever started it dies.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import signal
import sys
import threading
from pathlib import Path

from .contract import API_VERSIONS
from .define import PluginDefinition
from .errors import GatewayError
from .host.loading import entry_of, load_plugin
from .host.log import LineLog, LoggingHandler
from .host.server import Host, Listen
from .wire import plugin_pb2 as pb

_CLOSE_DEADLINE_S = 5
"""How long a plugin may take to free what it holds."""
_TOKEN = "DARKROOM_PLUGIN_TOKEN"


def main() -> None:
    # What the plugin prints is told line by line, not when a buffer is full.
    sys.stdout.reconfigure(line_buffering=True)
    token = os.environ.pop(_TOKEN, "")  # The plugin's code has no business with it.
    try:
        if sys.argv[1:2] == ["serve"]:
            _serve_alone(_arguments_alone(sys.argv[2:]), token)
        else:
            _serve_gateway(_arguments(sys.argv[1:]), token)
    except GatewayError as error:
        print(f"error {error.code}: {error.message}", file=sys.stderr, flush=True)
        os._exit(1)


# ── Started by the gateway ───────────────────────────────────────────────────────────────────────────────────────────


def _arguments(args: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m darkroom_plugin")
    parser.add_argument("--entry", required=True, type=Path)
    parser.add_argument("--socket", required=True)
    _add_listen(parser, required=False)
    return parser.parse_args(args)


def _serve_gateway(args: argparse.Namespace, token: str) -> None:
    end = _End()
    # Before anything of the plugin's runs: a plugin that hangs in its import is left behind by nobody.
    threading.Thread(target=_watch_input, args=(end,), daemon=True).start()
    signal.signal(signal.SIGTERM, lambda *_: end.now())
    # Ctrl-C reaches every process of the terminal. The gateway first lets its tasks finish, so its hosts go on.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    listen = _listen_of(args, token)
    logging.basicConfig(level=logging.INFO, handlers=[LoggingHandler()])

    entry = args.entry.resolve()
    definition: PluginDefinition | GatewayError
    try:
        definition = load_plugin(entry)
    except GatewayError as error:
        definition = error

    async def serve() -> None:
        host = Host(definition, entry, Path.cwd())
        await host.serve(args.socket, listen)
        await end.wait()
        await host.close()

    asyncio.run(_to_the_end(serve()))


def _watch_input(end: _End) -> None:
    while sys.stdin.buffer.read(65536):
        pass
    end.now()


# ── By itself ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _arguments_alone(args: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m darkroom_plugin serve",
        description="Serves a plugin for gateways elsewhere, until it is interrupted.",
        epilog=f"Callers have to bring the token that {_TOKEN} or --token-file holds.",
    )
    parser.add_argument("plugin", type=Path, help="the plugin's folder (with darkroom.json) or its file")
    _add_listen(parser, required=True)
    parser.add_argument("--token-file", type=Path)
    parser.add_argument("--options", default="{}", help="JSON, or @ and a file with JSON; relative paths count from here")
    parser.add_argument("--models-folder", type=Path)
    parser.add_argument("--insecure", action="store_true", help="plain text on an address that other machines reach")
    return parser.parse_args(args)


def _serve_alone(args: argparse.Namespace, token: str) -> None:
    end = _End()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: end.now())
    if args.token_file:
        token = args.token_file.read_text("utf8").strip()
    if len(token) < 16:
        raise GatewayError("CONFIG_INVALID", f"A token of at least 16 characters is needed, in {_TOKEN} or --token-file.")
    listen = _listen_of(args, token)
    if listen.tls is None and not args.insecure and not _is_loopback(args.listen):
        message = f"{args.listen} can be reached from other machines: give --tls-cert and --tls-key, or --insecure."
        raise GatewayError("CONFIG_INVALID", message)
    options = _options_of(args.options)
    logging.basicConfig(level=logging.INFO, handlers=[LoggingHandler()])
    entry = entry_of(args.plugin.resolve()).resolve()
    definition = load_plugin(entry)

    async def serve() -> None:
        host = Host(definition, entry, Path.cwd())
        request = pb.HandshakeRequest(
            api_versions=API_VERSIONS,
            options_json=options,
            models_folder=str(args.models_folder.resolve()) if args.models_folder else "",
        )
        answer = await host.shake_hands(request)
        if answer.HasField("refusal"):
            raise GatewayError(answer.refusal.error.code, answer.refusal.error.message)
        await host.serve(None, listen)
        scheme = "grpcs" if listen.tls else "grpc"
        LineLog().info(f"{definition.name} {definition.version} is at {scheme}://{args.listen}")
        await end.wait()
        await host.close()

    asyncio.run(_to_the_end(serve()))


def _options_of(text: str) -> str:
    try:
        return json.dumps(json.loads(Path(text[1:]).read_text("utf8") if text.startswith("@") else text))
    except (OSError, ValueError) as error:
        raise GatewayError("CONFIG_INVALID", f"--options has to be JSON, or @ and a file with JSON: {error}") from None


def _is_loopback(listen: str) -> bool:
    host = listen.rpartition(":")[0]
    return host in ("localhost", "[::1]") or host.startswith("127.")


# ── Common ───────────────────────────────────────────────────────────────────────────────────────────────────────────


class _End:
    """The wish that the process ends, from any thread."""

    def __init__(self) -> None:
        self._wished = threading.Event()

    def now(self) -> None:
        if self._wished.is_set():
            return
        self._wished.set()
        # Whatever it is doing, importing for instance.
        timer = threading.Timer(_CLOSE_DEADLINE_S, os._exit, (1,))
        timer.daemon = True
        timer.start()

    async def wait(self) -> None:
        while not self._wished.is_set():
            await asyncio.sleep(0.05)


async def _to_the_end(serving) -> None:
    """Ends the process at once: threads of calls, and of libraries, would be waited for otherwise."""
    code = 0
    try:
        await serving
    except GatewayError as error:
        print(f"error {error.code}: {error.message}", file=sys.stderr)
        code = 1
    except Exception as error:
        LineLog().error("The plugin failed to close.", error=repr(error))
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _add_listen(parser: argparse.ArgumentParser, required: bool) -> None:
    parser.add_argument("--listen", required=required, metavar="HOST:PORT")
    parser.add_argument("--tls-cert", type=Path, help="certificate chain in PEM")
    parser.add_argument("--tls-key", type=Path, help="its key in PEM")


def _listen_of(args: argparse.Namespace, token: str) -> Listen | None:
    if args.listen is None:
        return None
    if token == "":
        raise GatewayError("CONFIG_INVALID", f"--listen needs a token in {_TOKEN}.")
    if (args.tls_cert is None) != (args.tls_key is None):
        raise GatewayError("CONFIG_INVALID", "--tls-cert and --tls-key belong together; only one of them was given.")
    tls = (args.tls_cert.read_bytes(), args.tls_key.read_bytes()) if args.tls_cert else None
    return Listen(args.listen, token, tls)


if __name__ == "__main__":
    main()
