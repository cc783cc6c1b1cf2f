/** What works on this machine, what does not and how to mend it: one check per line of `darkroom doctor`. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, rm, statfs, writeFile } from 'node:fs/promises';
import { availableParallelism, freemem, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import type { Config } from '../config/index.js';
import { toGatewayError } from '../errors/index.js';
import { checkPort } from '../http/port.js';
// Not from inference/index.js: that would load onnxruntime into the process of `darkroom serve`.
import { MANIFEST_FILE, bundleFiles, openBundle, verifyBundle } from '../inference/bundle/open.js';
import type { PluginRegistry } from '../plugin/registry.js';

export interface Finding {
  readonly isOk: boolean;
  readonly what: string;
  /** What to do; only where something is wrong. */
  readonly mend?: string | undefined;
}

/** One line, or several where there are several of a thing. */
type Check = () => Promise<Finding | Finding[]>;

const MIN_NODE = [20, 19, 0] as const;
const MIN_FREE_DISK_BYTES = 1024 ** 3;
const MIN_MEMORY_BYTES = 2 * 1024 ** 3;

/** In this order; each is made although the one before failed. */
export async function* examine(config: Config, startPlugins: () => Promise<PluginRegistry>): AsyncGenerator<Finding> {
  const checks: Check[] = [
    async () => nodeVersion(process.versions.node),
    onnxRuntime,
    () => bundles(config),
    () => port(config),
    () => dataFolder(config),
    () => diskSpace(config),
    memory,
    () => plugins(startPlugins),
  ];
  for (const check of checks) yield* [await check()].flat();
}

export function nodeVersion(version: string): Finding {
  const came = version.split('.').map(Number);
  const difference = MIN_NODE.map((wanted, index) => (came[index] ?? 0) - wanted).find((step) => step !== 0) ?? 0;
  const what = `Node ${version}`;
  return difference >= 0
    ? ok(what)
    : notOk(what, `Darkroom needs Node ${MIN_NODE.join('.')} or newer: https://nodejs.org`);
}

/** In a child: a native library that does not fit the machine can take its process with it. */
async function onnxRuntime(): Promise<Finding> {
  const script =
    "const { version } = await import('onnxruntime-node/package.json', { with: { type: 'json' } }).then((m) => m.default); await import('darkroom/inference'); console.log(version);";
  try {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--no-warnings', '--input-type=module', '-e', script],
      {
        cwd: packageFolder(),
        timeout: 60_000,
      },
    );
    return ok(`onnxruntime-node ${stdout.trim()} loads`);
  } catch (error) {
    const reason =
      error instanceof Error && 'stderr' in error ? String(error.stderr).trim().split('\n').at(-1) : String(error);
    return notOk(
      `onnxruntime-node does not load: ${reason}`,
      'Install again with `npm ci`. It runs on Linux with glibc, macOS and Windows, on x64 and arm64.',
    );
  }
}

/** The bundles that plugins are configured with, every file by its hash. */
async function bundles({ plugins, pluginsDir }: Config): Promise<Finding[]> {
  const named = plugins.flatMap((plugin) => ('path' in plugin ? bundleOf(plugin.options) : []));
  const folders = new Set(named.map((folder) => resolve(pluginsDir, folder)));
  return Promise.all(
    [...folders].map(async (folder) => {
      try {
        const bundle = await openBundle(folder);
        await verifyBundle(bundle);
        const files = bundleFiles(bundle.manifest);
        const megabytes = files.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6;
        return ok(`bundle ${folder}: ${files.length} files, ${megabytes.toFixed(1)} MB, all as ${MANIFEST_FILE} says`);
      } catch (error) {
        const { code, message } = toGatewayError(error);
        return notOk(`bundle ${folder}: ${code}`, message);
      }
    }),
  );
}

function bundleOf(options: unknown): string[] {
  const bundle = typeof options === 'object' && options !== null && 'bundle' in options ? options.bundle : undefined;
  return typeof bundle === 'string' ? [bundle] : [];
}

async function port({ host, port }: Config): Promise<Finding> {
  try {
    await checkPort(host, port);
    return ok(`port ${port} of ${host} is free`);
  } catch (error) {
    const { code, message } = toGatewayError(error);
    return notOk(`port ${port} of ${host}: ${code}`, message);
  }
}

async function dataFolder({ dataDir }: Config): Promise<Finding> {
  const file = join(dataDir, `.doctor-${randomUUID()}`);
  try {
    await mkdir(dataDir, { recursive: true });
    await writeFile(file, '');
    await rm(file);
    return ok(`data folder ${dataDir} can be written`);
  } catch (error) {
    return notOk(
      `data folder ${dataDir} cannot be written: ${messageOf(error)}`,
      'Make it writable for this user, or choose another: --data FOLDER',
    );
  }
}

async function diskSpace({ dataDir }: Config): Promise<Finding> {
  try {
    const { bavail, bsize } = await statfs(dataDir);
    const what = `${gigabytes(bavail * bsize)} free on the disk of the data folder`;
    return bavail * bsize >= MIN_FREE_DISK_BYTES
      ? ok(what)
      : notOk(what, 'A picture takes about 0.1 to 1 MB. Free some space, or choose another folder: --data FOLDER');
  } catch (error) {
    return notOk(
      `the disk of ${dataDir} does not tell its free space: ${messageOf(error)}`,
      'See that the folder exists and may be read.',
    );
  }
}

async function memory(): Promise<Finding> {
  const what = `${gigabytes(totalmem())} memory, ${gigabytes(freemem())} of it unused; ${availableParallelism()} processor cores`;
  return totalmem() >= MIN_MEMORY_BYTES
    ? ok(what)
    : notOk(what, 'The embedded model needs about 2 GB; larger ones say so on their page in docs/.');
}

async function plugins(startPlugins: () => Promise<PluginRegistry>): Promise<Finding[]> {
  let registry: PluginRegistry | undefined;
  try {
    registry = await startPlugins();
    return registry.list().map(({ name, kind, version, state, lastError, memoryBytes }) => {
      if (state === 'FAILED')
        return notOk(`plugin ${name} does not start`, lastError ?? 'Its log says why: darkroom doctor --verbose');
      const size = memoryBytes === null ? '' : `, ${Math.round(memoryBytes / 1e6)} MB`;
      return ok(`plugin ${name} starts (${kind} ${version}${size})`);
    });
  } catch (error) {
    const { code, message } = toGatewayError(error);
    return [notOk(`the plugins do not fit together: ${code}`, message)];
  } finally {
    await registry?.stop();
  }
}

function ok(what: string): Finding {
  return { isOk: true, what };
}

function notOk(what: string, mend: string): Finding {
  return { isOk: false, what, mend };
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1024 ** 3).toFixed(1)} GB`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Where `darkroom/…` and its dependencies are found from. */
function packageFolder(): string {
  return fileURLToPath(new URL('.', import.meta.resolve('darkroom/package.json')));
}
