import { GatewayError } from '../../errors/index.js';
import type { Call, EncodeRequest, ImageEmbeddings, VisionEncoder } from '../contract.js';
import type { CallTarget } from '../endpoint.js';
import type * as wire from '../wire/messages.js';
import { encodeRequestToWire } from '../wire/requests.js';
import { embeddingsFromWire } from '../wire/values.js';
import { checkEmbeddings } from './checks.js';
import { runOnHost } from './remote-call.js';

/** A vision encoder that runs on its host. */
export function remoteVisionEncoder(target: CallTarget, { space }: Pick<VisionEncoder, 'space'>): VisionEncoder {
  async function encode(requests: readonly EncodeRequest[], { signal }: Call): Promise<ImageEmbeddings[]> {
    const answers = runOnHost<wire.EncodeCommandInput, wire.ImageEmbeddings>(
      target,
      {
        open: (connection) => connection.visionEncoder.Encode(),
        start: () => ({ start: { requests: requests.map(encodeRequestToWire) } }),
        abort: { abort: {} },
        batch: requests.length,
      },
      signal,
    );
    const images: ImageEmbeddings[] = [];
    for await (const answer of answers) {
      const image = embeddingsFromWire(answer);
      checkEmbeddings(image, space, target.name);
      images.push(image);
    }
    if (images.length !== requests.length) {
      throw new GatewayError(
        'PLUGIN_INVALID',
        `Plugin ${target.name} was asked to encode ${requests.length} pictures; ${images.length} came back.`,
        { plugin: target.name },
      );
    }
    return images;
  }
  return { space, encode, close: () => target.stop() };
}
