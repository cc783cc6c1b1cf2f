import { readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Command } from 'commander';

import { GatewayError } from '../../errors/index.js';
import { manifestOf } from '../../graphql/trusted-operations.js';
import { type Terminal, printLine } from '../terminal.js';

const EXAMPLES = `
Examples:
  darkroom operations src -o operations.json
  darkroom serve --operations operations.json`;

export function addOperationsCommand(program: Command, terminal: Terminal): void {
  program
    .command('operations')
    .description('write the manifest of trusted operations from .graphql files')
    .argument('<paths...>', 'files, or folders with .graphql files at any depth')
    .option('-o, --output <file>', 'file to write', 'operations.json')
    .addHelpText('after', EXAMPLES)
    .action(async (paths: string[], { output }: { output: string }) => {
      const files = (await Promise.all(paths.map(filesOf))).flat();
      const sources = await Promise.all(files.map((file) => readFile(file, 'utf8')));
      const manifest = manifestOf(sources);
      const count = Object.keys(manifest).length;
      if (count === 0) throw new GatewayError('BAD_INPUT', `There is no operation in ${paths.join(', ')}.`);
      await writeFile(output, `${JSON.stringify(manifest, null, 2)}\n`);
      printLine(terminal.out, `${output}  ${count} operations`);
    });
}

async function filesOf(path: string): Promise<string[]> {
  const found = await stat(path).catch(() => null);
  if (found === null) throw new GatewayError('BAD_INPUT', `There is nothing at ${path}. Check the path.`);
  if (found.isFile()) return [path];
  const names = await readdir(path, { recursive: true });
  return names
    .filter((name) => /\.(graphql|gql)$/.test(name))
    .toSorted()
    .map((name) => join(path, name));
}
