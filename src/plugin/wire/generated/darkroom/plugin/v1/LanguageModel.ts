// Original file: schema/plugin/v1/plugin.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { GenerateCommandInput as _darkroom_plugin_v1_GenerateCommandInput, GenerateCommand as _darkroom_plugin_v1_GenerateCommand } from '../../../darkroom/plugin/v1/GenerateCommand.js';
import type { GenerateEventInput as _darkroom_plugin_v1_GenerateEventInput, GenerateEvent as _darkroom_plugin_v1_GenerateEvent } from '../../../darkroom/plugin/v1/GenerateEvent.js';

export interface LanguageModelClient extends grpc.Client {
  /**
   * Runs all requests together. Every request ends with `end` or `error`; one that fails does not fail its neighbours.
   */
  Generate(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_darkroom_plugin_v1_GenerateCommandInput, _darkroom_plugin_v1_GenerateEvent>;
  Generate(options?: grpc.CallOptions): grpc.ClientDuplexStream<_darkroom_plugin_v1_GenerateCommandInput, _darkroom_plugin_v1_GenerateEvent>;
  /**
   * Runs all requests together. Every request ends with `end` or `error`; one that fails does not fail its neighbours.
   */
  generate(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_darkroom_plugin_v1_GenerateCommandInput, _darkroom_plugin_v1_GenerateEvent>;
  generate(options?: grpc.CallOptions): grpc.ClientDuplexStream<_darkroom_plugin_v1_GenerateCommandInput, _darkroom_plugin_v1_GenerateEvent>;
  
}

export interface LanguageModelHandlers extends grpc.UntypedServiceImplementation {
  /**
   * Runs all requests together. Every request ends with `end` or `error`; one that fails does not fail its neighbours.
   */
  Generate: grpc.handleBidiStreamingCall<_darkroom_plugin_v1_GenerateCommand, _darkroom_plugin_v1_GenerateEventInput>;
  
}

export interface LanguageModelDefinition extends grpc.ServiceDefinition {
  Generate: MethodDefinition<_darkroom_plugin_v1_GenerateCommandInput, _darkroom_plugin_v1_GenerateEventInput, _darkroom_plugin_v1_GenerateCommand, _darkroom_plugin_v1_GenerateEvent>
}
