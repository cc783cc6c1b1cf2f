/**
 * Draws a picture, watches it develop and saves what it sees:
 *
 *   node dist/examples/watch.js "a red circle above a small blue square" out
 *
 * writes out/step-1.jpg, out/step-2.jpg, … as they come, and out/picture.png at the end.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { connect } from './client.js';
import { GenerateImageDocument, TaskEventsDocument } from 'darkroom/client';

export interface WatchOptions {
  /** Of the gateway. */
  readonly url: string;
  readonly prompt: string;
  /** Where the previews and the picture go. */
  readonly folder: string;
  readonly seed?: number | undefined;
  say?(line: string): void;
}

export async function watch({ url, prompt, folder, seed, say = () => {} }: WatchOptions): Promise<void> {
  await mkdir(folder, { recursive: true });
  const gateway = connect(url);
  try {
    const { generateImage } = await gateway.ask(GenerateImageDocument, { input: { prompt, diffusion: { seed } } });
    const { task } = generateImage;
    say(`Task ${task.id}, seed ${task.settings.seed}`);

    // Should the connection break, graphql-ws begins anew, and so do the events. Pass the last `cursor` as `after`
    // to go on from there instead.
    for await (const { taskEvents: event } of gateway.watch(TaskEventsDocument, {
      taskId: task.id,
      preview: { maxSize: 256, maxPerSecond: 60 },
    })) {
      switch (event.__typename) {
        case 'DenoisingPreview': {
          say(`Step ${event.stepIndex} of ${event.numInferenceSteps}, noise left ${event.sigma.toFixed(2)}`);
          await writeFile(join(folder, `step-${event.stepIndex}.jpg`), bytesOf(event.dataUrl));
          break;
        }
        case 'ImageFinished': {
          // Deleted since, when an old stream is read again.
          if (!event.image) break;
          const response = await fetch(event.image.url);
          await writeFile(join(folder, 'picture.png'), Buffer.from(await response.arrayBuffer()));
          say(`Saved ${join(folder, 'picture.png')}, ${event.image.width} x ${event.image.height}`);
          break;
        }
        case 'TaskFailed':
          throw new Error(`${event.error.code}: ${event.error.message}`);
        default:
          say(event.__typename);
      }
    }
  } finally {
    await gateway.close();
  }
}

/** The bytes of `data:image/jpeg;base64,…`. */
function bytesOf(dataUrl: string): Buffer {
  return Buffer.from(dataUrl.slice(dataUrl.indexOf(',') + 1), 'base64');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [prompt = 'a red circle above a small blue square', folder = 'out', url = 'http://127.0.0.1:4000'] =
    process.argv.slice(2);
  await watch({ url, prompt, folder, say: (line) => console.log(line) });
}
