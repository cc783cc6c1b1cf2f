/** Serves one plugin on a Unix socket, and at an address if asked to: the plugin's end of schema/plugin/v1/plugin.proto. */
import { Server, ServerCredentials, status } from '@grpc/grpc-js';
import { resolve } from 'node:path';
import { isDeepStrictEqual, promisify } from 'node:util';
import { type ErrorCode, GatewayError } from '../../errors/index.js';
import { API_VERSIONS, type DefinedPlugin, type PluginHost, type PluginLog, type PluginOfKind } from '../contract.js';
import { type PluginInstance, welcomeToWire } from '../wire/capabilities.js';
import { codedError, hidesDetails, statusOf } from '../wire/errors.js';
import type * as wire from '../wire/messages.js';
import * as service from '../wire/service.js';
import { bearerOnly } from './bearer.js';
import { RunningCalls } from './calls.js';
import { decoderHandlers, encoderHandlers, type HandlerContext, languageHandlers } from './handlers.js';
import type { HostMetrics } from './metrics.js';

export interface PluginServer {
  /** Aborts what runs and closes the plugin; the second call gets the first one's promise. */
  readonly closePlugin: () => Promise<void>;
}

export interface ListenOptions {
  /** HOST:PORT */
  readonly address: string;
  /** What every call has to bring. */
  readonly token: string;
  /** PEM; plain text without it. */
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer };
}

export interface ServeOptions {
  readonly socketPath: string;
  readonly listen?: ListenOptions | undefined;
  readonly log: PluginLog;
  readonly metrics: HostMetrics;
  /** The plugin's own folder, absolute. */
  readonly folder: string;
  /** Aborted when the process is about to end. */
  readonly signal: AbortSignal;
}

export async function servePlugin(
  definition: DefinedPlugin,
  { socketPath, listen, log, metrics, folder, signal }: ServeOptions,
): Promise<PluginServer> {
  const calls = new RunningCalls();
  let instance: PluginInstance | undefined;
  /** What `instance` was made from. */
  let given: unknown;
  let closed: Promise<void> | undefined;

  const context: HandlerContext = {
    name: definition.name,
    calls,
    plugin<Kind extends PluginInstance['kind']>(kind: Kind) {
      if (instance?.kind !== kind)
        throw new GatewayError('PLUGIN_INVALID', 'There was no handshake with this process.');
      // TypeScript does not carry the narrowing of a union over to a type parameter.
      return instance.plugin as PluginOfKind[Kind];
    },
    logFailure(error) {
      const cause = error instanceof Error ? error.cause : undefined;
      log.error('A call failed.', {
        error: describe(error),
        ...(cause !== undefined && { cause: describe(cause) }),
      });
    },
  };

  async function shakeHands(request: wire.HandshakeRequest): Promise<wire.HandshakeResponseInput> {
    try {
      const apiVersion = commonVersion(definition, request.apiVersions);
      instance = await instanceFor(request);
      const { name, version } = definition;
      return { welcome: welcomeToWire({ apiVersion, name, version }, instance) };
    } catch (error) {
      if (hidesDetails(error)) context.logFailure(error);
      return { refusal: { error: codedError(error), apiVersions: [...definition.apiVersions] } };
    }
  }

  /** Made by the first handshake; kept for a later one that brings no options, or the same. */
  async function instanceFor({ optionsJson, optionsFolder, modelsFolder }: wire.HandshakeRequest) {
    if (optionsJson === '') return instance ?? refuse('PLUGIN_UNAVAILABLE', 'is not ready yet: it has no options');
    const options: unknown = JSON.parse(optionsJson);
    if (!instance) {
      const base = optionsFolder === '' ? process.cwd() : optionsFolder;
      instance = await create(definition, options, {
        ...{ log, metrics, folder, signal },
        modelsFolder: modelsFolder === '' ? null : modelsFolder,
        resolvePath: (path) => resolve(base, path),
      });
      given = options;
    }
    if (!isDeepStrictEqual(given, options)) refuse('CONFIG_INVALID', 'already runs with other options');
    return instance;
  }

  function refuse(code: ErrorCode, what: string): never {
    throw new GatewayError(code, `The process of plugin ${definition.name} ${what}.`);
  }

  function closePlugin(): Promise<void> {
    calls.abortAll();
    closed ??= instance?.plugin.close() ?? Promise.resolve();
    return closed;
  }

  const pluginHandlers: wire.PluginHandlers = {
    Handshake: (call, answer) => void shakeHands(call.request).then((response) => answer(null, response)),
    Health: (_call, answer) =>
      answer(null, {
        memoryBytes: process.memoryUsage.rss(),
        activeCalls: calls.size,
        metrics: metrics.toWire(),
        unheededAbortMs: calls.unheededAbortMs,
      }),
    Close: (_call, answer) =>
      void closePlugin().then(
        () => answer(null, {}),
        (error: unknown) => answer(statusOf(error)),
      ),
  };

  const own = new Server(service.CHANNEL_OPTIONS);
  addServices(own, definition.kind, pluginHandlers, context);
  await promisify(own.bindAsync.bind(own))(`unix:${socketPath}`, ServerCredentials.createInsecure());

  if (listen) {
    // The process ends by the will of whoever started it, not of a gateway that came by.
    const Close: wire.PluginHandlers['Close'] = (_call, answer) =>
      answer({ code: status.PERMISSION_DENIED, details: 'A gateway elsewhere cannot end this process.' });
    const open = new Server({ ...service.CHANNEL_OPTIONS, interceptors: [bearerOnly(listen.token)] });
    addServices(open, definition.kind, { ...pluginHandlers, Close }, context);
    await promisify(open.bindAsync.bind(open))(listen.address, credentialsOf(listen));
  }
  return { closePlugin };
}

function addServices(
  server: Server,
  kind: DefinedPlugin['kind'],
  pluginHandlers: wire.PluginHandlers,
  context: HandlerContext,
): void {
  server.addService(service.Plugin.service, pluginHandlers);
  switch (kind) {
    case 'vision-encoder':
      return server.addService(service.VisionEncoder.service, encoderHandlers(context));
    case 'language-model':
      return server.addService(service.LanguageModel.service, languageHandlers(context));
    case 'image-decoder':
      return server.addService(service.ImageDecoder.service, decoderHandlers(context));
  }
}

function credentialsOf({ tls }: ListenOptions): ServerCredentials {
  if (!tls) return ServerCredentials.createInsecure();
  return ServerCredentials.createSsl(null, [{ cert_chain: tls.cert, private_key: tls.key }]);
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
