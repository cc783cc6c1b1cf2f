/** The services and messages of schema/plugin/v1/plugin.proto, loaded once, and the settings both sides share. */
import { type ChannelOptions, loadPackageDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { join } from 'node:path';
import { packageRoot } from '../package-root.js';
import type { ProtoGrpcType } from './generated/plugin.js';

const definition = loadSync('plugin/v1/plugin.proto', {
  includeDirs: [join(packageRoot, 'schema')],
  // The same as in scripts/wire.mjs, which writes the types.
  longs: Number,
  enums: String,
  defaults: true,
  oneofs: true,
});

// The loader builds the classes at run time; the generated type says which.
const loaded = loadPackageDefinition(definition) as unknown as ProtoGrpcType;

export const { Plugin, VisionEncoder, LanguageModel, ImageDecoder } = loaded.darkroom.plugin.v1;

const MIB = 1024 * 1024;

export const CHANNEL_OPTIONS: ChannelOptions = {
  // A picture of 8192 x 8192 has 192 MiB; gRPC's own limit is 4.
  'grpc.max_receive_message_length': 256 * MIB,
  'grpc.max_send_message_length': 256 * MIB,
  // A tensor or preview passes without waiting for word from the other side; a reader that falls behind still pauses its
  // writer after this much. The default of 64 KiB made a preview of 1024 x 1024 take half as long again.
  'grpc-node.flow_control_window': MIB,
  'grpc.enable_http_proxy': 0,
  // A failed call is the task's to repeat, with a fresh preview and event log, never the transport's.
  'grpc.enable_retries': 0,
  'grpc.initial_reconnect_backoff_ms': 20,
  'grpc.max_reconnect_backoff_ms': 200,
  // Each host has a socket path of its own; nothing is gained by sharing connections among them.
  'grpc.use_local_subchannel_pool': 1,
};
