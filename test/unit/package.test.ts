import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { Tensor } from 'onnxruntime-node';

const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

describe('package.json', () => {
  it('names every dependency by one exact version', () => {
    const versions: Record<string, string> = { ...manifest.dependencies, ...manifest.devDependencies };
    const inexact = Object.entries(versions).filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version));

    expect(Object.keys(versions).length).toBeGreaterThan(20);
    expect(inexact).toEqual([]);
  });
});

describe('the test environment', () => {
  it('shares its typed arrays with native modules', () => {
    const tensor = new Tensor('float32', new Float32Array([1, 2]), [2]);

    expect(tensor.data).toEqual(new Float32Array([1, 2]));
  });
});
