"""The plugin contract as authors see it: three kinds of plugin and what crosses the boundary to them.

schema/plugin/v1/plugin.proto says the same on the wire. Pictures and tensors are numpy arrays. What a plugin gets is a
read-only view of the message; what it answers is written at once, so it may be reused afterwards.
"""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Union

import numpy as np

from .errors import Aborted, GatewayError

if TYPE_CHECKING:
    from PIL import Image

API_VERSIONS: tuple[str, ...] = ("1",)
"""The contract versions that this package speaks, newest first."""

PluginKind = Literal["vision-encoder", "language-model", "image-decoder"]


# ── What crosses the boundary ────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class RgbImage:
    """A picture.

    pixels: uint8 [height, width, 3], row-major from the top left
    """

    pixels: np.ndarray

    def __post_init__(self) -> None:
        shape = self.pixels.shape
        if self.pixels.dtype != np.uint8 or len(shape) != 3 or shape[2] != 3 or 0 in shape:
            raise GatewayError(
                "SHAPE_MISMATCH", f"A picture is uint8 [height, width, 3]; {self.pixels.dtype} {list(shape)} came."
            )

    @property
    def width(self) -> int:
        return self.pixels.shape[1]

    @property
    def height(self) -> int:
        return self.pixels.shape[0]

    @classmethod
    def from_pil(cls, image: Image.Image) -> RgbImage:
        return cls(np.asarray(image.convert("RGB")))

    def to_pil(self) -> Image.Image:
        from PIL import Image

        return Image.fromarray(self.pixels)


@dataclass(frozen=True)
class Mask:
    """Where a picture may change.

    values: uint8 [height, width]; 255 may change, 0 stays as it is
    """

    values: np.ndarray


@dataclass(frozen=True)
class EmbeddingSpace:
    """What holds the plugins together; embeddings of two spaces are never mixed."""

    id: str
    dimension: int
    image_tokens: int
    """Tokens of a picture that the language model makes, for instance 81."""


@dataclass(frozen=True)
class ImageEmbeddings:
    """Embeddings of one picture."""

    space: str
    embeddings: np.ndarray
    """float32 [tokens, dimension]"""
    grid_thw: tuple[int, int, int]
    """t, h, w in patches, before merging"""


# ── Common to all kinds ──────────────────────────────────────────────────────────────────────────────────────────────


class Call:
    """One call. Safe to use from every thread."""

    def __init__(self) -> None:
        self._aborted = threading.Event()
        self._reason = Aborted()
        self._listeners: list[Callable[[], None]] = []
        self._lock = threading.Lock()
        self.aborted_at: float | None = None

    @property
    def aborted(self) -> bool:
        """Whether nobody wants the answer any more."""
        return self._aborted.is_set()

    def raise_if_aborted(self) -> None:
        """Ends the work by an exception once the call is aborted: for loops that yield nothing."""
        if self.aborted:
            raise self._reason

    def sleep(self, seconds: float) -> None:
        """Waits, but no longer than until the abort, which it raises."""
        self._aborted.wait(seconds)
        self.raise_if_aborted()

    def on_abort(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Calls `listener` on the abort, from another thread; at once when that has been. The answer stops listening."""
        with self._lock:
            if not self.aborted:
                self._listeners.append(listener)
                return lambda: self._forget(listener)
        listener()
        return lambda: None

    def _forget(self, listener: Callable[[], None]) -> None:
        with self._lock:
            if listener in self._listeners:
                self._listeners.remove(listener)

    def _abort(self, reason: GatewayError | None = None) -> None:
        with self._lock:
            if self.aborted:
                return
            self._reason = reason or self._reason
            self.aborted_at = time.monotonic()
            self._aborted.set()
            listeners, self._listeners = self._listeners, []
        for listener in listeners:
            listener()


class PluginLog(ABC):
    """Lines of the gateway's log, under the plugin's name. Python's own `logging` arrives there as well."""

    @abstractmethod
    def debug(self, message: str, **fields: Any) -> None: ...
    @abstractmethod
    def info(self, message: str, **fields: Any) -> None: ...
    @abstractmethod
    def warn(self, message: str, **fields: Any) -> None: ...
    @abstractmethod
    def error(self, message: str, **fields: Any) -> None: ...


class PluginMetrics(ABC):
    """Numbers that the gateway shows beside those that it measures itself."""

    @abstractmethod
    def add(self, name: str, by: float = 1) -> None:
        """Adds to a counter, for instance `cache_hits`; it begins at 0 with the process."""

    @abstractmethod
    def set(self, name: str, value: float) -> None:
        """Sets a gauge, for instance `gpu_memory_bytes`."""


@dataclass(frozen=True)
class PluginHost:
    """What a plugin gets from its host."""

    log: PluginLog
    metrics: PluginMetrics
    folder: Path
    """Absolute folder for the plugin's own files; its working folder."""
    models_folder: Path | None
    """Absolute folder in which the gateway keeps models."""
    options_folder: Path
    ending: threading.Event
    """Set when the process is about to end."""

    def resolve_path(self, path: str | Path) -> Path:
        """A path from the options as an absolute one: relative paths count from the operator's configuration file."""
        return (self.options_folder / path).resolve()


# ── Vision encoder ───────────────────────────────────────────────────────────────────────────────────────────────────

EncodePurpose = Literal["read", "target", "reference"]
"""`read`: a language model will read them. `target`: the grid of generated pictures. `reference`: a decoder will keep
what an edit leaves alone."""


@dataclass(frozen=True)
class EncodeRequest:
    image: RgbImage
    purpose: EncodePurpose


class VisionEncoder(ABC):
    space: EmbeddingSpace
    """The embedding space that it writes."""

    @abstractmethod
    def encode(
        self, requests: Sequence[EncodeRequest], call: Call
    ) -> Sequence[ImageEmbeddings] | Awaitable[Sequence[ImageEmbeddings]]:
        """The embeddings of each picture, in the order of the requests."""

    def close(self) -> None | Awaitable[None]:
        """Frees what it holds."""


# ── Language model ───────────────────────────────────────────────────────────────────────────────────────────────────

ChatPart = Union[str, ImageEmbeddings, RgbImage]


@dataclass(frozen=True)
class ChatMessage:
    role: Literal["system", "user", "assistant"]
    parts: Sequence[ChatPart]


@dataclass(frozen=True)
class Sampling:
    """None: the plugin's choice."""

    max_new_tokens: int | None = None
    temperature: float | None = None
    """0 takes the likeliest token."""
    top_p: float | None = None
    top_k: int | None = None
    repetition_penalty: float | None = None
    seed: int | None = None
    stop: Sequence[str] = ()
    """Texts that end the answer; they are left out of it."""


@dataclass(frozen=True)
class GenerateRequest:
    task: Literal["reply", "understand", "generate", "edit"]
    messages: Sequence[ChatMessage]
    sampling: Sampling = field(default_factory=Sampling)
    drawing: DrawingOffer | None = None
    """A decoder that reads words is at hand; only for a model that `asks_for_pictures`, in a `reply`."""


@dataclass(frozen=True)
class DrawingOffer:
    """The gateway's decoder as a tool of the language model."""

    edits: bool
    """It can also change the newest picture of the conversation."""


@dataclass(frozen=True)
class End:
    """A request's last event."""

    reason: Literal["stop", "length"]
    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True)
class RequestError:
    """A request's last event when it failed; its neighbours go on."""

    code: str
    message: str


@dataclass(frozen=True)
class Drawing:
    """A picture belongs here; only where the request offers `drawing`."""

    prompt: str
    """What it shows."""
    edits: bool = False
    """The newest picture of the conversation is to be changed."""


GenerateEvent = Union[str, ImageEmbeddings, Drawing, End, RequestError]
"""A piece of text, a picture, the wish for one, or the end."""


@dataclass(frozen=True)
class LanguageLimits:
    context_length: int
    """Tokens of prompt and answer together."""
    batch: int
    """Requests that run in one forward pass."""


class LanguageModel(ABC):
    reads: Literal["pixels"] | EmbeddingSpace
    """How it wants pictures in messages."""
    writes: EmbeddingSpace | None = None
    """The space of the pictures that it writes; None: only words."""
    asks_for_pictures: bool = False
    """Whether it can ask for a picture in words, which a decoder that reads words draws."""
    limits: LanguageLimits

    @abstractmethod
    def generate(
        self, requests: Sequence[GenerateRequest], call: Call
    ) -> Iterable[tuple[int, GenerateEvent]] | AsyncIterable[tuple[int, GenerateEvent]]:
        """Runs all requests together; yields the index of a request with what is told of it."""

    def close(self) -> None | Awaitable[None]:
        """Frees what it holds."""


# ── Image decoder ────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class PreviewWish:
    max_size: int
    """Longer side in pixels, at most."""
    view: Literal["x0", "noisy"]
    """The picture as estimated now, or what the denoiser holds."""


class DecodeCall(Call):
    """A call of an image decoder."""

    def __init__(self) -> None:
        super().__init__()
        self._wish_after: Callable[[int], PreviewWish | None] = lambda _step_index: None

    def wants_preview(self, step_index: int) -> PreviewWish | None:
        """Asked once after each step, so wishes may change while the picture develops; None makes no preview."""
        return self._wish_after(step_index)


@dataclass(frozen=True)
class DecodeRequest:
    condition: str | ImageEmbeddings
    width: int
    height: int
    num_inference_steps: int
    guidance_scale: float
    """Fed to a guidance-distilled denoiser."""
    true_cfg_scale: float
    """Classifier-free guidance with a second, negative pass; 1 is off."""
    negative_prompt: str
    seed: int
    """0 to 2^32 - 1"""
    reference: RgbImage | ImageEmbeddings | None = None
    """What an edit leaves alone comes from here."""
    mask: Mask | None = None
    """As large as the picture to draw; None: everything may change."""


@dataclass(frozen=True)
class Step:
    """After each step."""

    step_index: int
    """Steps done, 1 to num_inference_steps"""
    sigma: float
    """Noise level left, 1 to 0"""
    preview: RgbImage | None = None


@dataclass(frozen=True)
class Timings:
    denoise_ms: float = 0
    vae_ms: float = 0
    preview_ms: float = 0


@dataclass(frozen=True)
class Picture:
    """The last event."""

    image: RgbImage
    timings: Timings = field(default_factory=Timings)


DecodeEvent = Union[Step, Picture]


@dataclass(frozen=True)
class DecoderReads:
    condition: Literal["text"] | EmbeddingSpace
    reference: Literal["pixels"] | EmbeddingSpace | None = None
    """None: it takes no reference, so it cannot edit."""


@dataclass(frozen=True)
class DecoderSupport:
    edit: bool = False
    mask: bool = False
    true_cfg: bool = False
    preview: Literal["none", "latent", "image"] = "none"
    batch: int = 1


@dataclass(frozen=True)
class DecoderLimits:
    min_width: int
    min_height: int
    max_width: int
    max_height: int
    size_multiple: int
    max_steps: int


@dataclass(frozen=True)
class DecoderDefaults:
    width: int
    height: int
    num_inference_steps: int
    guidance_scale: float = 1
    true_cfg_scale: float = 1


class ImageDecoder(ABC):
    reads: DecoderReads
    supports: DecoderSupport
    limits: DecoderLimits
    defaults: DecoderDefaults

    @abstractmethod
    def decode(self, request: DecodeRequest, call: DecodeCall) -> Iterable[DecodeEvent] | AsyncIterable[DecodeEvent]:
        """Yields a `Step` after each step, then one `Picture`."""

    def close(self) -> None | Awaitable[None]:
        """Frees what it holds."""


Plugin = Union[VisionEncoder, LanguageModel, ImageDecoder]
OptionsJson = Mapping[str, Any]
