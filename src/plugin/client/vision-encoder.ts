import { GatewayError } from '../../errors/index.js';
import type { Call, EncodeRequest, ImageEmbeddings, VisionEncoder } from '../contract.js';
import type { PluginSupervisor } from '../supervisor/supervisor.js';
import type * as wire from '../wire/messages.js';
import { encodeRequestToWire } from '../wire/requests.js';
import { embeddingsFromWire } from '../wire/values.js';
import { checkEmbeddings } from './checks.js';
import { runOnHost } from './remote-call.js';

/** A vision encoder that runs on its host. */
export function remoteVisionEncoder(
  supervisor: PluginSupervisor,
  { space }: Pick<VisionEncoder, 'space'>,
): VisionEncoder {
  async function encode(requests: readonly EncodeRequest[], { signal }: Call): Promise<ImageEmbeddings[]> {
    const answers = runOnHost<wire.EncodeCommandInput, wire.ImageEmbeddings>(
      supervisor,
      {
        open: (connection) => connection.visionEncoder.Encode(),
        start: () => ({ start: { requests: requests.map(encodeRequestToWire) } }),
        abort: { abort: {} },
      },
      signal,
    );
    const images: ImageEmbeddings[] = [];
    for await (const answer of answers) {
      const image = embeddingsFromWire(answer);
      checkEmbeddings(image, space, supervisor.name);
      images.push(image);
    }
    if (images.length !== requests.length) {
      throw new GatewayError(
        'PLUGIN_INVALID',
        `Plugin ${supervisor.name} was asked to encode ${requests.length} pictures; ${images.length} came back.`,
        { plugin: supervisor.name },
      );
    }
    return images;
  }
  return { space, encode, close: () => supervisor.stop() };
}
