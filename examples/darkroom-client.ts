/**
 * Draws a picture with `darkroom/client`, watches it develop and saves what it sees:
 *
 *   node dist/examples/darkroom-client.js "a red circle above a small blue square" out
 *
 * Break the connection or restart the gateway meanwhile: the loop goes on where it was.
 */
import { GenerateImageDocument, createClient } from 'darkroom/client';

import { type DrawOptions, main, savePicture, saveStep } from './draw.js';

export async function draw({ url, prompt, folder, seed, say = () => {} }: DrawOptions): Promise<void> {
  const client = createClient({ url });
  const { generateImage } = await client.request(GenerateImageDocument, { input: { prompt, diffusion: { seed } } });
  const { task } = generateImage;
  say(`Task ${task.id}, seed ${task.settings.seed}`);

  for await (const event of client.watch(task.id, { preview: { maxSize: 256, maxPerSecond: 60 } })) {
    switch (event.__typename) {
      case 'DenoisingPreview':
        say(`Step ${event.stepIndex} of ${event.numInferenceSteps}, noise left ${event.sigma.toFixed(2)}`);
        await saveStep(folder, event);
        break;
      case 'ImageFinished':
        // It is null when an old story is read whose picture was deleted since.
        if (event.image) say(`Saved ${await savePicture(folder, event.image)}`);
        break;
      case 'TaskFailed':
        throw new Error(`${event.error.code}: ${event.error.message}`);
      default:
        say(event.__typename);
    }
  }
}

await main(import.meta.url, draw);
