/** What a page has to load, and what it has to have. */
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { describe, expect, it } from '@jest/globals';
import { type BuildResult, build } from 'esbuild';
import ts from 'typescript';

import { packageRoot } from '../../../src/plugin/package-root.js';

const MAX_BYTES = 15_000;
const entry = join(packageRoot, 'src/client/index.ts');

/** As a user's bundler makes it, out of one line of a program. */
async function bundle(program: string): Promise<BuildResult<{ metafile: true; write: false }>> {
  return build({
    stdin: { contents: program, resolveDir: packageRoot },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
}

function gzippedBytes(result: BuildResult<{ write: false }>): number {
  return gzipSync(result.outputFiles[0]?.contents ?? '', { level: 9 }).byteLength;
}

describe('the client in a bundle', () => {
  it(`has less than ${MAX_BYTES} bytes, minified and gzipped, with every document`, async () => {
    const bytes = gzippedBytes(await bundle(`export * from '${entry}'`));

    expect(bytes).toBeLessThan(MAX_BYTES);
    expect(bytes).toBeGreaterThan(3_000);
  });

  it('leaves out the documents that nobody uses', async () => {
    const [all, one] = await Promise.all([
      bundle(`export * from '${entry}'`),
      bundle(`export { createClient, ImagesDocument } from '${entry}'`),
    ]);
    const code = one.outputFiles[0]?.text ?? '';

    expect(code).toContain('query Images(');
    expect(code).not.toContain('query Conversations(');
    expect(gzippedBytes(one)).toBeLessThan(gzippedBytes(all));
  });

  it('loads nothing but its own files: no package, nothing of Node, nothing of the gateway', async () => {
    const { metafile } = await bundle(`export * from '${entry}'`);
    const loaded = Object.keys(metafile.inputs).filter((path) => path !== '<stdin>');

    expect(loaded.length).toBeGreaterThan(8);
    expect(loaded.filter((path) => !path.startsWith('src/client/'))).toEqual([]);
  });
});

describe('the client in a page', () => {
  it('asks for nothing that a browser does not have', () => {
    const { options } = ts.parseJsonConfigFileContent(
      ts.readConfigFile(join(packageRoot, 'tsconfig.json'), (path) => ts.sys.readFile(path)).config,
      ts.sys,
      packageRoot,
    );
    const inPage = { ...options, types: [], lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.asynciterable.d.ts'] };
    const program = ts.createProgram([entry], inPage);

    expect(program.getSourceFiles().some(({ fileName }) => fileName.endsWith('src/client/index.ts'))).toBe(true);
    expect(ts.getPreEmitDiagnostics(program).map(({ messageText }) => messageText)).toEqual([]);
  }, 60_000);
});
