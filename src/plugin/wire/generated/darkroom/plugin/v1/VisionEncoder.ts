// Original file: schema/plugin/v1/plugin.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { EncodeCommandInput as _darkroom_plugin_v1_EncodeCommandInput, EncodeCommand as _darkroom_plugin_v1_EncodeCommand } from '../../../darkroom/plugin/v1/EncodeCommand.js';
import type { ImageEmbeddingsInput as _darkroom_plugin_v1_ImageEmbeddingsInput, ImageEmbeddings as _darkroom_plugin_v1_ImageEmbeddings } from '../../../darkroom/plugin/v1/ImageEmbeddings.js';

export interface VisionEncoderClient extends grpc.Client {
  /**
   * One answer for each picture, in the order of the requests.
   */
  Encode(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_darkroom_plugin_v1_EncodeCommandInput, _darkroom_plugin_v1_ImageEmbeddings>;
  Encode(options?: grpc.CallOptions): grpc.ClientDuplexStream<_darkroom_plugin_v1_EncodeCommandInput, _darkroom_plugin_v1_ImageEmbeddings>;
  /**
   * One answer for each picture, in the order of the requests.
   */
  encode(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_darkroom_plugin_v1_EncodeCommandInput, _darkroom_plugin_v1_ImageEmbeddings>;
  encode(options?: grpc.CallOptions): grpc.ClientDuplexStream<_darkroom_plugin_v1_EncodeCommandInput, _darkroom_plugin_v1_ImageEmbeddings>;
  
}

export interface VisionEncoderHandlers extends grpc.UntypedServiceImplementation {
  /**
   * One answer for each picture, in the order of the requests.
   */
  Encode: grpc.handleBidiStreamingCall<_darkroom_plugin_v1_EncodeCommand, _darkroom_plugin_v1_ImageEmbeddingsInput>;
  
}

export interface VisionEncoderDefinition extends grpc.ServiceDefinition {
  Encode: MethodDefinition<_darkroom_plugin_v1_EncodeCommandInput, _darkroom_plugin_v1_ImageEmbeddingsInput, _darkroom_plugin_v1_EncodeCommand, _darkroom_plugin_v1_ImageEmbeddings>
}
