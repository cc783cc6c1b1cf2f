import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

import { describe, expect, it } from '@jest/globals';
import { type GraphQLNamedType, isEnumType, isInputObjectType, isInterfaceType, isObjectType } from 'graphql';

import { printGatewaySchema } from '../../../src/graphql/print-schema.js';
import { buildGatewaySchema } from '../../../src/graphql/schema.js';
import { packageRoot } from '../../../src/plugin/package-root.js';

const types = Object.values(buildGatewaySchema().getTypeMap()).filter(({ name }) => !name.startsWith('__'));

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

  it('describes every type, field, argument and enum value', () => {
    const described = types.flatMap(describedParts);

    expect(described.length).toBeGreaterThan(300);
    expect(described.filter(({ description }) => !description).map(({ path }) => path)).toEqual([]);
  });
});

function describedParts(type: GraphQLNamedType): { path: string; description: string | null | undefined }[] {
  const parts = [{ path: type.name, description: type.description }];
  if (['Query', 'Mutation', 'Subscription', 'String', 'Int', 'Float', 'Boolean', 'ID'].includes(type.name))
    parts.length = 0;
  if (isEnumType(type)) {
    parts.push(...type.getValues().map(({ name, description }) => ({ path: `${type.name}.${name}`, description })));
  }
  if (isObjectType(type) || isInterfaceType(type) || isInputObjectType(type)) {
    for (const field of Object.values(type.getFields())) {
      parts.push({ path: `${type.name}.${field.name}`, description: field.description });
      for (const { name, description } of 'args' in field ? field.args : []) {
        parts.push({ path: `${type.name}.${field.name}(${name})`, description });
      }
    }
  }
  return parts;
}
