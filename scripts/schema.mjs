/**
 * `npm run schema`: writes schema/schema.graphql, the API as the code has it. With `-- --check`, writes nothing and
 * exits with 1 when the file is not fresh.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './lib/run.mjs';
import { report, SetupError, say } from './lib/say.mjs';
import { setUp } from './lib/setup.mjs';

const file = join(root, 'schema/schema.graphql');
try {
  setUp();
  const { printGatewaySchema } = await import('../dist/src/graphql/print-schema.js');
  const schema = await printGatewaySchema();
  if (process.argv.includes('--check')) {
    if (readFileSync(file, 'utf8') !== schema) {
      throw new SetupError('schema/schema.graphql is not what the code emits. Run: npm run schema');
    }
  } else {
    mkdirSync(join(root, 'schema'), { recursive: true });
    writeFileSync(file, schema);
    say('Wrote schema/schema.graphql.');
  }
} catch (error) {
  report(error);
}
