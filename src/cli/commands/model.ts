/** `darkroom model`: fetch models from a hub, and look after those that are there. */
import { resolve } from 'node:path';

import { type Command, Option } from 'commander';

import type { Config } from '../../config/index.js';
import { GatewayError, toGatewayError } from '../../errors/index.js';
// Not from inference/index.js: that would load onnxruntime.
import { openBundle } from '../../inference/bundle/open.js';
import {
  HUBS,
  type HubKind,
  type PulledModel,
  type StoredModel,
  findModels,
  formatBytes,
  isBundle,
  listModels,
  parseRepository,
  pullModel,
  removeModel,
  verifyModel,
} from '../../model-store/index.js';
import { wholeNumber } from '../arguments.js';
import { startByteProgress } from '../byte-progress.js';
import { readConfig } from '../config.js';
import { ExitError } from '../exit.js';
import type { GlobalOptions } from '../global-options.js';
import { type Terminal, confirm, printLine, printTable, untilInterrupted } from '../terminal.js';

const EXAMPLES = `
Examples:
  darkroom model pull owner/name                          the newest files, into the models folder
  darkroom model pull owner/name@v1.0 --include "*.safetensors" --include "*.json"
  darkroom model pull owner/name --hub modelscope --to /data/models
  darkroom model verify name`;

const FROM = ['--from <folder>', 'models folder, instead of the configured one'] as const;

export function addModelCommand(program: Command, terminal: Terminal): void {
  const model = program
    .command('model')
    .description('fetch models from a hub; list, verify and remove those that are there')
    .addHelpText('after', EXAMPLES);
  addPull(model, terminal);
  addList(model, terminal);
  addVerify(model, terminal);
  addRemove(model, terminal);
}

interface PullFlags extends GlobalOptions {
  readonly hub?: HubKind;
  readonly to?: string;
  readonly name?: string;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly parallel?: number;
}

function addPull(model: Command, terminal: Terminal): void {
  const eachTime = (pattern: string, earlier: readonly string[]) => [...earlier, pattern];
  model
    .command('pull')
    .argument('<repository[@revision]>', 'for instance owner/name, owner/name@main, owner/name@<commit>')
    .description('fetch a model; the same command again goes on, checks and mends')
    .addOption(new Option('--hub <hub>', 'hub to fetch from').choices(Object.keys(HUBS)))
    .option('--to <folder>', 'models folder, instead of the configured one')
    .option('--name <name>', 'name of its folder (default: the last part of the repository)')
    .option('--include <pattern>', 'only files that match; may be repeated', eachTime, [])
    .option('--exclude <pattern>', 'no files that match; may be repeated', eachTime, [])
    .option('--parallel <n>', 'files fetched at once', wholeNumber(1, 64))
    .action(async (repository: string, _options: unknown, invoked: Command) => {
      const flags = invoked.optsWithGlobals<PullFlags>();
      const config = await readConfig(flags);
      const choice = { include: flags.include, exclude: flags.exclude };
      const pulled = await interruptible(
        terminal,
        (signal, tell) =>
          pullModel({
            modelsDir: modelsFolder(config, flags.to),
            reference: parseRepository(repository),
            name: flags.name,
            hub: hubOf(config, flags.hub),
            choice,
            parallel: flags.parallel ?? config.hub.parallelFiles,
            stallMs: config.hub.stallMs,
            signal,
            onProgress: ({ phase, bytesDone, bytesTotal }) => tell(phase, bytesDone, bytesTotal),
          }),
        ' What was fetched is kept; the same command goes on from there.',
      );
      sayPulled(terminal, pulled);
      // Some files alone need not be a bundle that opens.
      if (choice.include.length + choice.exclude.length === 0) await checkBundle(terminal, pulled.folder);
    });
}

function addList(model: Command, terminal: Terminal): void {
  model
    .command('list')
    .description('say which models are in the models folder')
    .option(...FROM)
    .action(async (_options: unknown, invoked: Command) => {
      const flags = invoked.optsWithGlobals<GlobalOptions & { from?: string }>();
      const folder = modelsFolder(await readConfig(flags), flags.from);
      const models = await listModels(folder);
      if (models.length === 0) return printLine(terminal.err, `There are no models in ${folder}.`);
      const rows = models.map((stored) => [
        stored.name,
        stored.kind,
        sizeOf(stored),
        stored.repository ?? '-',
        shortRevision(stored.revision),
        stored.at.toISOString().slice(0, 16).replace('T', ' '),
      ]);
      printTable(terminal.out, [['NAME', 'KIND', 'SIZE', 'REPOSITORY', 'REVISION', 'WHEN (UTC)'], ...rows]);
    });
}

function addVerify(model: Command, terminal: Terminal): void {
  model
    .command('verify')
    .argument('<name>', 'of a model in the models folder')
    .description('read every file of a model again and compare its hash')
    .option(...FROM)
    .action(async (name: string, _options: unknown, invoked: Command) => {
      const flags = invoked.optsWithGlobals<GlobalOptions & { from?: string }>();
      const folder = modelsFolder(await readConfig(flags), flags.from);
      const { filesChecked, faults } = await interruptible(terminal, (signal, tell) =>
        verifyModel(folder, name, signal, (done, total) => tell('checking', done, total)),
      );
      for (const { path, wanted, came, unreadable } of faults) {
        const missing = unreadable === null ? 'not there' : `cannot be read (${unreadable})`;
        printLine(terminal.out, `${came === null && unreadable === null ? 'missing' : 'damaged'}  ${path}`);
        printLine(terminal.out, `  wanted  ${wanted.sha256}  ${wanted.bytes} bytes`);
        printLine(terminal.out, `  is      ${came === null ? missing : `${came.sha256}  ${came.bytes} bytes`}`);
      }
      if (faults.length > 0)
        throw new GatewayError(
          'MODEL_DAMAGED',
          `${faults.length} of ${filesChecked} files of ${name} are damaged or missing. Pull it again: only these are fetched.`,
        );
      printLine(terminal.out, `${name}: ${filesChecked} files, all right`);
    });
}

function addRemove(model: Command, terminal: Terminal): void {
  model
    .command('remove')
    .argument('<name>', 'of a model in the models folder, or of an unfinished pull')
    .description('delete a model')
    .option(...FROM)
    .option('-y, --yes', 'do not ask')
    .action(async (name: string, _options: unknown, invoked: Command) => {
      const flags = invoked.optsWithGlobals<GlobalOptions & { from?: string; yes?: boolean }>();
      const folder = modelsFolder(await readConfig(flags), flags.from);
      const bytes = (await findModels(folder, name)).reduce((sum, stored) => sum + stored.bytes, 0);
      if (flags.yes !== true) {
        const answer = await confirm(terminal, `Delete ${name} (${formatBytes(bytes)}) from ${folder}?`);
        if (answer === null)
          throw new GatewayError('BAD_INPUT', 'Nobody is there to ask whether to delete it: say so with --yes.');
        if (!answer) return printLine(terminal.err, 'Nothing was deleted.');
      }
      await removeModel(folder, name);
      printLine(terminal.out, `${name} is deleted, ${formatBytes(bytes)} are free again`);
    });
}

/** Paths of the command line are relative to where it is run. */
function modelsFolder({ modelsDir }: Config, folder: string | undefined): string {
  return folder === undefined ? modelsDir : resolve(folder);
}

function hubOf({ hub }: Config, chosen: HubKind | undefined) {
  const kind = chosen ?? hub.kind;
  return kind === 'huggingface'
    ? { layout: HUBS.huggingface, url: hub.huggingfaceUrl, token: hub.huggingfaceToken }
    : { layout: HUBS.modelscope, url: hub.modelscopeUrl, token: hub.modelscopeToken };
}

/** Work with a progress bar that Ctrl-C ends. @throws GatewayError CANCELLED when it was ended */
async function interruptible<Value>(
  terminal: Terminal,
  work: (signal: AbortSignal, tell: (what: string, bytesDone: number, bytesTotal: number) => void) => Promise<Value>,
  afterwards = '',
): Promise<Value> {
  const { signal, stopListening } = untilInterrupted();
  const progress = startByteProgress({ stream: terminal.err, isTerminal: terminal.isInteractive });
  try {
    return await work(signal, (what, done, total) => progress.update(what, done, total));
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new GatewayError('CANCELLED', `Interrupted.${afterwards}`, { cause: error });
  } finally {
    progress.end();
    stopListening();
  }
}

function sayPulled(terminal: Terminal, { name, folder, record, outcome }: PulledModel): void {
  const bytes = formatBytes(record.files.reduce((sum, file) => sum + file.bytes, 0));
  const what = { new: 'fetched', replaced: 'brought up to date', unchanged: 'was there already, all right' }[outcome];
  printLine(
    terminal.out,
    `${name}  ${what}: ${record.files.length} files, ${bytes}, ${record.repository}@${shortRevision(record.commit)}`,
  );
  printLine(terminal.out, folder);
}

/** A bundle that this version cannot open is told now, not when it is to be served. */
async function checkBundle(terminal: Terminal, folder: string): Promise<void> {
  if (!(await isBundle(folder))) return;
  try {
    await openBundle(folder);
  } catch (error) {
    const { code, message } = toGatewayError(error);
    printLine(terminal.err, `It was fetched as the hub has it, but this version cannot serve it: ${code}: ${message}`);
    throw new ExitError(1);
  }
}

function sizeOf({ bytes, bytesTotal }: StoredModel): string {
  return bytesTotal === null ? formatBytes(bytes) : `${formatBytes(bytes)} of ${formatBytes(bytesTotal)}`;
}

/** A commit by its first digits; anything else as it is. */
function shortRevision(revision: string | null): string {
  if (revision === null) return '-';
  return /^[0-9a-f]{40}$/.test(revision) ? revision.slice(0, 12) : revision;
}
