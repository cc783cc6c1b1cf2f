// Original file: schema/plugin/v1/plugin.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { CloseRequestInput as _darkroom_plugin_v1_CloseRequestInput, CloseRequest as _darkroom_plugin_v1_CloseRequest } from '../../../darkroom/plugin/v1/CloseRequest.js';
import type { CloseResponseInput as _darkroom_plugin_v1_CloseResponseInput, CloseResponse as _darkroom_plugin_v1_CloseResponse } from '../../../darkroom/plugin/v1/CloseResponse.js';
import type { HandshakeRequestInput as _darkroom_plugin_v1_HandshakeRequestInput, HandshakeRequest as _darkroom_plugin_v1_HandshakeRequest } from '../../../darkroom/plugin/v1/HandshakeRequest.js';
import type { HandshakeResponseInput as _darkroom_plugin_v1_HandshakeResponseInput, HandshakeResponse as _darkroom_plugin_v1_HandshakeResponse } from '../../../darkroom/plugin/v1/HandshakeResponse.js';
import type { HealthRequestInput as _darkroom_plugin_v1_HealthRequestInput, HealthRequest as _darkroom_plugin_v1_HealthRequest } from '../../../darkroom/plugin/v1/HealthRequest.js';
import type { HealthResponseInput as _darkroom_plugin_v1_HealthResponseInput, HealthResponse as _darkroom_plugin_v1_HealthResponse } from '../../../darkroom/plugin/v1/HealthResponse.js';

export interface PluginClient extends grpc.Client {
  /**
   * The last call: the plugin frees what it holds and answers; then its standard input closes and the process ends.
   */
  Close(argument: _darkroom_plugin_v1_CloseRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_darkroom_plugin_v1_CloseResponse>): grpc.ClientUnaryCall;
  Close(argument: _darkroom_plugin_v1_CloseRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_darkroom_plugin_v1_CloseResponse>): grpc.ClientUnaryCall;
  Close(argument: _darkroom_plugin_v1_CloseRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_darkroom_plugin_v1_CloseResponse>): grpc.ClientUnaryCall;
  Close(argument: _darkroom_plugin_v1_CloseRequestInput, callback: grpc.requestCallback<_darkroom_plugin_v1_CloseResponse>): grpc.ClientUnaryCall;
  
  /**
   * The first call. It keeps its name and its fields in every later version, so that two programs which share no
   * version can still tell each other so. A process that was greeted already gives the same welcome again when it is
   * asked without options, and refuses other ones.
   */
  Handshake(argument: _darkroom_plugin_v1_HandshakeRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_darkroom_plugin_v1_HandshakeResponse>): grpc.ClientUnaryCall;
  Handshake(argument: _darkroom_plugin_v1_HandshakeRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_darkroom_plugin_v1_HandshakeResponse>): grpc.ClientUnaryCall;
  Handshake(argument: _darkroom_plugin_v1_HandshakeRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_darkroom_plugin_v1_HandshakeResponse>): grpc.ClientUnaryCall;
  Handshake(argument: _darkroom_plugin_v1_HandshakeRequestInput, callback: grpc.requestCallback<_darkroom_plugin_v1_HandshakeResponse>): grpc.ClientUnaryCall;
  /**
   * The first call. It keeps its name and its fields in every later version, so that two programs which share no
   * version can still tell each other so. A process that was greeted already gives the same welcome again when it is
   * asked without options, and refuses other ones.
   */
  handshake(argument: _darkroom_plugin_v1_HandshakeRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_darkroom_plugin_v1_HandshakeResponse>): grpc.ClientUnaryCall;
  handshake(argument: _darkroom_plugin_v1_HandshakeRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_darkroom_plugin_v1_HandshakeResponse>): grpc.ClientUnaryCall;
  handshake(argument: _darkroom_plugin_v1_HandshakeRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_darkroom_plugin_v1_HandshakeResponse>): grpc.ClientUnaryCall;
  handshake(argument: _darkroom_plugin_v1_HandshakeRequestInput, callback: grpc.requestCallback<_darkroom_plugin_v1_HandshakeResponse>): grpc.ClientUnaryCall;
  
  /**
   * Asked for every few seconds.
   */
  Health(argument: _darkroom_plugin_v1_HealthRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_darkroom_plugin_v1_HealthResponse>): grpc.ClientUnaryCall;
  Health(argument: _darkroom_plugin_v1_HealthRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_darkroom_plugin_v1_HealthResponse>): grpc.ClientUnaryCall;
  Health(argument: _darkroom_plugin_v1_HealthRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_darkroom_plugin_v1_HealthResponse>): grpc.ClientUnaryCall;
  Health(argument: _darkroom_plugin_v1_HealthRequestInput, callback: grpc.requestCallback<_darkroom_plugin_v1_HealthResponse>): grpc.ClientUnaryCall;
  /**
   * Asked for every few seconds.
   */
  health(argument: _darkroom_plugin_v1_HealthRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_darkroom_plugin_v1_HealthResponse>): grpc.ClientUnaryCall;
  health(argument: _darkroom_plugin_v1_HealthRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_darkroom_plugin_v1_HealthResponse>): grpc.ClientUnaryCall;
  health(argument: _darkroom_plugin_v1_HealthRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_darkroom_plugin_v1_HealthResponse>): grpc.ClientUnaryCall;
  health(argument: _darkroom_plugin_v1_HealthRequestInput, callback: grpc.requestCallback<_darkroom_plugin_v1_HealthResponse>): grpc.ClientUnaryCall;
  
}

export interface PluginHandlers extends grpc.UntypedServiceImplementation {
  /**
   * The last call: the plugin frees what it holds and answers; then its standard input closes and the process ends.
   */
  Close: grpc.handleUnaryCall<_darkroom_plugin_v1_CloseRequest, _darkroom_plugin_v1_CloseResponseInput>;
  
  /**
   * The first call. It keeps its name and its fields in every later version, so that two programs which share no
   * version can still tell each other so. A process that was greeted already gives the same welcome again when it is
   * asked without options, and refuses other ones.
   */
  Handshake: grpc.handleUnaryCall<_darkroom_plugin_v1_HandshakeRequest, _darkroom_plugin_v1_HandshakeResponseInput>;
  
  /**
   * Asked for every few seconds.
   */
  Health: grpc.handleUnaryCall<_darkroom_plugin_v1_HealthRequest, _darkroom_plugin_v1_HealthResponseInput>;
  
}

export interface PluginDefinition extends grpc.ServiceDefinition {
  Close: MethodDefinition<_darkroom_plugin_v1_CloseRequestInput, _darkroom_plugin_v1_CloseResponseInput, _darkroom_plugin_v1_CloseRequest, _darkroom_plugin_v1_CloseResponse>
  Handshake: MethodDefinition<_darkroom_plugin_v1_HandshakeRequestInput, _darkroom_plugin_v1_HandshakeResponseInput, _darkroom_plugin_v1_HandshakeRequest, _darkroom_plugin_v1_HandshakeResponse>
  Health: MethodDefinition<_darkroom_plugin_v1_HealthRequestInput, _darkroom_plugin_v1_HealthResponseInput, _darkroom_plugin_v1_HealthRequest, _darkroom_plugin_v1_HealthResponse>
}
