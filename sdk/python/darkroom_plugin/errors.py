"""Errors with the stable codes of docs/errors.md."""


class GatewayError(Exception):
    """An error that reaches the client. Its message says what was wanted, what came and what to do.

    Any other exception becomes PLUGIN_FAILED with its class alone: its message may hold somebody's prompt.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Aborted(GatewayError):
    """Raised inside a plugin's code whose call nobody waits for any more."""

    def __init__(self, message: str = "The call was aborted.") -> None:
        super().__init__("CANCELLED", message)


def coded(error: BaseException) -> tuple[str, str]:
    """What of an error crosses the wire: code and message."""
    if isinstance(error, GatewayError):
        return error.code, error.message
    name = type(error).__name__
    return "PLUGIN_FAILED", f"The plugin failed with {name}, an error without a code; the log has it."


def hides_details(error: BaseException) -> bool:
    """Whether the error holds more than what crosses the wire, so that only the host's log can tell it."""
    return not isinstance(error, GatewayError) or error.__cause__ is not None
