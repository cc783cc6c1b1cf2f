/** The gateway's end of the connection to one plugin process. */
import {
  type ChannelCredentials,
  connectivityState,
  credentials,
  InterceptingCall,
  type Interceptor,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import { GatewayError } from '../../errors/index.js';
import { API_VERSIONS } from '../contract.js';
import { type Introduction, welcomeFromWire } from '../wire/capabilities.js';
import { errorOfPlugin } from '../wire/errors.js';
import type * as wire from '../wire/messages.js';
import { CHANNEL_OPTIONS, ImageDecoder, LanguageModel, Plugin, VisionEncoder } from '../wire/service.js';
import { required } from '../wire/values.js';

/** A Unix socket of a process that was started here, or an address elsewhere. */
export type ConnectionTarget =
  | { readonly socketPath: string }
  | {
      /** HOST:PORT */
      readonly address: string;
      readonly token: string;
      /** Plain text without it. */
      readonly tls?: TlsOptions | undefined;
    };

export interface TlsOptions {
  /** PEM of the authorities that are trusted. Default: those of the system. */
  readonly ca?: Buffer | undefined;
  /** Name that the certificate has to bear. Default: the address's host. */
  readonly serverName?: string | undefined;
}

export interface HandshakeOptions {
  /** As the operator wrote them, for the plugin to validate, and the folders that go with them; none elsewhere. */
  readonly options?: {
    readonly options: unknown;
    readonly optionsFolder?: string;
    readonly modelsFolder?: string;
  };
  readonly deadline: Date;
  /** What to offer, newest first. */
  readonly apiVersions?: readonly string[];
}

export class HostConnection {
  readonly visionEncoder: wire.VisionEncoderClient;
  readonly languageModel: wire.LanguageModelClient;
  readonly imageDecoder: wire.ImageDecoderClient;
  readonly #plugin: wire.PluginClient;

  constructor(target: ConnectionTarget) {
    const address = 'socketPath' in target ? `unix:${target.socketPath}` : target.address;
    const secrecy = credentialsFor(target);
    const options =
      'socketPath' in target
        ? CHANNEL_OPTIONS
        : {
            ...CHANNEL_OPTIONS,
            interceptors: [bringToken(target.token)],
            ...(target.tls?.serverName !== undefined && { 'grpc.ssl_target_name_override': target.tls.serverName }),
          };
    this.#plugin = new Plugin(address, secrecy, options);
    // One connection serves all three.
    const shared = { ...options, channelOverride: this.#plugin.getChannel() };
    this.visionEncoder = new VisionEncoder(address, secrecy, shared);
    this.languageModel = new LanguageModel(address, secrecy, shared);
    this.imageDecoder = new ImageDecoder(address, secrecy, shared);
  }

  /**
   * Learns who the process is; with options, waits until it listens.
   *
   * @param name what the configuration calls the plugin
   * @throws {GatewayError} the plugin's own refusal; PLUGIN_VERSION, PLUGIN_INVALID for an answer that does not hold
   * @throws {ServiceError} when the deadline passes or the connection breaks
   */
  async handshake(
    name: string,
    { options: given, deadline, apiVersions = API_VERSIONS }: HandshakeOptions,
  ): Promise<Introduction> {
    const request = {
      apiVersions: [...apiVersions],
      ...(given && { ...given, optionsJson: JSON.stringify(given.options ?? {}) }),
    };
    // What runs elsewhere listens already, or is told at once to be away.
    const metadata = new Metadata({ waitForReady: given !== undefined });
    const { welcome, refusal } = await unary<wire.HandshakeResponse>((done) =>
      this.#plugin.Handshake(request, metadata, { deadline }, done),
    );
    if (refusal) {
      const { code, message } = required(refusal.error, 'error');
      throw errorOfPlugin(code, message, name);
    }
    const introduction = welcomeFromWire(required(welcome, 'result'));
    if (!apiVersions.includes(introduction.apiVersion)) {
      throw new GatewayError(
        'PLUGIN_VERSION',
        `The gateway offered version ${apiVersions.join(', ')} of the plugin API; plugin ${name} answered ${introduction.apiVersion}.`,
        { plugin: name },
      );
    }
    return introduction;
  }

  health(deadline: Date): Promise<wire.HealthResponse> {
    return unary((done) => this.#plugin.Health({}, { deadline }, done));
  }

  async closePlugin(deadline: Date): Promise<void> {
    await unary((done) => this.#plugin.Close({}, { deadline }, done));
  }

  /** Settles when the connection that is there breaks, also while nothing is sent. */
  disconnected(): Promise<void> {
    const channel = this.#plugin.getChannel();
    return new Promise((resolve) => {
      channel.watchConnectivityState(connectivityState.READY, Number.POSITIVE_INFINITY, () => resolve());
    });
  }

  dispose(): void {
    // Not the client's own close(): the contract's Close has taken its name.
    this.#plugin.getChannel().close();
  }
}

function credentialsFor(target: ConnectionTarget): ChannelCredentials {
  if ('socketPath' in target || !target.tls) return credentials.createInsecure();
  return credentials.createSsl(target.tls.ca ?? null);
}

/** gRPC's own call credentials refuse to travel in plain text, which an operator may want on a network of their own. */
function bringToken(token: string): Interceptor {
  return (options, nextCall) =>
    new InterceptingCall(nextCall(options), {
      start(metadata, listener, next) {
        metadata.set('authorization', `Bearer ${token}`);
        next(metadata, listener);
      },
    });
}

function unary<Response>(
  send: (done: (error: ServiceError | null, response?: Response) => void) => void,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    send((error, response) => {
      if (error || response === undefined)
        reject(error ?? new TypeError('gRPC answered with neither error nor response.'));
      else resolve(response);
    });
  });
}
