/** Either decoder of a bundle whose graphs an inference server runs. */
import { createImageDecoder } from 'darkroom/inference';
import { definePlugin, z } from 'darkroom/plugin';
import { kserveOptions, openRemote } from './engine.js';
import { untilAborted } from './until-aborted.js';

export function kserveDecoder(kind: 'generation' | 'editing') {
  return definePlugin({
    kind: 'image-decoder',
    name: `kserve-${kind}-decoder`,
    version: '0.1.0',
    options: z.strictObject(kserveOptions),
    async create(options, host) {
      const { bundle, session, close } = await openRemote(options, host);
      const decoder = await createImageDecoder(bundle, kind, session);
      return {
        ...decoder,
        decode: (request, call) => untilAborted(decoder.decode(request, call), call.signal),
        async close() {
          await decoder.close();
          close();
        },
      };
    },
  });
}
