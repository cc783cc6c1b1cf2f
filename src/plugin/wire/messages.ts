/** The wire's message types, by their names in schema/plugin/v1/plugin.proto; `…Input` is what may be written. */
export type { ChatPart, ChatPartInput } from './generated/darkroom/plugin/v1/ChatPart.js';
export type { DecodeCommand, DecodeCommandInput } from './generated/darkroom/plugin/v1/DecodeCommand.js';
export type { DecodeEvent, DecodeEventInput } from './generated/darkroom/plugin/v1/DecodeEvent.js';
export type { DecodeRequest, DecodeRequestInput } from './generated/darkroom/plugin/v1/DecodeRequest.js';
export type { DecodeStart, DecodeStartInput } from './generated/darkroom/plugin/v1/DecodeStart.js';
export type { DecoderSupport, DecoderSupportInput } from './generated/darkroom/plugin/v1/DecoderSupport.js';
export type { EmbeddingSpace, EmbeddingSpaceInput } from './generated/darkroom/plugin/v1/EmbeddingSpace.js';
export type { EncodeCommand, EncodeCommandInput } from './generated/darkroom/plugin/v1/EncodeCommand.js';
export type { EncodePurpose } from './generated/darkroom/plugin/v1/EncodePurpose.js';
export type { EncodeRequest, EncodeRequestInput } from './generated/darkroom/plugin/v1/EncodeRequest.js';
export type { EncodeStart, EncodeStartInput } from './generated/darkroom/plugin/v1/EncodeStart.js';
export type { EndReason } from './generated/darkroom/plugin/v1/EndReason.js';
export type { GenerateCommand, GenerateCommandInput } from './generated/darkroom/plugin/v1/GenerateCommand.js';
export type { GenerateEvent, GenerateEventInput } from './generated/darkroom/plugin/v1/GenerateEvent.js';
export type { GenerateRequest, GenerateRequestInput } from './generated/darkroom/plugin/v1/GenerateRequest.js';
export type { GenerateStart, GenerateStartInput } from './generated/darkroom/plugin/v1/GenerateStart.js';
export type { HandshakeRequest, HandshakeRequestInput } from './generated/darkroom/plugin/v1/HandshakeRequest.js';
export type { HandshakeResponse, HandshakeResponseInput } from './generated/darkroom/plugin/v1/HandshakeResponse.js';
export type { HealthResponse, HealthResponseInput } from './generated/darkroom/plugin/v1/HealthResponse.js';
export type { ImageDecoderClient, ImageDecoderHandlers } from './generated/darkroom/plugin/v1/ImageDecoder.js';
export type {
  ImageDecoderCapabilities,
  ImageDecoderCapabilitiesInput,
} from './generated/darkroom/plugin/v1/ImageDecoderCapabilities.js';
export type { ImageEmbeddings, ImageEmbeddingsInput } from './generated/darkroom/plugin/v1/ImageEmbeddings.js';
export type { LanguageModelClient, LanguageModelHandlers } from './generated/darkroom/plugin/v1/LanguageModel.js';
export type {
  LanguageModelCapabilities,
  LanguageModelCapabilitiesInput,
} from './generated/darkroom/plugin/v1/LanguageModelCapabilities.js';
export type { LanguageTask } from './generated/darkroom/plugin/v1/LanguageTask.js';
export type { Mask, MaskInput } from './generated/darkroom/plugin/v1/Mask.js';
export type { Metric, MetricInput } from './generated/darkroom/plugin/v1/Metric.js';
export type { PluginClient, PluginHandlers } from './generated/darkroom/plugin/v1/Plugin.js';
export type { PreviewKind } from './generated/darkroom/plugin/v1/PreviewKind.js';
export type { PreviewView } from './generated/darkroom/plugin/v1/PreviewView.js';
export type { PreviewWishes, PreviewWishesInput } from './generated/darkroom/plugin/v1/PreviewWishes.js';
export type { RgbImage, RgbImageInput } from './generated/darkroom/plugin/v1/RgbImage.js';
export type { Role } from './generated/darkroom/plugin/v1/Role.js';
export type { SamplingOptions, SamplingOptionsInput } from './generated/darkroom/plugin/v1/SamplingOptions.js';
export type { Tensor, TensorInput } from './generated/darkroom/plugin/v1/Tensor.js';
export type { VisionEncoderClient, VisionEncoderHandlers } from './generated/darkroom/plugin/v1/VisionEncoder.js';
export type { Welcome, WelcomeInput } from './generated/darkroom/plugin/v1/Welcome.js';
