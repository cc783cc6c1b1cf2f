"""The plugin's end of a work call: commands come in, answers go out, until it is done, fails or is aborted.

The event loop of the process belongs to the host. `async` code of a plugin runs on it, and is cancelled by an abort. Plain
code runs in a thread of its own for each call, so that it may compute as long as it needs, hold thread-local state (as
PyTorch's `inference_mode` is) across its `yield`s, and leave the loop free for health checks and aborts; an abort ends it
at its next `yield`.
"""

from __future__ import annotations

import asyncio
import inspect
import threading
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import CancelledError as FutureCancelled
from contextlib import aclosing
from typing import Any

import grpc

from ..contract import Call
from ..errors import Aborted, GatewayError, coded, hides_details

_ANSWERS_UNDER_WAY = 16
"""A reader that falls behind pauses the work: at most so many answers wait in memory."""


class RunningCalls:
    """The calls that are running in this process."""

    def __init__(self, threads: int, log_failure: Callable[[BaseException], None]) -> None:
        self._threads = threads
        self._log_failure = log_failure
        self._calls: set[Call] = set()
        self._turn: asyncio.Semaphore | None = None
        self.queued = 0

    @property
    def size(self) -> int:
        return len(self._calls)

    @property
    def unheeded_abort_ms(self) -> int:
        """Milliseconds since the oldest abort after which a call has not ended; 0 when there is none."""
        aborted = [call.aborted_at for call in self._calls if call.aborted_at is not None]
        return max(1, round((time.monotonic() - min(aborted)) * 1000)) if aborted else 0

    def abort_all(self) -> None:
        for call in tuple(self._calls):
            call._abort(Aborted("The host is ending."))

    async def serve(
        self,
        context: grpc.aio.ServicerContext,
        call: Call,
        run: Callable[[Any], AsyncIterator[Any]],
        on_command: Callable[[Any], None] = lambda _command: None,
    ) -> None:
        """Serves one call to its end; what goes wrong is the call's own status.

        run: the answers to the start command, in wire form
        on_command: takes every command but `start` and `abort`
        """
        self._calls.add(call)
        loop = asyncio.get_running_loop()
        aborted = asyncio.Event()
        call.on_abort(lambda: loop.call_soon_threadsafe(aborted.set))
        started: asyncio.Future[Any] = loop.create_future()
        commands = asyncio.create_task(_read_commands(context, call, started, on_command))
        # A task of its own: gRPC cancels the handler's when the caller is gone, and the work may take a while to stop.
        work = asyncio.create_task(self._work(context, call, run, started, aborted))
        work.add_done_callback(lambda _task: self._calls.discard(call))
        failure: BaseException | None = None
        try:
            await asyncio.shield(work)
        except asyncio.CancelledError:
            call._abort()
            raise
        except BaseException as error:
            # A plugin may notice the abort in its own way; what it raises then is of no interest.
            failure = call._reason if call.aborted else error
        finally:
            commands.cancel()
        self._calls.discard(call)
        if failure is None:
            return
        if hides_details(failure):
            self._log_failure(failure)
        code, message = coded(failure)
        status = grpc.StatusCode.CANCELLED if code == "CANCELLED" else grpc.StatusCode.INTERNAL
        await context.abort(status, message, (("darkroom-code", code),))

    async def _work(self, context, call: Call, run, started: asyncio.Future, aborted: asyncio.Event) -> None:
        start = await _unless_aborted(started, aborted, call)
        async with aclosing(run(start)) as answers:
            async for answer in answers:
                call.raise_if_aborted()
                await _unless_aborted(context.write(answer), aborted, call)
        call.raise_if_aborted()

    # ── Plain and async code of plugins ──────────────────────────────────────────────────────────────────────────────

    async def result(self, function: Callable[..., Any], *args: Any, call: Call) -> Any:
        """What a function of the plugin returns, `async` or not."""
        if inspect.iscoroutinefunction(function):
            return await _cancelled_by_abort(function(*args), call)

        def once():
            yield function(*args)

        values = [value async for value in self._in_thread(once, call)]
        call.raise_if_aborted()
        return values[0]

    async def items(self, function: Callable[..., Any], *args: Any, call: Call) -> AsyncIterator[Any]:
        """What a function of the plugin yields, `async` or not."""
        if inspect.isasyncgenfunction(function):
            async with aclosing(function(*args)) as generator:
                while True:
                    try:
                        yield await _cancelled_by_abort(anext(generator), call)
                    except StopAsyncIteration:
                        return
        else:
            async with aclosing(self._in_thread(lambda: function(*args), call)) as in_thread:
                async for item in in_thread:
                    yield item

    async def _in_thread(self, function: Callable[[], Any], call: Call) -> AsyncIterator[Any]:
        """One thread iterates from the first item to the last; it has ended when this generator has."""
        await self._wait_for_turn(call)
        loop = asyncio.get_running_loop()
        items: asyncio.Queue[Any] = asyncio.Queue(_ANSWERS_UNDER_WAY)
        end = object()
        outcome: list[BaseException] = []
        ended = asyncio.Event()
        has_reader = True

        async def put(item: Any) -> None:
            if has_reader:
                await items.put(item)

        def hand_over(item: Any) -> bool:
            """@returns whether anybody still wants more"""
            if call.aborted or not has_reader:
                return False
            asyncio.run_coroutine_threadsafe(put(item), loop).result()
            return not call.aborted and has_reader

        def work() -> None:
            try:
                iterator = function()
                try:
                    for item in iterator:
                        if not hand_over(item):
                            break
                finally:
                    if hasattr(iterator, "close"):
                        iterator.close()
            except FutureCancelled:
                pass
            except BaseException as error:
                outcome.append(error)
            finally:
                try:
                    loop.call_soon_threadsafe(ended.set)
                except RuntimeError:
                    pass  # The process is ending.

        threading.Thread(target=work, name="plugin call", daemon=True).start()

        async def tell_end() -> None:
            await ended.wait()
            await items.put(end)

        teller = asyncio.create_task(tell_end())
        try:
            while (item := await items.get()) is not end:
                yield item
            if outcome:
                raise outcome[0]
        finally:
            has_reader = False
            # Wakes a thread that waits for room.
            while not items.empty():
                items.get_nowait()
            await ended.wait()
            teller.cancel()
            self._semaphore().release()

    async def _wait_for_turn(self, call: Call) -> None:
        self.queued += 1
        try:
            await _cancelled_by_abort(self._semaphore().acquire(), call)
        finally:
            self.queued -= 1

    def _semaphore(self) -> asyncio.Semaphore:
        if self._turn is None:
            self._turn = asyncio.Semaphore(self._threads)
        return self._turn


async def _read_commands(context, call: Call, started: asyncio.Future, on_command: Callable[[Any], None]) -> None:
    while True:
        command = await context.read()
        if command is grpc.aio.EOF:
            return
        match command.WhichOneof("command"):
            case "start":
                if not started.done():
                    started.set_result(command.start)
            case "abort":
                call._abort()
            case _:
                try:
                    on_command(command)
                except GatewayError as error:
                    call._abort(error)


async def _unless_aborted(awaitable, aborted: asyncio.Event, call: Call):
    """Ends the waiting at the abort, which it raises."""
    waiting = asyncio.ensure_future(awaitable)
    abort = asyncio.ensure_future(aborted.wait())
    try:
        await asyncio.wait((waiting, abort), return_when=asyncio.FIRST_COMPLETED)
        if waiting.done():
            return waiting.result()
        waiting.cancel()
        raise call._reason
    finally:
        abort.cancel()


async def _cancelled_by_abort(awaitable, call: Call):
    """Waits for the plugin's own coroutine, which the abort cancels; what it does about that is waited for, too."""
    task = asyncio.ensure_future(awaitable)
    loop = asyncio.get_running_loop()
    stop_listening = call.on_abort(lambda: loop.call_soon_threadsafe(task.cancel))
    try:
        return await task
    except asyncio.CancelledError:
        task.cancel()
        call.raise_if_aborted()
        raise
    finally:
        # Each item of an async generator comes through here: none is held until the end of the call.
        stop_listening()
