from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class MetricKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    METRIC_KIND_UNSPECIFIED: _ClassVar[MetricKind]
    METRIC_KIND_COUNTER: _ClassVar[MetricKind]
    METRIC_KIND_GAUGE: _ClassVar[MetricKind]

class EncodePurpose(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ENCODE_PURPOSE_UNSPECIFIED: _ClassVar[EncodePurpose]
    ENCODE_PURPOSE_READ: _ClassVar[EncodePurpose]
    ENCODE_PURPOSE_TARGET: _ClassVar[EncodePurpose]
    ENCODE_PURPOSE_REFERENCE: _ClassVar[EncodePurpose]

class LanguageTask(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LANGUAGE_TASK_UNSPECIFIED: _ClassVar[LanguageTask]
    LANGUAGE_TASK_REPLY: _ClassVar[LanguageTask]
    LANGUAGE_TASK_UNDERSTAND: _ClassVar[LanguageTask]
    LANGUAGE_TASK_GENERATE: _ClassVar[LanguageTask]
    LANGUAGE_TASK_EDIT: _ClassVar[LanguageTask]

class Role(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ROLE_UNSPECIFIED: _ClassVar[Role]
    ROLE_SYSTEM: _ClassVar[Role]
    ROLE_USER: _ClassVar[Role]
    ROLE_ASSISTANT: _ClassVar[Role]

class EndReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    END_REASON_UNSPECIFIED: _ClassVar[EndReason]
    END_REASON_STOP: _ClassVar[EndReason]
    END_REASON_LENGTH: _ClassVar[EndReason]

class PreviewKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PREVIEW_KIND_UNSPECIFIED: _ClassVar[PreviewKind]
    PREVIEW_KIND_NONE: _ClassVar[PreviewKind]
    PREVIEW_KIND_LATENT: _ClassVar[PreviewKind]
    PREVIEW_KIND_IMAGE: _ClassVar[PreviewKind]

class PreviewView(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PREVIEW_VIEW_UNSPECIFIED: _ClassVar[PreviewView]
    PREVIEW_VIEW_X0: _ClassVar[PreviewView]
    PREVIEW_VIEW_NOISY: _ClassVar[PreviewView]
METRIC_KIND_UNSPECIFIED: MetricKind
METRIC_KIND_COUNTER: MetricKind
METRIC_KIND_GAUGE: MetricKind
ENCODE_PURPOSE_UNSPECIFIED: EncodePurpose
ENCODE_PURPOSE_READ: EncodePurpose
ENCODE_PURPOSE_TARGET: EncodePurpose
ENCODE_PURPOSE_REFERENCE: EncodePurpose
LANGUAGE_TASK_UNSPECIFIED: LanguageTask
LANGUAGE_TASK_REPLY: LanguageTask
LANGUAGE_TASK_UNDERSTAND: LanguageTask
LANGUAGE_TASK_GENERATE: LanguageTask
LANGUAGE_TASK_EDIT: LanguageTask
ROLE_UNSPECIFIED: Role
ROLE_SYSTEM: Role
ROLE_USER: Role
ROLE_ASSISTANT: Role
END_REASON_UNSPECIFIED: EndReason
END_REASON_STOP: EndReason
END_REASON_LENGTH: EndReason
PREVIEW_KIND_UNSPECIFIED: PreviewKind
PREVIEW_KIND_NONE: PreviewKind
PREVIEW_KIND_LATENT: PreviewKind
PREVIEW_KIND_IMAGE: PreviewKind
PREVIEW_VIEW_UNSPECIFIED: PreviewView
PREVIEW_VIEW_X0: PreviewView
PREVIEW_VIEW_NOISY: PreviewView

class HandshakeRequest(_message.Message):
    __slots__ = ("api_versions", "options_json", "options_folder", "models_folder")
    API_VERSIONS_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_JSON_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FOLDER_FIELD_NUMBER: _ClassVar[int]
    MODELS_FOLDER_FIELD_NUMBER: _ClassVar[int]
    api_versions: _containers.RepeatedScalarFieldContainer[str]
    options_json: str
    options_folder: str
    models_folder: str
    def __init__(self, api_versions: _Optional[_Iterable[str]] = ..., options_json: _Optional[str] = ..., options_folder: _Optional[str] = ..., models_folder: _Optional[str] = ...) -> None: ...

class HandshakeResponse(_message.Message):
    __slots__ = ("welcome", "refusal")
    WELCOME_FIELD_NUMBER: _ClassVar[int]
    REFUSAL_FIELD_NUMBER: _ClassVar[int]
    welcome: Welcome
    refusal: Refusal
    def __init__(self, welcome: _Optional[_Union[Welcome, _Mapping]] = ..., refusal: _Optional[_Union[Refusal, _Mapping]] = ...) -> None: ...

class Welcome(_message.Message):
    __slots__ = ("api_version", "name", "version", "vision_encoder", "language_model", "image_decoder")
    API_VERSION_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    VISION_ENCODER_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_MODEL_FIELD_NUMBER: _ClassVar[int]
    IMAGE_DECODER_FIELD_NUMBER: _ClassVar[int]
    api_version: str
    name: str
    version: str
    vision_encoder: VisionEncoderCapabilities
    language_model: LanguageModelCapabilities
    image_decoder: ImageDecoderCapabilities
    def __init__(self, api_version: _Optional[str] = ..., name: _Optional[str] = ..., version: _Optional[str] = ..., vision_encoder: _Optional[_Union[VisionEncoderCapabilities, _Mapping]] = ..., language_model: _Optional[_Union[LanguageModelCapabilities, _Mapping]] = ..., image_decoder: _Optional[_Union[ImageDecoderCapabilities, _Mapping]] = ...) -> None: ...

class Refusal(_message.Message):
    __slots__ = ("error", "api_versions")
    ERROR_FIELD_NUMBER: _ClassVar[int]
    API_VERSIONS_FIELD_NUMBER: _ClassVar[int]
    error: Error
    api_versions: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, error: _Optional[_Union[Error, _Mapping]] = ..., api_versions: _Optional[_Iterable[str]] = ...) -> None: ...

class HealthRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class HealthResponse(_message.Message):
    __slots__ = ("memory_bytes", "active_calls", "queued_calls", "metrics", "unheeded_abort_ms")
    MEMORY_BYTES_FIELD_NUMBER: _ClassVar[int]
    ACTIVE_CALLS_FIELD_NUMBER: _ClassVar[int]
    QUEUED_CALLS_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    UNHEEDED_ABORT_MS_FIELD_NUMBER: _ClassVar[int]
    memory_bytes: int
    active_calls: int
    queued_calls: int
    metrics: _containers.RepeatedCompositeFieldContainer[Metric]
    unheeded_abort_ms: int
    def __init__(self, memory_bytes: _Optional[int] = ..., active_calls: _Optional[int] = ..., queued_calls: _Optional[int] = ..., metrics: _Optional[_Iterable[_Union[Metric, _Mapping]]] = ..., unheeded_abort_ms: _Optional[int] = ...) -> None: ...

class Metric(_message.Message):
    __slots__ = ("name", "kind", "value")
    NAME_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    name: str
    kind: MetricKind
    value: float
    def __init__(self, name: _Optional[str] = ..., kind: _Optional[_Union[MetricKind, str]] = ..., value: _Optional[float] = ...) -> None: ...

class CloseRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class CloseResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Error(_message.Message):
    __slots__ = ("code", "message")
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    code: str
    message: str
    def __init__(self, code: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...

class Abort(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Tensor(_message.Message):
    __slots__ = ("dims", "data")
    DIMS_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    dims: _containers.RepeatedScalarFieldContainer[int]
    data: bytes
    def __init__(self, dims: _Optional[_Iterable[int]] = ..., data: _Optional[bytes] = ...) -> None: ...

class RgbImage(_message.Message):
    __slots__ = ("width", "height", "data")
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    width: int
    height: int
    data: bytes
    def __init__(self, width: _Optional[int] = ..., height: _Optional[int] = ..., data: _Optional[bytes] = ...) -> None: ...

class Mask(_message.Message):
    __slots__ = ("width", "height", "data")
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    width: int
    height: int
    data: bytes
    def __init__(self, width: _Optional[int] = ..., height: _Optional[int] = ..., data: _Optional[bytes] = ...) -> None: ...

class EmbeddingSpace(_message.Message):
    __slots__ = ("id", "dimension", "image_tokens")
    ID_FIELD_NUMBER: _ClassVar[int]
    DIMENSION_FIELD_NUMBER: _ClassVar[int]
    IMAGE_TOKENS_FIELD_NUMBER: _ClassVar[int]
    id: str
    dimension: int
    image_tokens: int
    def __init__(self, id: _Optional[str] = ..., dimension: _Optional[int] = ..., image_tokens: _Optional[int] = ...) -> None: ...

class ImageEmbeddings(_message.Message):
    __slots__ = ("space", "embeddings", "grid_thw")
    SPACE_FIELD_NUMBER: _ClassVar[int]
    EMBEDDINGS_FIELD_NUMBER: _ClassVar[int]
    GRID_THW_FIELD_NUMBER: _ClassVar[int]
    space: str
    embeddings: Tensor
    grid_thw: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, space: _Optional[str] = ..., embeddings: _Optional[_Union[Tensor, _Mapping]] = ..., grid_thw: _Optional[_Iterable[int]] = ...) -> None: ...

class Pixels(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Text(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class VisionEncoderCapabilities(_message.Message):
    __slots__ = ("space",)
    SPACE_FIELD_NUMBER: _ClassVar[int]
    space: EmbeddingSpace
    def __init__(self, space: _Optional[_Union[EmbeddingSpace, _Mapping]] = ...) -> None: ...

class EncodeCommand(_message.Message):
    __slots__ = ("start", "abort")
    START_FIELD_NUMBER: _ClassVar[int]
    ABORT_FIELD_NUMBER: _ClassVar[int]
    start: EncodeStart
    abort: Abort
    def __init__(self, start: _Optional[_Union[EncodeStart, _Mapping]] = ..., abort: _Optional[_Union[Abort, _Mapping]] = ...) -> None: ...

class EncodeStart(_message.Message):
    __slots__ = ("requests",)
    REQUESTS_FIELD_NUMBER: _ClassVar[int]
    requests: _containers.RepeatedCompositeFieldContainer[EncodeRequest]
    def __init__(self, requests: _Optional[_Iterable[_Union[EncodeRequest, _Mapping]]] = ...) -> None: ...

class EncodeRequest(_message.Message):
    __slots__ = ("image", "purpose")
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    image: RgbImage
    purpose: EncodePurpose
    def __init__(self, image: _Optional[_Union[RgbImage, _Mapping]] = ..., purpose: _Optional[_Union[EncodePurpose, str]] = ...) -> None: ...

class LanguageModelCapabilities(_message.Message):
    __slots__ = ("space", "pixels", "writes", "limits", "asks_for_pictures")
    SPACE_FIELD_NUMBER: _ClassVar[int]
    PIXELS_FIELD_NUMBER: _ClassVar[int]
    WRITES_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    ASKS_FOR_PICTURES_FIELD_NUMBER: _ClassVar[int]
    space: EmbeddingSpace
    pixels: Pixels
    writes: EmbeddingSpace
    limits: LanguageLimits
    asks_for_pictures: bool
    def __init__(self, space: _Optional[_Union[EmbeddingSpace, _Mapping]] = ..., pixels: _Optional[_Union[Pixels, _Mapping]] = ..., writes: _Optional[_Union[EmbeddingSpace, _Mapping]] = ..., limits: _Optional[_Union[LanguageLimits, _Mapping]] = ..., asks_for_pictures: bool = ...) -> None: ...

class LanguageLimits(_message.Message):
    __slots__ = ("context_length", "batch")
    CONTEXT_LENGTH_FIELD_NUMBER: _ClassVar[int]
    BATCH_FIELD_NUMBER: _ClassVar[int]
    context_length: int
    batch: int
    def __init__(self, context_length: _Optional[int] = ..., batch: _Optional[int] = ...) -> None: ...

class GenerateCommand(_message.Message):
    __slots__ = ("start", "abort")
    START_FIELD_NUMBER: _ClassVar[int]
    ABORT_FIELD_NUMBER: _ClassVar[int]
    start: GenerateStart
    abort: Abort
    def __init__(self, start: _Optional[_Union[GenerateStart, _Mapping]] = ..., abort: _Optional[_Union[Abort, _Mapping]] = ...) -> None: ...

class GenerateStart(_message.Message):
    __slots__ = ("requests",)
    REQUESTS_FIELD_NUMBER: _ClassVar[int]
    requests: _containers.RepeatedCompositeFieldContainer[GenerateRequest]
    def __init__(self, requests: _Optional[_Iterable[_Union[GenerateRequest, _Mapping]]] = ...) -> None: ...

class GenerateRequest(_message.Message):
    __slots__ = ("task", "messages", "sampling", "drawing")
    TASK_FIELD_NUMBER: _ClassVar[int]
    MESSAGES_FIELD_NUMBER: _ClassVar[int]
    SAMPLING_FIELD_NUMBER: _ClassVar[int]
    DRAWING_FIELD_NUMBER: _ClassVar[int]
    task: LanguageTask
    messages: _containers.RepeatedCompositeFieldContainer[ChatMessage]
    sampling: SamplingOptions
    drawing: DrawingOffer
    def __init__(self, task: _Optional[_Union[LanguageTask, str]] = ..., messages: _Optional[_Iterable[_Union[ChatMessage, _Mapping]]] = ..., sampling: _Optional[_Union[SamplingOptions, _Mapping]] = ..., drawing: _Optional[_Union[DrawingOffer, _Mapping]] = ...) -> None: ...

class DrawingOffer(_message.Message):
    __slots__ = ("edits",)
    EDITS_FIELD_NUMBER: _ClassVar[int]
    edits: bool
    def __init__(self, edits: bool = ...) -> None: ...

class ChatMessage(_message.Message):
    __slots__ = ("role", "parts")
    ROLE_FIELD_NUMBER: _ClassVar[int]
    PARTS_FIELD_NUMBER: _ClassVar[int]
    role: Role
    parts: _containers.RepeatedCompositeFieldContainer[ChatPart]
    def __init__(self, role: _Optional[_Union[Role, str]] = ..., parts: _Optional[_Iterable[_Union[ChatPart, _Mapping]]] = ...) -> None: ...

class ChatPart(_message.Message):
    __slots__ = ("text", "image", "pixels")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    PIXELS_FIELD_NUMBER: _ClassVar[int]
    text: str
    image: ImageEmbeddings
    pixels: RgbImage
    def __init__(self, text: _Optional[str] = ..., image: _Optional[_Union[ImageEmbeddings, _Mapping]] = ..., pixels: _Optional[_Union[RgbImage, _Mapping]] = ...) -> None: ...

class SamplingOptions(_message.Message):
    __slots__ = ("max_new_tokens", "temperature", "top_p", "top_k", "repetition_penalty", "seed", "stop")
    MAX_NEW_TOKENS_FIELD_NUMBER: _ClassVar[int]
    TEMPERATURE_FIELD_NUMBER: _ClassVar[int]
    TOP_P_FIELD_NUMBER: _ClassVar[int]
    TOP_K_FIELD_NUMBER: _ClassVar[int]
    REPETITION_PENALTY_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    STOP_FIELD_NUMBER: _ClassVar[int]
    max_new_tokens: int
    temperature: float
    top_p: float
    top_k: int
    repetition_penalty: float
    seed: int
    stop: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, max_new_tokens: _Optional[int] = ..., temperature: _Optional[float] = ..., top_p: _Optional[float] = ..., top_k: _Optional[int] = ..., repetition_penalty: _Optional[float] = ..., seed: _Optional[int] = ..., stop: _Optional[_Iterable[str]] = ...) -> None: ...

class GenerateEvent(_message.Message):
    __slots__ = ("index", "text", "image", "end", "error", "drawing")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    DRAWING_FIELD_NUMBER: _ClassVar[int]
    index: int
    text: str
    image: ImageEmbeddings
    end: GenerateEnd
    error: Error
    drawing: Drawing
    def __init__(self, index: _Optional[int] = ..., text: _Optional[str] = ..., image: _Optional[_Union[ImageEmbeddings, _Mapping]] = ..., end: _Optional[_Union[GenerateEnd, _Mapping]] = ..., error: _Optional[_Union[Error, _Mapping]] = ..., drawing: _Optional[_Union[Drawing, _Mapping]] = ...) -> None: ...

class Drawing(_message.Message):
    __slots__ = ("prompt", "edits")
    PROMPT_FIELD_NUMBER: _ClassVar[int]
    EDITS_FIELD_NUMBER: _ClassVar[int]
    prompt: str
    edits: bool
    def __init__(self, prompt: _Optional[str] = ..., edits: bool = ...) -> None: ...

class GenerateEnd(_message.Message):
    __slots__ = ("reason", "usage")
    REASON_FIELD_NUMBER: _ClassVar[int]
    USAGE_FIELD_NUMBER: _ClassVar[int]
    reason: EndReason
    usage: TokenUsage
    def __init__(self, reason: _Optional[_Union[EndReason, str]] = ..., usage: _Optional[_Union[TokenUsage, _Mapping]] = ...) -> None: ...

class TokenUsage(_message.Message):
    __slots__ = ("prompt_tokens", "completion_tokens")
    PROMPT_TOKENS_FIELD_NUMBER: _ClassVar[int]
    COMPLETION_TOKENS_FIELD_NUMBER: _ClassVar[int]
    prompt_tokens: int
    completion_tokens: int
    def __init__(self, prompt_tokens: _Optional[int] = ..., completion_tokens: _Optional[int] = ...) -> None: ...

class ImageDecoderCapabilities(_message.Message):
    __slots__ = ("condition_space", "condition_text", "reference_space", "reference_pixels", "supports", "limits", "defaults")
    CONDITION_SPACE_FIELD_NUMBER: _ClassVar[int]
    CONDITION_TEXT_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_SPACE_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_PIXELS_FIELD_NUMBER: _ClassVar[int]
    SUPPORTS_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    DEFAULTS_FIELD_NUMBER: _ClassVar[int]
    condition_space: EmbeddingSpace
    condition_text: Text
    reference_space: EmbeddingSpace
    reference_pixels: Pixels
    supports: DecoderSupport
    limits: DecoderLimits
    defaults: DecoderDefaults
    def __init__(self, condition_space: _Optional[_Union[EmbeddingSpace, _Mapping]] = ..., condition_text: _Optional[_Union[Text, _Mapping]] = ..., reference_space: _Optional[_Union[EmbeddingSpace, _Mapping]] = ..., reference_pixels: _Optional[_Union[Pixels, _Mapping]] = ..., supports: _Optional[_Union[DecoderSupport, _Mapping]] = ..., limits: _Optional[_Union[DecoderLimits, _Mapping]] = ..., defaults: _Optional[_Union[DecoderDefaults, _Mapping]] = ...) -> None: ...

class DecoderSupport(_message.Message):
    __slots__ = ("edit", "mask", "true_cfg", "preview", "batch")
    EDIT_FIELD_NUMBER: _ClassVar[int]
    MASK_FIELD_NUMBER: _ClassVar[int]
    TRUE_CFG_FIELD_NUMBER: _ClassVar[int]
    PREVIEW_FIELD_NUMBER: _ClassVar[int]
    BATCH_FIELD_NUMBER: _ClassVar[int]
    edit: bool
    mask: bool
    true_cfg: bool
    preview: PreviewKind
    batch: int
    def __init__(self, edit: bool = ..., mask: bool = ..., true_cfg: bool = ..., preview: _Optional[_Union[PreviewKind, str]] = ..., batch: _Optional[int] = ...) -> None: ...

class DecoderLimits(_message.Message):
    __slots__ = ("min_width", "min_height", "max_width", "max_height", "size_multiple", "max_steps")
    MIN_WIDTH_FIELD_NUMBER: _ClassVar[int]
    MIN_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    MAX_WIDTH_FIELD_NUMBER: _ClassVar[int]
    MAX_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    SIZE_MULTIPLE_FIELD_NUMBER: _ClassVar[int]
    MAX_STEPS_FIELD_NUMBER: _ClassVar[int]
    min_width: int
    min_height: int
    max_width: int
    max_height: int
    size_multiple: int
    max_steps: int
    def __init__(self, min_width: _Optional[int] = ..., min_height: _Optional[int] = ..., max_width: _Optional[int] = ..., max_height: _Optional[int] = ..., size_multiple: _Optional[int] = ..., max_steps: _Optional[int] = ...) -> None: ...

class DecoderDefaults(_message.Message):
    __slots__ = ("width", "height", "num_inference_steps", "guidance_scale", "true_cfg_scale")
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    NUM_INFERENCE_STEPS_FIELD_NUMBER: _ClassVar[int]
    GUIDANCE_SCALE_FIELD_NUMBER: _ClassVar[int]
    TRUE_CFG_SCALE_FIELD_NUMBER: _ClassVar[int]
    width: int
    height: int
    num_inference_steps: int
    guidance_scale: float
    true_cfg_scale: float
    def __init__(self, width: _Optional[int] = ..., height: _Optional[int] = ..., num_inference_steps: _Optional[int] = ..., guidance_scale: _Optional[float] = ..., true_cfg_scale: _Optional[float] = ...) -> None: ...

class DecodeCommand(_message.Message):
    __slots__ = ("start", "wishes", "abort")
    START_FIELD_NUMBER: _ClassVar[int]
    WISHES_FIELD_NUMBER: _ClassVar[int]
    ABORT_FIELD_NUMBER: _ClassVar[int]
    start: DecodeStart
    wishes: PreviewWishes
    abort: Abort
    def __init__(self, start: _Optional[_Union[DecodeStart, _Mapping]] = ..., wishes: _Optional[_Union[PreviewWishes, _Mapping]] = ..., abort: _Optional[_Union[Abort, _Mapping]] = ...) -> None: ...

class DecodeStart(_message.Message):
    __slots__ = ("request", "wishes")
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    WISHES_FIELD_NUMBER: _ClassVar[int]
    request: DecodeRequest
    wishes: PreviewWishes
    def __init__(self, request: _Optional[_Union[DecodeRequest, _Mapping]] = ..., wishes: _Optional[_Union[PreviewWishes, _Mapping]] = ...) -> None: ...

class DecodeRequest(_message.Message):
    __slots__ = ("embeddings", "text", "reference_embeddings", "reference_pixels", "width", "height", "num_inference_steps", "guidance_scale", "true_cfg_scale", "negative_prompt", "seed", "mask")
    EMBEDDINGS_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_EMBEDDINGS_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_PIXELS_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    NUM_INFERENCE_STEPS_FIELD_NUMBER: _ClassVar[int]
    GUIDANCE_SCALE_FIELD_NUMBER: _ClassVar[int]
    TRUE_CFG_SCALE_FIELD_NUMBER: _ClassVar[int]
    NEGATIVE_PROMPT_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    MASK_FIELD_NUMBER: _ClassVar[int]
    embeddings: ImageEmbeddings
    text: str
    reference_embeddings: ImageEmbeddings
    reference_pixels: RgbImage
    width: int
    height: int
    num_inference_steps: int
    guidance_scale: float
    true_cfg_scale: float
    negative_prompt: str
    seed: int
    mask: Mask
    def __init__(self, embeddings: _Optional[_Union[ImageEmbeddings, _Mapping]] = ..., text: _Optional[str] = ..., reference_embeddings: _Optional[_Union[ImageEmbeddings, _Mapping]] = ..., reference_pixels: _Optional[_Union[RgbImage, _Mapping]] = ..., width: _Optional[int] = ..., height: _Optional[int] = ..., num_inference_steps: _Optional[int] = ..., guidance_scale: _Optional[float] = ..., true_cfg_scale: _Optional[float] = ..., negative_prompt: _Optional[str] = ..., seed: _Optional[int] = ..., mask: _Optional[_Union[Mask, _Mapping]] = ...) -> None: ...

class PreviewWishes(_message.Message):
    __slots__ = ("every_steps", "max_size", "view")
    EVERY_STEPS_FIELD_NUMBER: _ClassVar[int]
    MAX_SIZE_FIELD_NUMBER: _ClassVar[int]
    VIEW_FIELD_NUMBER: _ClassVar[int]
    every_steps: _containers.RepeatedScalarFieldContainer[int]
    max_size: int
    view: PreviewView
    def __init__(self, every_steps: _Optional[_Iterable[int]] = ..., max_size: _Optional[int] = ..., view: _Optional[_Union[PreviewView, str]] = ...) -> None: ...

class DecodeEvent(_message.Message):
    __slots__ = ("step", "image")
    STEP_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    step: DecodeStep
    image: DecodedImage
    def __init__(self, step: _Optional[_Union[DecodeStep, _Mapping]] = ..., image: _Optional[_Union[DecodedImage, _Mapping]] = ...) -> None: ...

class DecodeStep(_message.Message):
    __slots__ = ("step_index", "sigma", "preview")
    STEP_INDEX_FIELD_NUMBER: _ClassVar[int]
    SIGMA_FIELD_NUMBER: _ClassVar[int]
    PREVIEW_FIELD_NUMBER: _ClassVar[int]
    step_index: int
    sigma: float
    preview: RgbImage
    def __init__(self, step_index: _Optional[int] = ..., sigma: _Optional[float] = ..., preview: _Optional[_Union[RgbImage, _Mapping]] = ...) -> None: ...

class DecodedImage(_message.Message):
    __slots__ = ("image", "timings")
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    TIMINGS_FIELD_NUMBER: _ClassVar[int]
    image: RgbImage
    timings: DecodeTimings
    def __init__(self, image: _Optional[_Union[RgbImage, _Mapping]] = ..., timings: _Optional[_Union[DecodeTimings, _Mapping]] = ...) -> None: ...

class DecodeTimings(_message.Message):
    __slots__ = ("denoise_ms", "vae_ms", "preview_ms")
    DENOISE_MS_FIELD_NUMBER: _ClassVar[int]
    VAE_MS_FIELD_NUMBER: _ClassVar[int]
    PREVIEW_MS_FIELD_NUMBER: _ClassVar[int]
    denoise_ms: float
    vae_ms: float
    preview_ms: float
    def __init__(self, denoise_ms: _Optional[float] = ..., vae_ms: _Optional[float] = ..., preview_ms: _Optional[float] = ...) -> None: ...
