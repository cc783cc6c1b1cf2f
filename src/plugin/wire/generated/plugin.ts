import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { AbortInput as _darkroom_plugin_v1_AbortInput, Abort as _darkroom_plugin_v1_Abort } from './darkroom/plugin/v1/Abort.js';
import type { ChatMessageInput as _darkroom_plugin_v1_ChatMessageInput, ChatMessage as _darkroom_plugin_v1_ChatMessage } from './darkroom/plugin/v1/ChatMessage.js';
import type { ChatPartInput as _darkroom_plugin_v1_ChatPartInput, ChatPart as _darkroom_plugin_v1_ChatPart } from './darkroom/plugin/v1/ChatPart.js';
import type { CloseRequestInput as _darkroom_plugin_v1_CloseRequestInput, CloseRequest as _darkroom_plugin_v1_CloseRequest } from './darkroom/plugin/v1/CloseRequest.js';
import type { CloseResponseInput as _darkroom_plugin_v1_CloseResponseInput, CloseResponse as _darkroom_plugin_v1_CloseResponse } from './darkroom/plugin/v1/CloseResponse.js';
import type { DecodeCommandInput as _darkroom_plugin_v1_DecodeCommandInput, DecodeCommand as _darkroom_plugin_v1_DecodeCommand } from './darkroom/plugin/v1/DecodeCommand.js';
import type { DecodeEventInput as _darkroom_plugin_v1_DecodeEventInput, DecodeEvent as _darkroom_plugin_v1_DecodeEvent } from './darkroom/plugin/v1/DecodeEvent.js';
import type { DecodeRequestInput as _darkroom_plugin_v1_DecodeRequestInput, DecodeRequest as _darkroom_plugin_v1_DecodeRequest } from './darkroom/plugin/v1/DecodeRequest.js';
import type { DecodeStartInput as _darkroom_plugin_v1_DecodeStartInput, DecodeStart as _darkroom_plugin_v1_DecodeStart } from './darkroom/plugin/v1/DecodeStart.js';
import type { DecodeStepInput as _darkroom_plugin_v1_DecodeStepInput, DecodeStep as _darkroom_plugin_v1_DecodeStep } from './darkroom/plugin/v1/DecodeStep.js';
import type { DecodeTimingsInput as _darkroom_plugin_v1_DecodeTimingsInput, DecodeTimings as _darkroom_plugin_v1_DecodeTimings } from './darkroom/plugin/v1/DecodeTimings.js';
import type { DecodedImageInput as _darkroom_plugin_v1_DecodedImageInput, DecodedImage as _darkroom_plugin_v1_DecodedImage } from './darkroom/plugin/v1/DecodedImage.js';
import type { DecoderDefaultsInput as _darkroom_plugin_v1_DecoderDefaultsInput, DecoderDefaults as _darkroom_plugin_v1_DecoderDefaults } from './darkroom/plugin/v1/DecoderDefaults.js';
import type { DecoderLimitsInput as _darkroom_plugin_v1_DecoderLimitsInput, DecoderLimits as _darkroom_plugin_v1_DecoderLimits } from './darkroom/plugin/v1/DecoderLimits.js';
import type { DecoderSupportInput as _darkroom_plugin_v1_DecoderSupportInput, DecoderSupport as _darkroom_plugin_v1_DecoderSupport } from './darkroom/plugin/v1/DecoderSupport.js';
import type { DrawingInput as _darkroom_plugin_v1_DrawingInput, Drawing as _darkroom_plugin_v1_Drawing } from './darkroom/plugin/v1/Drawing.js';
import type { DrawingOfferInput as _darkroom_plugin_v1_DrawingOfferInput, DrawingOffer as _darkroom_plugin_v1_DrawingOffer } from './darkroom/plugin/v1/DrawingOffer.js';
import type { EmbeddingSpaceInput as _darkroom_plugin_v1_EmbeddingSpaceInput, EmbeddingSpace as _darkroom_plugin_v1_EmbeddingSpace } from './darkroom/plugin/v1/EmbeddingSpace.js';
import type { EncodeCommandInput as _darkroom_plugin_v1_EncodeCommandInput, EncodeCommand as _darkroom_plugin_v1_EncodeCommand } from './darkroom/plugin/v1/EncodeCommand.js';
import type { EncodeRequestInput as _darkroom_plugin_v1_EncodeRequestInput, EncodeRequest as _darkroom_plugin_v1_EncodeRequest } from './darkroom/plugin/v1/EncodeRequest.js';
import type { EncodeStartInput as _darkroom_plugin_v1_EncodeStartInput, EncodeStart as _darkroom_plugin_v1_EncodeStart } from './darkroom/plugin/v1/EncodeStart.js';
import type { ErrorInput as _darkroom_plugin_v1_ErrorInput, Error as _darkroom_plugin_v1_Error } from './darkroom/plugin/v1/Error.js';
import type { GenerateCommandInput as _darkroom_plugin_v1_GenerateCommandInput, GenerateCommand as _darkroom_plugin_v1_GenerateCommand } from './darkroom/plugin/v1/GenerateCommand.js';
import type { GenerateEndInput as _darkroom_plugin_v1_GenerateEndInput, GenerateEnd as _darkroom_plugin_v1_GenerateEnd } from './darkroom/plugin/v1/GenerateEnd.js';
import type { GenerateEventInput as _darkroom_plugin_v1_GenerateEventInput, GenerateEvent as _darkroom_plugin_v1_GenerateEvent } from './darkroom/plugin/v1/GenerateEvent.js';
import type { GenerateRequestInput as _darkroom_plugin_v1_GenerateRequestInput, GenerateRequest as _darkroom_plugin_v1_GenerateRequest } from './darkroom/plugin/v1/GenerateRequest.js';
import type { GenerateStartInput as _darkroom_plugin_v1_GenerateStartInput, GenerateStart as _darkroom_plugin_v1_GenerateStart } from './darkroom/plugin/v1/GenerateStart.js';
import type { HandshakeRequestInput as _darkroom_plugin_v1_HandshakeRequestInput, HandshakeRequest as _darkroom_plugin_v1_HandshakeRequest } from './darkroom/plugin/v1/HandshakeRequest.js';
import type { HandshakeResponseInput as _darkroom_plugin_v1_HandshakeResponseInput, HandshakeResponse as _darkroom_plugin_v1_HandshakeResponse } from './darkroom/plugin/v1/HandshakeResponse.js';
import type { HealthRequestInput as _darkroom_plugin_v1_HealthRequestInput, HealthRequest as _darkroom_plugin_v1_HealthRequest } from './darkroom/plugin/v1/HealthRequest.js';
import type { HealthResponseInput as _darkroom_plugin_v1_HealthResponseInput, HealthResponse as _darkroom_plugin_v1_HealthResponse } from './darkroom/plugin/v1/HealthResponse.js';
import type { ImageDecoderClient as _darkroom_plugin_v1_ImageDecoderClient, ImageDecoderDefinition as _darkroom_plugin_v1_ImageDecoderDefinition } from './darkroom/plugin/v1/ImageDecoder.js';
import type { ImageDecoderCapabilitiesInput as _darkroom_plugin_v1_ImageDecoderCapabilitiesInput, ImageDecoderCapabilities as _darkroom_plugin_v1_ImageDecoderCapabilities } from './darkroom/plugin/v1/ImageDecoderCapabilities.js';
import type { ImageEmbeddingsInput as _darkroom_plugin_v1_ImageEmbeddingsInput, ImageEmbeddings as _darkroom_plugin_v1_ImageEmbeddings } from './darkroom/plugin/v1/ImageEmbeddings.js';
import type { LanguageLimitsInput as _darkroom_plugin_v1_LanguageLimitsInput, LanguageLimits as _darkroom_plugin_v1_LanguageLimits } from './darkroom/plugin/v1/LanguageLimits.js';
import type { LanguageModelClient as _darkroom_plugin_v1_LanguageModelClient, LanguageModelDefinition as _darkroom_plugin_v1_LanguageModelDefinition } from './darkroom/plugin/v1/LanguageModel.js';
import type { LanguageModelCapabilitiesInput as _darkroom_plugin_v1_LanguageModelCapabilitiesInput, LanguageModelCapabilities as _darkroom_plugin_v1_LanguageModelCapabilities } from './darkroom/plugin/v1/LanguageModelCapabilities.js';
import type { MaskInput as _darkroom_plugin_v1_MaskInput, Mask as _darkroom_plugin_v1_Mask } from './darkroom/plugin/v1/Mask.js';
import type { MetricInput as _darkroom_plugin_v1_MetricInput, Metric as _darkroom_plugin_v1_Metric } from './darkroom/plugin/v1/Metric.js';
import type { PixelsInput as _darkroom_plugin_v1_PixelsInput, Pixels as _darkroom_plugin_v1_Pixels } from './darkroom/plugin/v1/Pixels.js';
import type { PluginClient as _darkroom_plugin_v1_PluginClient, PluginDefinition as _darkroom_plugin_v1_PluginDefinition } from './darkroom/plugin/v1/Plugin.js';
import type { PreviewWishesInput as _darkroom_plugin_v1_PreviewWishesInput, PreviewWishes as _darkroom_plugin_v1_PreviewWishes } from './darkroom/plugin/v1/PreviewWishes.js';
import type { RefusalInput as _darkroom_plugin_v1_RefusalInput, Refusal as _darkroom_plugin_v1_Refusal } from './darkroom/plugin/v1/Refusal.js';
import type { RgbImageInput as _darkroom_plugin_v1_RgbImageInput, RgbImage as _darkroom_plugin_v1_RgbImage } from './darkroom/plugin/v1/RgbImage.js';
import type { SamplingOptionsInput as _darkroom_plugin_v1_SamplingOptionsInput, SamplingOptions as _darkroom_plugin_v1_SamplingOptions } from './darkroom/plugin/v1/SamplingOptions.js';
import type { TensorInput as _darkroom_plugin_v1_TensorInput, Tensor as _darkroom_plugin_v1_Tensor } from './darkroom/plugin/v1/Tensor.js';
import type { TextInput as _darkroom_plugin_v1_TextInput, Text as _darkroom_plugin_v1_Text } from './darkroom/plugin/v1/Text.js';
import type { TokenUsageInput as _darkroom_plugin_v1_TokenUsageInput, TokenUsage as _darkroom_plugin_v1_TokenUsage } from './darkroom/plugin/v1/TokenUsage.js';
import type { VisionEncoderClient as _darkroom_plugin_v1_VisionEncoderClient, VisionEncoderDefinition as _darkroom_plugin_v1_VisionEncoderDefinition } from './darkroom/plugin/v1/VisionEncoder.js';
import type { VisionEncoderCapabilitiesInput as _darkroom_plugin_v1_VisionEncoderCapabilitiesInput, VisionEncoderCapabilities as _darkroom_plugin_v1_VisionEncoderCapabilities } from './darkroom/plugin/v1/VisionEncoderCapabilities.js';
import type { WelcomeInput as _darkroom_plugin_v1_WelcomeInput, Welcome as _darkroom_plugin_v1_Welcome } from './darkroom/plugin/v1/Welcome.js';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  darkroom: {
    plugin: {
      v1: {
        Abort: MessageTypeDefinition<_darkroom_plugin_v1_AbortInput, _darkroom_plugin_v1_Abort>
        ChatMessage: MessageTypeDefinition<_darkroom_plugin_v1_ChatMessageInput, _darkroom_plugin_v1_ChatMessage>
        ChatPart: MessageTypeDefinition<_darkroom_plugin_v1_ChatPartInput, _darkroom_plugin_v1_ChatPart>
        CloseRequest: MessageTypeDefinition<_darkroom_plugin_v1_CloseRequestInput, _darkroom_plugin_v1_CloseRequest>
        CloseResponse: MessageTypeDefinition<_darkroom_plugin_v1_CloseResponseInput, _darkroom_plugin_v1_CloseResponse>
        DecodeCommand: MessageTypeDefinition<_darkroom_plugin_v1_DecodeCommandInput, _darkroom_plugin_v1_DecodeCommand>
        DecodeEvent: MessageTypeDefinition<_darkroom_plugin_v1_DecodeEventInput, _darkroom_plugin_v1_DecodeEvent>
        DecodeRequest: MessageTypeDefinition<_darkroom_plugin_v1_DecodeRequestInput, _darkroom_plugin_v1_DecodeRequest>
        DecodeStart: MessageTypeDefinition<_darkroom_plugin_v1_DecodeStartInput, _darkroom_plugin_v1_DecodeStart>
        DecodeStep: MessageTypeDefinition<_darkroom_plugin_v1_DecodeStepInput, _darkroom_plugin_v1_DecodeStep>
        DecodeTimings: MessageTypeDefinition<_darkroom_plugin_v1_DecodeTimingsInput, _darkroom_plugin_v1_DecodeTimings>
        DecodedImage: MessageTypeDefinition<_darkroom_plugin_v1_DecodedImageInput, _darkroom_plugin_v1_DecodedImage>
        DecoderDefaults: MessageTypeDefinition<_darkroom_plugin_v1_DecoderDefaultsInput, _darkroom_plugin_v1_DecoderDefaults>
        DecoderLimits: MessageTypeDefinition<_darkroom_plugin_v1_DecoderLimitsInput, _darkroom_plugin_v1_DecoderLimits>
        DecoderSupport: MessageTypeDefinition<_darkroom_plugin_v1_DecoderSupportInput, _darkroom_plugin_v1_DecoderSupport>
        Drawing: MessageTypeDefinition<_darkroom_plugin_v1_DrawingInput, _darkroom_plugin_v1_Drawing>
        DrawingOffer: MessageTypeDefinition<_darkroom_plugin_v1_DrawingOfferInput, _darkroom_plugin_v1_DrawingOffer>
        EmbeddingSpace: MessageTypeDefinition<_darkroom_plugin_v1_EmbeddingSpaceInput, _darkroom_plugin_v1_EmbeddingSpace>
        EncodeCommand: MessageTypeDefinition<_darkroom_plugin_v1_EncodeCommandInput, _darkroom_plugin_v1_EncodeCommand>
        EncodePurpose: EnumTypeDefinition
        EncodeRequest: MessageTypeDefinition<_darkroom_plugin_v1_EncodeRequestInput, _darkroom_plugin_v1_EncodeRequest>
        EncodeStart: MessageTypeDefinition<_darkroom_plugin_v1_EncodeStartInput, _darkroom_plugin_v1_EncodeStart>
        EndReason: EnumTypeDefinition
        Error: MessageTypeDefinition<_darkroom_plugin_v1_ErrorInput, _darkroom_plugin_v1_Error>
        GenerateCommand: MessageTypeDefinition<_darkroom_plugin_v1_GenerateCommandInput, _darkroom_plugin_v1_GenerateCommand>
        GenerateEnd: MessageTypeDefinition<_darkroom_plugin_v1_GenerateEndInput, _darkroom_plugin_v1_GenerateEnd>
        GenerateEvent: MessageTypeDefinition<_darkroom_plugin_v1_GenerateEventInput, _darkroom_plugin_v1_GenerateEvent>
        GenerateRequest: MessageTypeDefinition<_darkroom_plugin_v1_GenerateRequestInput, _darkroom_plugin_v1_GenerateRequest>
        GenerateStart: MessageTypeDefinition<_darkroom_plugin_v1_GenerateStartInput, _darkroom_plugin_v1_GenerateStart>
        HandshakeRequest: MessageTypeDefinition<_darkroom_plugin_v1_HandshakeRequestInput, _darkroom_plugin_v1_HandshakeRequest>
        HandshakeResponse: MessageTypeDefinition<_darkroom_plugin_v1_HandshakeResponseInput, _darkroom_plugin_v1_HandshakeResponse>
        HealthRequest: MessageTypeDefinition<_darkroom_plugin_v1_HealthRequestInput, _darkroom_plugin_v1_HealthRequest>
        HealthResponse: MessageTypeDefinition<_darkroom_plugin_v1_HealthResponseInput, _darkroom_plugin_v1_HealthResponse>
        ImageDecoder: SubtypeConstructor<typeof grpc.Client, _darkroom_plugin_v1_ImageDecoderClient> & { service: _darkroom_plugin_v1_ImageDecoderDefinition }
        ImageDecoderCapabilities: MessageTypeDefinition<_darkroom_plugin_v1_ImageDecoderCapabilitiesInput, _darkroom_plugin_v1_ImageDecoderCapabilities>
        ImageEmbeddings: MessageTypeDefinition<_darkroom_plugin_v1_ImageEmbeddingsInput, _darkroom_plugin_v1_ImageEmbeddings>
        LanguageLimits: MessageTypeDefinition<_darkroom_plugin_v1_LanguageLimitsInput, _darkroom_plugin_v1_LanguageLimits>
        LanguageModel: SubtypeConstructor<typeof grpc.Client, _darkroom_plugin_v1_LanguageModelClient> & { service: _darkroom_plugin_v1_LanguageModelDefinition }
        LanguageModelCapabilities: MessageTypeDefinition<_darkroom_plugin_v1_LanguageModelCapabilitiesInput, _darkroom_plugin_v1_LanguageModelCapabilities>
        LanguageTask: EnumTypeDefinition
        Mask: MessageTypeDefinition<_darkroom_plugin_v1_MaskInput, _darkroom_plugin_v1_Mask>
        Metric: MessageTypeDefinition<_darkroom_plugin_v1_MetricInput, _darkroom_plugin_v1_Metric>
        MetricKind: EnumTypeDefinition
        Pixels: MessageTypeDefinition<_darkroom_plugin_v1_PixelsInput, _darkroom_plugin_v1_Pixels>
        Plugin: SubtypeConstructor<typeof grpc.Client, _darkroom_plugin_v1_PluginClient> & { service: _darkroom_plugin_v1_PluginDefinition }
        PreviewKind: EnumTypeDefinition
        PreviewView: EnumTypeDefinition
        PreviewWishes: MessageTypeDefinition<_darkroom_plugin_v1_PreviewWishesInput, _darkroom_plugin_v1_PreviewWishes>
        Refusal: MessageTypeDefinition<_darkroom_plugin_v1_RefusalInput, _darkroom_plugin_v1_Refusal>
        RgbImage: MessageTypeDefinition<_darkroom_plugin_v1_RgbImageInput, _darkroom_plugin_v1_RgbImage>
        Role: EnumTypeDefinition
        SamplingOptions: MessageTypeDefinition<_darkroom_plugin_v1_SamplingOptionsInput, _darkroom_plugin_v1_SamplingOptions>
        Tensor: MessageTypeDefinition<_darkroom_plugin_v1_TensorInput, _darkroom_plugin_v1_Tensor>
        Text: MessageTypeDefinition<_darkroom_plugin_v1_TextInput, _darkroom_plugin_v1_Text>
        TokenUsage: MessageTypeDefinition<_darkroom_plugin_v1_TokenUsageInput, _darkroom_plugin_v1_TokenUsage>
        VisionEncoder: SubtypeConstructor<typeof grpc.Client, _darkroom_plugin_v1_VisionEncoderClient> & { service: _darkroom_plugin_v1_VisionEncoderDefinition }
        VisionEncoderCapabilities: MessageTypeDefinition<_darkroom_plugin_v1_VisionEncoderCapabilitiesInput, _darkroom_plugin_v1_VisionEncoderCapabilities>
        Welcome: MessageTypeDefinition<_darkroom_plugin_v1_WelcomeInput, _darkroom_plugin_v1_Welcome>
      }
    }
  }
}

