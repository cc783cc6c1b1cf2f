/** `darkroom plugin`: write plugins, check them, lock them, and serve one to gateways elsewhere. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';

import { type Command, Option } from 'commander';

import { passedVariables } from '../../config/index.js';
import { GatewayError } from '../../errors/index.js';
import { createLog, plainLog } from '../../log.js';
import { REPORT_FORMATS, type ReportFormat, formatReport, runConformance } from '../../plugin/conformance/index.js';
import { PLUGIN_KINDS, type PluginKind } from '../../plugin/contract.js';
import { isBuiltIn, lockedPlugin, writeLock } from '../../plugin/lock.js';
import { PLUGIN_LANGUAGES, type PluginLanguage, newPlugin } from '../../plugin/new.js';
import { resolvePlugin } from '../../plugin/program.js';
import { isLoopback, serveElsewhere } from '../../plugin/serve-elsewhere.js';
import { wholeNumber } from '../arguments.js';
import { readConfig } from '../config.js';
import { ExitError } from '../exit.js';
import type { GlobalOptions } from '../global-options.js';
import { type Terminal, printLine, printTable, untilInterrupted } from '../terminal.js';

const EXAMPLES = `
Examples:
  darkroom plugin new my-decoder --kind image-decoder
  darkroom plugin check ./my-decoder
  darkroom plugin lock
  darkroom plugin serve ./my-decoder --listen 0.0.0.0:7443 --tls-cert cert.pem --tls-key key.pem`;

export function addPluginCommand(program: Command, terminal: Terminal): void {
  const plugin = program
    .command('plugin')
    .description('write plugins, check them, lock them, and serve one to gateways elsewhere')
    .addHelpText('after', EXAMPLES);
  addNew(plugin, terminal);
  addCheck(plugin, terminal);
  addLock(plugin, terminal);
  addServe(plugin, terminal);
}

function addNew(plugin: Command, terminal: Terminal): void {
  plugin
    .command('new')
    .argument('<folder>', 'to write into; its name becomes the name of the plugin')
    .description('write a working plugin with a test, to begin with')
    .addOption(new Option('--kind <kind>', 'of the plugin').choices(PLUGIN_KINDS).makeOptionMandatory())
    .addOption(
      new Option('--language <language>', 'that it is written in').choices(PLUGIN_LANGUAGES).default('typescript'),
    )
    .action(async (folder: string, { kind, language }: { kind: PluginKind; language: PluginLanguage }) => {
      for (const file of await newPlugin(folder, kind, language)) printLine(terminal.out, file);
      printLine(terminal.err, `README.md in ${resolve(folder)} says what to do next.`);
    });
}

interface CheckFlags {
  readonly options?: string;
  readonly format: ReportFormat;
  readonly env: readonly string[];
  readonly startDeadline?: number;
}

function addCheck(plugin: Command, terminal: Terminal): void {
  plugin
    .command('check')
    .argument('<plugin>', "a plugin's folder or file")
    .description('whether a plugin keeps the contract: runs it and asks; exit code 1 when a check fails')
    .option('--options <json>', "the plugin's options, as JSON or @file")
    .option('--env <variable>', 'pass this environment variable on; may be repeated', collect, [])
    .option('--start-deadline <seconds>', 'how long it may take to start', wholeNumber(1, 86_400))
    .addOption(new Option('--format <format>', 'of the report').choices(REPORT_FORMATS).default('text'))
    .action(async (path: string, flags: CheckFlags) => {
      const { startDeadline } = flags;
      const report = await runConformance(path, {
        options: await readOptions(flags.options),
        environment: passedVariables(flags.env),
        ...(startDeadline !== undefined && { timing: { startDeadlineMs: startDeadline * 1000 } }),
      });
      printLine(terminal.out, formatReport(report, flags.format));
      if (!report.passed) throw new ExitError(1);
    });
}

function addLock(plugin: Command, terminal: Terminal): void {
  plugin
    .command('lock')
    .argument('[names...]', 'plugins of the configuration (default: all)')
    .description('write down what the plugins are now; from then on a changed one is refused')
    .action(async (names: readonly string[], _options: unknown, invoked: Command) => {
      const { plugins, lockFile } = await readConfig(invoked.optsWithGlobals<GlobalOptions>());
      const known = new Set(plugins.map(({ name }) => name));
      const unknown = names.filter((name) => !known.has(name));
      if (unknown.length > 0)
        throw new GatewayError(
          'CONFIG_INVALID',
          `The configuration has no plugin ${unknown.join(', ')}; it has ${[...known].join(', ')}.`,
        );
      const locked = new Map();
      for (const config of plugins) {
        if (!('path' in config) || (names.length > 0 && !names.includes(config.name))) continue;
        const program = await resolvePlugin(config.path, config.command);
        if (!isBuiltIn(program)) locked.set(config.name, await lockedPlugin(program));
      }
      await writeLock(lockFile, locked, known);
      const rows = [...locked].map(([name, { version, files, hash }]) => [
        name,
        version ?? '-',
        `${files} files`,
        hash,
      ]);
      printTable(terminal.out, [['NAME', 'VERSION', 'FILES', 'HASH'], ...rows]);
      printLine(
        terminal.err,
        `Written to ${lockFile}. Plugins that come with Darkroom, or run elsewhere, need no lock.`,
      );
    });
}

interface ServeFlags extends GlobalOptions {
  readonly listen: string;
  readonly options?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tokenFile?: string;
  readonly insecure?: boolean;
  readonly memoryLimit?: number;
  readonly env: readonly string[];
}

const TOKEN_VARIABLE = 'DARKROOM_PLUGIN_TOKEN';

function addServe(plugin: Command, terminal: Terminal): void {
  plugin
    .command('serve')
    .argument('<plugin>', "a plugin's folder or file")
    .description('run a plugin for gateways elsewhere, until interrupted; it is started again when it ends')
    .requiredOption('--listen <host:port>', 'address to listen on')
    .option('--options <json>', "the plugin's options, as JSON or @file; relative paths in them count from here")
    .option('--tls-cert <file>', 'certificate chain in PEM')
    .option('--tls-key <file>', 'its key in PEM')
    .option('--token-file <file>', `file with the token that callers have to bring (default: ${TOKEN_VARIABLE})`)
    .option('--insecure', 'listen without TLS on an address that other machines reach')
    .option('--memory-limit <mebibytes>', 'kill and restart it above this', wholeNumber(16, 16 * 1024 * 1024))
    .option('--env <variable>', 'pass this environment variable on; may be repeated', collect, [])
    .action(async (path: string, _options: unknown, invoked: Command) => {
      const flags = invoked.optsWithGlobals<ServeFlags>();
      const { signal, stopListening } = untilInterrupted();
      const log = createLog({
        level: flags.verbose === true ? 'debug' : 'info',
        isPretty: terminal.isInteractive,
        destination: terminal.err,
      });
      try {
        const served = await serveElsewhere({
          program: await resolvePlugin(path),
          listen: { address: flags.listen, token: await readToken(flags.tokenFile), tls: tlsOf(flags) },
          options: await readOptions(flags.options),
          environment: passedVariables(['PATH', 'HOME', 'LD_LIBRARY_PATH', 'CUDA_VISIBLE_DEVICES', ...flags.env], true),
          memoryLimitBytes: flags.memoryLimit === undefined ? undefined : flags.memoryLimit * 1024 ** 2,
          log: plainLog(log),
        });
        const scheme = flags.tlsCert === undefined ? 'grpc' : 'grpcs';
        printLine(terminal.out, `${served.name} ${served.version} is at ${scheme}://${flags.listen}`);
        const reason = await Promise.race([served.failed, aborted(signal)]);
        await served.stop();
        if (reason) throw reason;
      } finally {
        stopListening();
      }
    });
}

function tlsOf({ listen, tlsCert, tlsKey, insecure }: ServeFlags) {
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    throw new GatewayError('CONFIG_INVALID', '--tls-cert and --tls-key belong together; only one of them was given.');
  if (tlsCert !== undefined && tlsKey !== undefined) return { certFile: resolve(tlsCert), keyFile: resolve(tlsKey) };
  if (insecure === true || isLoopback(listen)) return undefined;
  throw new GatewayError(
    'CONFIG_INVALID',
    `${listen} can be reached from other machines: give --tls-cert and --tls-key, or --insecure if nobody can listen in.`,
  );
}

async function readToken(file: string | undefined): Promise<string> {
  const text =
    file === undefined ? passedVariables([TOKEN_VARIABLE], true)[TOKEN_VARIABLE] : await readFile(file, 'utf8');
  const token = text?.trim() ?? '';
  if (token.length >= 16) return token;
  throw new GatewayError(
    'CONFIG_INVALID',
    `A token of at least 16 characters is needed, in ${TOKEN_VARIABLE} or a --token-file: \`openssl rand -hex 32\` makes one.`,
  );
}

async function readOptions(text: string | undefined): Promise<unknown> {
  if (text === undefined) return {};
  try {
    return JSON.parse(text.startsWith('@') ? await readFile(text.slice(1), 'utf8') : text);
  } catch (cause) {
    throw new GatewayError('CONFIG_INVALID', `--options has to be JSON, or @ and a file with JSON: ${String(cause)}`);
  }
}

function collect(value: string, earlier: readonly string[]): readonly string[] {
  return [...earlier, value];
}

function aborted(signal: AbortSignal): Promise<undefined> {
  if (signal.aborted) return Promise.resolve(undefined);
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(undefined), { once: true }));
}
