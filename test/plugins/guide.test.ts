import { afterAll, expect, it, jest } from '@jest/globals';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import typescript from 'typescript';
import { runConformance } from '../../src/plugin/conformance/index.js';
import { packageRoot } from '../../src/plugin/package-root.js';

jest.setTimeout(120_000);

let folder = '';
afterAll(() => rm(folder, { recursive: true, force: true }));

it('the plugin of docs/plugins.md works as it stands there, in a folder that has nothing installed', async () => {
  const page = await readFile(join(packageRoot, 'docs/plugins.md'), 'utf8');
  const block = (language: string) => new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(page)?.[1] ?? '';
  folder = await mkdtemp(join(tmpdir(), 'darkroom-guide-'));
  await mkdir(join(folder, 'dist'));
  await writeFile(join(folder, 'package.json'), block('json'));
  const compilerOptions = { target: typescript.ScriptTarget.ES2022, module: typescript.ModuleKind.ESNext };
  const compiled = typescript.transpileModule(block('ts'), { compilerOptions });
  await writeFile(join(folder, 'dist/index.js'), compiled.outputText);

  const report = await runConformance(folder, { options: { grey: 200 } });
  expect(report.plugin).toEqual({ name: 'fog', version: '1.0.0', kind: 'image-decoder' });
  expect(report.checks.filter(({ status }) => status === 'failed')).toEqual([]);
});
