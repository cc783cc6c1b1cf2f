// Original file: schema/plugin/v1/plugin.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { DecodeCommandInput as _darkroom_plugin_v1_DecodeCommandInput, DecodeCommand as _darkroom_plugin_v1_DecodeCommand } from '../../../darkroom/plugin/v1/DecodeCommand.js';
import type { DecodeEventInput as _darkroom_plugin_v1_DecodeEventInput, DecodeEvent as _darkroom_plugin_v1_DecodeEvent } from '../../../darkroom/plugin/v1/DecodeEvent.js';

export interface ImageDecoderClient extends grpc.Client {
  /**
   * `start`, then `wishes` whenever they change. Answers a `step` after each step and one `image` at the end. A reader
   * that falls behind pauses the drawing (gRPC's flow control): nothing is lost and nothing piles up.
   */
  Decode(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_darkroom_plugin_v1_DecodeCommandInput, _darkroom_plugin_v1_DecodeEvent>;
  Decode(options?: grpc.CallOptions): grpc.ClientDuplexStream<_darkroom_plugin_v1_DecodeCommandInput, _darkroom_plugin_v1_DecodeEvent>;
  /**
   * `start`, then `wishes` whenever they change. Answers a `step` after each step and one `image` at the end. A reader
   * that falls behind pauses the drawing (gRPC's flow control): nothing is lost and nothing piles up.
   */
  decode(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_darkroom_plugin_v1_DecodeCommandInput, _darkroom_plugin_v1_DecodeEvent>;
  decode(options?: grpc.CallOptions): grpc.ClientDuplexStream<_darkroom_plugin_v1_DecodeCommandInput, _darkroom_plugin_v1_DecodeEvent>;
  
}

export interface ImageDecoderHandlers extends grpc.UntypedServiceImplementation {
  /**
   * `start`, then `wishes` whenever they change. Answers a `step` after each step and one `image` at the end. A reader
   * that falls behind pauses the drawing (gRPC's flow control): nothing is lost and nothing piles up.
   */
  Decode: grpc.handleBidiStreamingCall<_darkroom_plugin_v1_DecodeCommand, _darkroom_plugin_v1_DecodeEventInput>;
  
}

export interface ImageDecoderDefinition extends grpc.ServiceDefinition {
  Decode: MethodDefinition<_darkroom_plugin_v1_DecodeCommandInput, _darkroom_plugin_v1_DecodeEventInput, _darkroom_plugin_v1_DecodeCommand, _darkroom_plugin_v1_DecodeEvent>
}
