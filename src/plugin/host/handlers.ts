/** The three kinds' services: each call of the wire becomes a call of the contract's interface. */
import type { ServerDuplexStream } from '@grpc/grpc-js';
import { checkDecodeRequest, checkGenerateRequest } from '../client/checks.js';
import type { Call, PluginKind, PluginOfKind, PreviewWishes } from '../contract.js';
import { previewWishAt } from '../wishes.js';
import { decodeEventToWire, generateEventToWire } from '../wire/answers.js';
import type * as wire from '../wire/messages.js';
import {
  decodeRequestFromWire,
  encodeRequestFromWire,
  generateRequestFromWire,
  wishesFromWire,
} from '../wire/requests.js';
import { embeddingsToWire, required } from '../wire/values.js';
import type { RunningCalls } from './calls.js';

export interface HandlerContext {
  /** Of the plugin, for its errors. */
  readonly name: string;
  readonly calls: RunningCalls;
  /** @throws {GatewayError} PLUGIN_INVALID before the handshake */
  plugin<Kind extends PluginKind>(kind: Kind): PluginOfKind[Kind];
  logFailure(error: unknown): void;
}

export function encoderHandlers({ calls, plugin, logFailure }: HandlerContext): wire.VisionEncoderHandlers {
  async function* run(start: wire.EncodeStart, call: Call) {
    const requests = start.requests.map(encodeRequestFromWire);
    for (const image of await plugin('vision-encoder').encode(requests, call)) yield embeddingsToWire(image);
  }
  return { Encode: (stream) => void calls.serve(stream, { run }, logFailure) };
}

export function languageHandlers({ name, calls, plugin, logFailure }: HandlerContext): wire.LanguageModelHandlers {
  async function* run(start: wire.GenerateStart, call: Call) {
    const requests = start.requests.map(generateRequestFromWire);
    const model = plugin('language-model');
    // Again, after the gateway: a gateway elsewhere may be an older one.
    for (const request of requests) checkGenerateRequest(request, model, name);
    for await (const event of model.generate(requests, call)) yield generateEventToWire(event);
  }
  return { Generate: (stream) => void calls.serve(stream, { run }, logFailure) };
}

export function decoderHandlers({ name, calls, plugin, logFailure }: HandlerContext): wire.ImageDecoderHandlers {
  function decode(stream: ServerDuplexStream<wire.DecodeCommand, wire.DecodeEventInput>) {
    // The newest wishes lie here, so that the plugin gets its answer at once, in the middle of its loop.
    let wishes: PreviewWishes | undefined;

    async function* run(start: wire.DecodeStart, call: Call) {
      const decoder = plugin('image-decoder');
      const request = decodeRequestFromWire(required(start.request, 'request'));
      checkDecodeRequest(request, decoder, name);
      // A command that came meanwhile is newer.
      if (start.wishes) wishes ??= wishesFromWire(start.wishes);
      const wantsPreview = (stepIndex: number) =>
        decoder.supports.preview === 'none' ? undefined : previewWishAt(wishes, stepIndex);
      for await (const event of decoder.decode(request, { ...call, wantsPreview })) yield decodeEventToWire(event);
    }
    function onCommand(command: wire.DecodeCommand) {
      if (command.wishes) wishes = wishesFromWire(command.wishes);
    }
    return calls.serve(stream, { run, onCommand }, logFailure);
  }
  return { Decode: (stream) => void decode(stream) };
}
