import { beforeAll, describe, it } from '@jest/globals';
import { join } from 'node:path';
import { describeConformance } from '../../src/plugin/conformance/index.js';
import { packageRoot } from '../../src/plugin/package-root.js';

/** The parts of a model that the minimal plugins only stand in for: with a whole bundle, tiny and real. */
const bundle = join(packageRoot, 'test/fixtures/tiny-bundle');
const names = ['nexus-encoder', 'nexus-language', 'nexus-generation-decoder', 'nexus-editing-decoder'];

for (const name of names)
  describeConformance({ describe, beforeAll, it }, join(packageRoot, 'plugins', name), {
    options: { bundle, threads: 1 },
    timeoutMs: 240_000,
  });
