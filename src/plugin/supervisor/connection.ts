/** The gateway's end of the connection to one plugin process. */
import { credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { GatewayError } from '../../errors/index.js';
import { API_VERSIONS } from '../contract.js';
import { type Introduction, welcomeFromWire } from '../wire/capabilities.js';
import { errorOfPlugin } from '../wire/errors.js';
import type * as wire from '../wire/messages.js';
import { CHANNEL_OPTIONS, ImageDecoder, LanguageModel, Plugin, VisionEncoder } from '../wire/service.js';
import { required } from '../wire/values.js';

export class HostConnection {
  readonly visionEncoder: wire.VisionEncoderClient;
  readonly languageModel: wire.LanguageModelClient;
  readonly imageDecoder: wire.ImageDecoderClient;
  readonly #plugin: wire.PluginClient;

  constructor(socketPath: string) {
    const address = `unix:${socketPath}`;
    this.#plugin = new Plugin(address, credentials.createInsecure(), CHANNEL_OPTIONS);
    // One connection serves all three.
    const options = { ...CHANNEL_OPTIONS, channelOverride: this.#plugin.getChannel() };
    this.visionEncoder = new VisionEncoder(address, credentials.createInsecure(), options);
    this.languageModel = new LanguageModel(address, credentials.createInsecure(), options);
    this.imageDecoder = new ImageDecoder(address, credentials.createInsecure(), options);
  }

  /**
   * Waits until the process listens, then learns who it is.
   *
   * @param name    what the configuration calls the plugin
   * @param options as the operator wrote them; the plugin validates them
   * @param apiVersions what to offer, newest first
   * @throws {GatewayError} the plugin's own refusal; PLUGIN_VERSION, PLUGIN_INVALID for an answer that does not hold
   * @throws {ServiceError} when the deadline passes or the connection breaks
   */
  async handshake(name: string, options: unknown, deadline: Date, apiVersions = API_VERSIONS): Promise<Introduction> {
    const request = { apiVersions: [...apiVersions], optionsJson: JSON.stringify(options ?? {}) };
    const { welcome, refusal } = await unary<wire.HandshakeResponse>((done) =>
      this.#plugin.Handshake(request, new Metadata({ waitForReady: true }), { deadline }, done),
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

  dispose(): void {
    // Not the client's own close(): the contract's Close has taken its name.
    this.#plugin.getChannel().close();
  }
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
