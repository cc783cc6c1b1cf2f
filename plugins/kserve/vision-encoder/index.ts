/** The vision encoder of a bundle whose graphs an inference server runs. */
import { createVisionEncoder } from 'darkroom/inference';
import { definePlugin, z } from 'darkroom/plugin';
import { kserveOptions, openRemote } from '../engine.js';
import { orAborted } from '../until-aborted.js';

export default definePlugin({
  kind: 'vision-encoder',
  name: 'kserve-vision-encoder',
  version: '0.1.0',
  options: z.strictObject(kserveOptions),
  async create(options, host) {
    const { bundle, session, close } = await openRemote(options, host);
    const encoder = await createVisionEncoder(bundle, session);
    return {
      ...encoder,
      encode: (requests, call) => orAborted(encoder.encode(requests, call), call.signal),
      async close() {
        await encoder.close();
        close();
      },
    };
  },
});
