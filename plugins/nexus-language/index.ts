/** The autoregressive model of a Nexus-Gen bundle: reads and writes words and pictures. */
import { createLanguageModel, openBundle } from 'darkroom/inference';
import { definePlugin } from 'darkroom/plugin';
import { z } from 'zod';

const options = z.strictObject({
  /** Folder of the model bundle: manifest.json and what it names. */
  bundle: z.string().min(1),
  /** Threads inside one operator; 0 takes one per physical core. */
  threads: z.number().int().nonnegative().default(0),
  /** ONNX Runtime execution providers in order of preference, for instance `["cuda", "cpu"]`. */
  providers: z.array(z.string().min(1)).min(1).default(['cpu']),
  /** Requests in one forward pass at most. Default: what has room in a GiB of keys and values, 32 at most. */
  batch: z.number().int().positive().optional(),
});

export default definePlugin({
  kind: 'language-model',
  name: 'nexus-language',
  version: '0.1.0',
  options,
  create: async ({ bundle, batch, ...engine }, host) =>
    createLanguageModel(await openBundle(host.resolvePath(bundle)), {
      ...engine,
      ...(batch === undefined ? {} : { batch }),
    }),
});
