/** The editing decoder of a Nexus-Gen bundle: embeddings and the picture to be edited to the edited picture. */
import { createImageDecoder, openBundle } from 'darkroom/inference';
import { definePlugin } from 'darkroom/plugin';
import { z } from 'zod';

const options = z.strictObject({
  /** Folder of the model bundle: manifest.json and what it names. */
  bundle: z.string().min(1),
  /** Threads inside one operator; 0 takes one per physical core. */
  threads: z.number().int().nonnegative().default(0),
  /** ONNX Runtime execution providers in order of preference, for instance `["cuda", "cpu"]`. */
  providers: z.array(z.string().min(1)).min(1).default(['cpu']),
  /** Pictures in one run of the denoiser at most, where several tasks run at once; above 1 they may differ by a shade from those drawn alone. */
  batch: z.number().int().positive().default(1),
});

export default definePlugin({
  kind: 'image-decoder',
  name: 'nexus-editing-decoder',
  version: '0.1.0',
  options,
  create: async ({ bundle, ...session }, host) =>
    createImageDecoder(await openBundle(host.resolvePath(bundle)), 'editing', session),
});
