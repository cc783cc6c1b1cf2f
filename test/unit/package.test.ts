import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { InferenceSession, Tensor } from 'onnxruntime-node';

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
}

const root = join(import.meta.dirname, '../..');
const manifest = readJson('package.json') as Manifest;

describe('package.json', () => {
  it('names every dependency by one exact version', () => {
    const versions = { ...manifest.dependencies, ...manifest.devDependencies };
    const inexact = Object.entries(versions).filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version));

    expect(Object.keys(versions).length).toBeGreaterThan(20);
    expect(inexact).toEqual([]);
  });

  it('opens only doors that lead to a source, with types', () => {
    const doors = Object.values(manifest.exports).filter((door) => typeof door !== 'string');
    const targets = [...doors.map((door) => door.default), ...Object.values(manifest.bin)];

    expect(doors).toHaveLength(6);
    expect(targets.filter((target) => !existsSync(join(root, sourceOf(target))))).toEqual([]);
    expect(doors.map(({ types }) => types)).toEqual(doors.map((door) => door.default.replace(/\.js$/, '.d.ts')));
  });

  it('opens the same doors to the compiler as to Node', () => {
    const config = readJson('tsconfig.json') as { compilerOptions: { paths: Record<string, [string]> } };
    const doors = Object.entries(manifest.exports).flatMap(([door, target]) =>
      typeof target === 'string' ? [] : [[door.replace('.', 'darkroom'), [`./${sourceOf(target.default)}`]]],
    );

    expect(config.compilerOptions.paths).toEqual(Object.fromEntries(doors));
  });
});

describe('package-lock.json', () => {
  it('has an entry for every optional package, on whatever platform it was written', () => {
    const { packages } = readJson('package-lock.json') as {
      packages: Record<string, { optionalDependencies?: Record<string, string> }>;
    };
    const optional = Object.values(packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}));
    const missing = optional.filter(
      (name) => !Object.keys(packages).some((path) => path.endsWith(`node_modules/${name}`)),
    );

    expect(optional.length).toBeGreaterThan(50);
    expect(missing).toEqual([]);
  });
});

describe('the test environment', () => {
  // y = Identity(x), float32 [n]: a whole ONNX graph (opset 17).
  const identity = 'CAg6OQoQCgF4EgF5IghJZGVudGl0eRIBZ1oQCgF4EgsKCQgBEgUKAxIBbmIQCgF5EgsKCQgBEgUKAxIBbkIECgAQEQ==';

  it('lets native modules take its typed arrays', async () => {
    const session = await InferenceSession.create(Buffer.from(identity, 'base64'));
    const { y } = await session.run({ x: new Tensor('float32', new Float32Array([1, 2]), [2]) });

    expect(y?.data).toEqual(new Float32Array([1, 2]));
    await session.release();
  });
});

/** `./dist/src/index.js` is compiled from `src/index.ts`. */
function sourceOf(target: string): string {
  return target.replace(/^(\.\/)?dist\//, '').replace(/\.js$/, '.ts');
}

/** tsconfig.json has comments, each on a line of its own. */
function readJson(path: string): unknown {
  return JSON.parse(readFileSync(join(root, path), 'utf8').replaceAll(/^\s*\/\/.*$/gm, ''));
}
