/** What all examples take and leave behind, so that each shows only how its client is used. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

export interface DrawOptions {
  /** Of the gateway. */
  readonly url: string;
  readonly prompt: string;
  /** Where the previews and the picture go: step-1.jpg, step-2.jpg, … and picture.png. */
  readonly folder: string;
  readonly seed?: number | undefined;
  say?(line: string): void;
}

export async function saveStep(folder: string, preview: { stepIndex: number; dataUrl: string }): Promise<void> {
  const base64 = preview.dataUrl.slice(preview.dataUrl.indexOf(',') + 1);
  await save(folder, `step-${preview.stepIndex}.jpg`, Buffer.from(base64, 'base64'));
}

/** @returns where it is now */
export async function savePicture(folder: string, image: { url: string }): Promise<string> {
  const response = await fetch(image.url);
  return save(folder, 'picture.png', Buffer.from(await response.arrayBuffer()));
}

async function save(folder: string, name: string, bytes: Buffer): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

/** Runs an example that was started by itself: `node dist/examples/NAME.js [PROMPT] [FOLDER] [URL]`. */
export async function main(moduleUrl: string, draw: (options: DrawOptions) => Promise<void>): Promise<void> {
  if (moduleUrl !== pathToFileURL(process.argv[1] ?? '').href) return;
  const [prompt = 'a red circle above a small blue square', folder = 'out', url = 'http://127.0.0.1:4000'] =
    process.argv.slice(2);
  await draw({ url, prompt, folder, say: (line) => console.log(line) });
}
