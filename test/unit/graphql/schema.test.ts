import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

import { describe, expect, it } from '@jest/globals';

import { printGatewaySchema } from '../../../src/graphql/print-schema.js';
import { packageRoot } from '../../../src/plugin/package-root.js';

describe('the schema', () => {
  it('is what schema/schema.graphql says (if not: npm run schema)', () => {
    const committed = readFileSync(new URL('../../../schema/schema.graphql', import.meta.url), 'utf8');

    expect(printGatewaySchema()).toBe(committed);
  });

  it('is what the typed documents of src/client/gql were made from (if not: npm run codegen)', async () => {
    const codegen = promisify(execFile)('npx', ['graphql-codegen', '--config', 'codegen.yml', '--check'], {
      cwd: packageRoot,
    });

    // A stale file makes it exit with an error that names the file.
    await expect(codegen).resolves.toBeDefined();
  }, 60_000);
});
