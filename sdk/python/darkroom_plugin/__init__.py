"""Plugins for Darkroom in Python. docs/plugins-python.md is the guide."""

from pydantic import Field

from .contract import (
    API_VERSIONS,
    Call,
    ChatMessage,
    ChatPart,
    DecodeCall,
    DecodeEvent,
    DecodeRequest,
    DecoderDefaults,
    DecoderLimits,
    DecoderReads,
    DecoderSupport,
    Drawing,
    DrawingOffer,
    EmbeddingSpace,
    EncodeRequest,
    End,
    ImageDecoder,
    ImageEmbeddings,
    LanguageLimits,
    LanguageModel,
    Mask,
    Picture,
    PluginHost,
    PluginLog,
    PluginMetrics,
    PreviewWish,
    RequestError,
    RgbImage,
    Sampling,
    Step,
    Timings,
    VisionEncoder,
    GenerateRequest,
)
from .define import Options, PluginDefinition, define_plugin
from .errors import GatewayError

__all__ = [name for name in dir() if name[0].isupper() or name == "define_plugin"]
