/** Serves one plugin on a Unix socket: the plugin's end of schema/plugin/v1/plugin.proto. */
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { promisify } from 'node:util';
import { GatewayError } from '../../errors/index.js';
import { API_VERSIONS, type DefinedPlugin, type PluginHost, type PluginOfKind } from '../contract.js';
import { type PluginInstance, welcomeToWire } from '../wire/capabilities.js';
import { codedError, hidesDetails, statusOf } from '../wire/errors.js';
import type * as wire from '../wire/messages.js';
import * as service from '../wire/service.js';
import { RunningCalls } from './calls.js';
import { decoderHandlers, encoderHandlers, type HandlerContext, languageHandlers } from './handlers.js';

export interface PluginServer {
  /** Aborts what runs and closes the plugin; the second call gets the first one's promise. */
  readonly closePlugin: () => Promise<void>;
}

/** @param host what the plugin gets from its host */
export async function servePlugin(
  definition: DefinedPlugin,
  socketPath: string,
  host: PluginHost,
): Promise<PluginServer> {
  const calls = new RunningCalls();
  let instance: PluginInstance | undefined;
  let closed: Promise<void> | undefined;

  const context: HandlerContext = {
    calls,
    plugin<Kind extends PluginInstance['kind']>(kind: Kind) {
      if (instance?.kind !== kind)
        throw new GatewayError('PLUGIN_INVALID', 'There was no handshake with this process.');
      // TypeScript does not carry the narrowing of a union over to a type parameter.
      return instance.plugin as PluginOfKind[Kind];
    },
    logFailure(error) {
      const cause = error instanceof Error ? error.cause : undefined;
      host.log.error('A call failed.', {
        error: describe(error),
        ...(cause !== undefined && { cause: describe(cause) }),
      });
    },
  };

  async function shakeHands(request: wire.HandshakeRequest): Promise<wire.HandshakeResponseInput> {
    try {
      const apiVersion = commonVersion(definition, request.apiVersions);
      if (instance) throw new GatewayError('PLUGIN_INVALID', 'The handshake of this process is over.');
      instance = await create(definition, JSON.parse(request.optionsJson), host);
      const { name, version } = definition;
      return { welcome: welcomeToWire({ apiVersion, name, version }, instance) };
    } catch (error) {
      if (hidesDetails(error)) context.logFailure(error);
      return { refusal: { error: codedError(error), apiVersions: [...definition.apiVersions] } };
    }
  }

  function closePlugin(): Promise<void> {
    calls.abortAll();
    closed ??= instance?.plugin.close() ?? Promise.resolve();
    return closed;
  }

  const pluginHandlers: wire.PluginHandlers = {
    Handshake: (call, answer) => void shakeHands(call.request).then((response) => answer(null, response)),
    Health: (_call, answer) => answer(null, { memoryBytes: process.memoryUsage.rss(), activeCalls: calls.size }),
    Close: (_call, answer) =>
      void closePlugin().then(
        () => answer(null, {}),
        (error: unknown) => answer(statusOf(error)),
      ),
  };

  const server = new Server(service.CHANNEL_OPTIONS);
  server.addService(service.Plugin.service, pluginHandlers);
  switch (definition.kind) {
    case 'vision-encoder':
      server.addService(service.VisionEncoder.service, encoderHandlers(context));
      break;
    case 'language-model':
      server.addService(service.LanguageModel.service, languageHandlers(context));
      break;
    case 'image-decoder':
      server.addService(service.ImageDecoder.service, decoderHandlers(context));
      break;
  }
  await promisify(server.bindAsync.bind(server))(`unix:${socketPath}`, ServerCredentials.createInsecure());
  return { closePlugin };
}

/** The newest version that gateway, plugin and this host speak. */
function commonVersion({ name, apiVersions }: DefinedPlugin, offered: readonly string[]): string {
  const common = offered.find((version) => apiVersions.includes(version) && API_VERSIONS.includes(version));
  if (common !== undefined) return common;
  throw new GatewayError(
    'PLUGIN_VERSION',
    `The gateway speaks version ${offered.join(', ')} of the plugin API, plugin ${name} version ${apiVersions.join(', ')}. Update the older of the two.`,
  );
}

async function create(definition: DefinedPlugin, options: unknown, host: PluginHost): Promise<PluginInstance> {
  switch (definition.kind) {
    case 'vision-encoder':
      return { kind: definition.kind, plugin: await definition.create(options, host) };
    case 'language-model':
      return { kind: definition.kind, plugin: await definition.create(options, host) };
    case 'image-decoder':
      return { kind: definition.kind, plugin: await definition.create(options, host) };
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
