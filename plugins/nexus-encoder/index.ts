/** The vision tower of a Nexus-Gen bundle: pictures to embeddings. */
import { createVisionEncoder, openBundle } from 'darkroom/inference';
import { definePlugin } from 'darkroom/plugin';
import { z } from 'zod';

const options = z.strictObject({
  /** Folder of the model bundle: manifest.json and what it names. */
  bundle: z.string().min(1),
  /** Threads inside one operator; 0 takes one per physical core. */
  threads: z.number().int().nonnegative().default(0),
  /** ONNX Runtime execution providers in order of preference, for instance `["cuda", "cpu"]`. */
  providers: z.array(z.string().min(1)).min(1).default(['cpu']),
});

export default definePlugin({
  kind: 'vision-encoder',
  name: 'nexus-encoder',
  version: '0.1.0',
  options,
  create: async ({ bundle, ...session }, host) =>
    createVisionEncoder(await openBundle(host.resolvePath(bundle)), session),
});
