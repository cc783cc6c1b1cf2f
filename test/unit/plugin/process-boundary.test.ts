import { expect, it } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { packageRoot } from '../../../src/plugin/package-root.js';

const source = join(packageRoot, 'src');
const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => join(source, name));

/** Modules that a file loads when it is loaded: types alone load nothing, an `import(…)` may at any time. */
function importsOf(file: string): string[] {
  const code = readFileSync(file, 'utf8').replace(/^\s*(\/\/|\*|\/\*).*$/gm, '');
  const statements = code.matchAll(/(?:^|\n)\s*(?:import|export)\s+(?!type\b)(?:[^;'"]*?from\s*)?'([^']+)'/g);
  const dynamic = code.matchAll(/\bimport\(\s*'([^']+)'\s*\)/g);
  return [...statements, ...dynamic].map(([, specifier = '']) => specifier);
}

/** Every module that loading `entry` loads, by package name or by path from src/. */
function reachedFrom(entry: string): Set<string> {
  const reached = new Set<string>();
  const visit = (file: string) => {
    const name = relative(source, file);
    if (reached.has(name)) return;
    reached.add(name);
    for (const specifier of importsOf(file)) {
      const target = resolve(dirname(file), specifier.replace(/\.js$/, '.ts'));
      if (specifier.startsWith('.') && existsSync(target)) visit(target);
      else reached.add(specifier);
    }
  };
  visit(entry);
  return reached;
}

const gatewaySide = files.filter((file) => {
  const name = relative(source, file);
  return ['plugin/registry.ts', 'plugin/conformance/index.ts', 'gateway.ts', 'main.ts', 'cli/main.ts'].includes(name);
});

it('onnxruntime-node is never loaded on the gateway side: a run blocks its event loop', () => {
  expect(gatewaySide.length).toBeGreaterThanOrEqual(2);
  for (const file of gatewaySide) {
    const reached = [...reachedFrom(file)];
    expect(reached.length).toBeGreaterThan(20);
    expect(reached.filter((name) => name === 'onnxruntime-node' || name.startsWith('inference/session/'))).toEqual([]);
  }
});

it('onnxruntime-node is loaded by the engine, so the search above can find it', () => {
  expect([...reachedFrom(join(source, 'inference/index.ts'))]).toContain('onnxruntime-node');
});

it('the plugin layer knows nothing of the layers above it', () => {
  const above = /^(graphql|http|services|tasks|pipelines|storage|cli|config|inference)\//;
  const reached = [
    ...reachedFrom(join(source, 'plugin/registry.ts')),
    ...reachedFrom(join(source, 'plugin/host/main.ts')),
  ];
  expect(reached.filter((name) => above.test(name))).toEqual([]);
});

it('the model store knows neither gateway nor command line, and reads no environment', () => {
  const reached = [...reachedFrom(join(source, 'model-store/index.ts'))];
  expect(reached).toContain('model-store/hub-client.ts');
  const above = /^(graphql|http|services|tasks|pipelines|storage|plugin|cli|config)\/|graphql|apollo|^commander$/;
  expect(reached.filter((name) => above.test(name))).toEqual([]);
});
