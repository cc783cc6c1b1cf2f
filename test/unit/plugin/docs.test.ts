import { expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHECK_IDS } from '../../../src/plugin/conformance/index.js';
import { packageRoot } from '../../../src/plugin/package-root.js';

it('docs/plugins.md lists every check of the conformance kit, in order', () => {
  const page = readFileSync(join(packageRoot, 'docs/plugins.md'), 'utf8');
  const section = page.slice(page.indexOf('| check |'), page.indexOf('The kit asks from outside'));
  expect([...section.matchAll(/^\| `([^`]+)`/gm)].map(([, id]) => id)).toEqual(CHECK_IDS);
});
