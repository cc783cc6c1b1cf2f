/**
 * Writes the TypeScript types of the plugin contract's wire messages from schema/plugin/v1/plugin.proto:
 * `npm run wire`, after every change of that file. With `--out DIR` they go elsewhere, for the test that compares.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root, runNode } from './lib/run.mjs';

const { values } = parseArgs({
  options: { out: { type: 'string', default: join(root, 'src/plugin/wire/generated') } },
});

rmSync(values.out, { recursive: true, force: true });
process.exitCode = runNode(
  [
    'node_modules/@grpc/proto-loader/build/bin/proto-loader-gen-types.js',
    // The same as in src/plugin/wire/package.ts, which loads the file at run time.
    ...['--longs=Number', '--enums=String', '--defaults', '--oneofs', '--includeComments'],
    ...['--grpcLib=@grpc/grpc-js', '--importFileExtension=.js', '--inputTemplate=%sInput', '--outputTemplate=%s'],
    ...['--includeDirs=schema', `--outDir=${values.out}`, 'plugin/v1/plugin.proto'],
  ],
  { quiet: true },
);
