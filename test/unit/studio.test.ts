/** The studio is a client like any other: what its sources may use. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from '@jest/globals';

import { packageRoot } from '../../src/plugin/package-root.js';

const folder = join(packageRoot, 'web');
const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.tsx?$/.test(name))
  .map((name) => ({ name, code: readFileSync(join(folder, name), 'utf8') }));

describe('the studio', () => {
  it('knows Darkroom by its typed client and its element alone', () => {
    const imports = sources.flatMap(({ name, code }) =>
      [...code.matchAll(/(?:from|import)\s*\(?'([^']+)'/g)].map(([, target = '']) => ({ name, target })),
    );
    const own = imports.filter(({ target }) => target.startsWith('darkroom') || target.includes('/src/'));

    expect(imports.length).toBeGreaterThan(150);
    expect(own.filter(({ target }) => !['darkroom/client', 'darkroom/element'].includes(target))).toEqual([]);
    const leaving = imports.filter(({ name, target }) => depthOf(name) < target.split('../').length - 1);
    expect(leaving).toEqual([]);
  });

  it('asks the gateway for nothing but through that client', () => {
    const asking = sources.filter(({ code }) => /\bfetch\(|XMLHttpRequest|new WebSocket|EventSource/.test(code));

    expect(asking.map(({ name }) => name)).toEqual([]);
  });
});

function depthOf(name: string): number {
  return name.split('/').length - 1;
}
