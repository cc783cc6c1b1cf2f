/** The language model of a bundle whose graphs an inference server runs. */
import { createLanguageModel } from 'darkroom/inference';
import { definePlugin, z } from 'darkroom/plugin';
import { kserveOptions, openRemote } from '../engine.js';
import { untilAborted } from '../until-aborted.js';

export default definePlugin({
  kind: 'language-model',
  name: 'kserve-language-model',
  version: '0.1.0',
  options: z.strictObject({
    ...kserveOptions,
    /** Requests in one forward pass at most. */
    batch: z.int().positive().default(8),
  }),
  async create(options, host) {
    const { bundle, session, close } = await openRemote(options, host);
    const model = await createLanguageModel(bundle, { ...session, batch: options.batch });
    return {
      ...model,
      generate: (requests, call) => untilAborted(model.generate(requests, call), call.signal),
      async close() {
        await model.close();
        close();
      },
    };
  },
});
