from __future__ import annotations

import hashlib
import hmac

import grpc


class BearerOnly(grpc.aio.ServerInterceptor):
    """Refuses every call that does not bring the token, before anything of its message is read."""

    def __init__(self, token: str) -> None:
        self._wanted = _digest(f"Bearer {token}")

    async def intercept_service(self, continuation, handler_call_details):
        came = dict(handler_call_details.invocation_metadata or ()).get("authorization", "")
        if hmac.compare_digest(_digest(str(came)), self._wanted):
            return await continuation(handler_call_details)
        handler = await continuation(handler_call_details)
        if handler is not None and handler.request_streaming:
            return grpc.stream_stream_rpc_method_handler(_refuse)
        return grpc.unary_unary_rpc_method_handler(_refuse)


async def _refuse(_request, context) -> None:
    await context.abort(
        grpc.StatusCode.UNAUTHENTICATED, 'This plugin takes calls with its token alone: "authorization: Bearer …".'
    )


def _digest(text: str) -> bytes:
    """Of equal length, so that a comparison takes the same time for every token."""
    return hashlib.sha256(text.encode()).digest()
