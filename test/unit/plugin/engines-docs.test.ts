import { expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { options as comfyui } from '../../../plugins/comfyui/index.js';
import { kserveOptions } from '../../../plugins/kserve/engine.js';
import { options as imageDecoder } from '../../../plugins/openai/image-decoder/index.js';
import { options as languageModel } from '../../../plugins/openai/language-model/index.js';
import { serverOptions } from '../../../plugins/lib/server.js';
import { packageRoot } from '../../../src/plugin/package-root.js';

const page = readFileSync(join(packageRoot, 'docs/engines.md'), 'utf8');
const shared = Object.keys(serverOptions);
const own = (options: object) => Object.keys(options).filter((name) => !shared.includes(name));

it.each([
  ['What they share', shared],
  ['OpenAI-compatible servers', [...own(languageModel.shape), ...own(imageDecoder.shape)]],
  ['Inference servers (KServe v2)', [...own(kserveOptions), 'batch']],
  ['ComfyUI', own(comfyui.shape)],
])('docs/engines.md lists every option under "%s", and no other', (title, names) => {
  const section = page.split(/^## /m).find((part) => part.startsWith(title)) ?? '';
  const tables = section.matchAll(/^\| option[^]*?(?=\n\n|$(?![^]))/gm);
  const rows = [...tables].flatMap(([table]) => table.split('\n').slice(2));
  const listed = rows.flatMap((row) => [...(row.split(' | ')[0] ?? '').matchAll(/`(\w+)`/g)].map(([, name]) => name));
  expect(listed.sort()).toEqual([...names].sort());
});
