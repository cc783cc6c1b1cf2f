/** What is measured, and on what: the same for all benches of a run. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, cpus, loadavg, platform, totalmem } from 'node:os';
import { join } from 'node:path';

import { type Bundle, MANIFEST_FILE, openBundle } from '../../src/inference/index.js';
import { packageRoot } from '../../src/plugin/package-root.js';
import { version } from '../../src/version.js';
import type { Repetitions } from './repeat.js';

export interface Setting {
  readonly bundle: Bundle;
  readonly prompt: string;
  /** Of the first picture; each further one takes the next. */
  readonly seed: number;
  /** The same for the gateway's pictures and for the bare engine's. */
  readonly steps: number;
  readonly width: number;
  readonly height: number;
  readonly guidanceScale: number;
  readonly trueCfgScale: number;
  /** Threads inside one operator, in every process; 0 takes one per physical core. */
  readonly threads: number;
  /** Few repetitions: to see that a bench works, not what it measures. */
  readonly isQuick: boolean;
}

export interface SettingOptions {
  readonly bundle: string;
  readonly steps?: number | undefined;
  readonly threads: number;
  readonly isQuick: boolean;
}

/** @throws GatewayError as `openBundle`; Error when the bundle cannot draw */
export async function openSetting({ bundle: folder, steps, ...options }: SettingOptions): Promise<Setting> {
  const bundle = await openBundle(folder);
  const decoder = bundle.manifest.decoders.generation;
  if (decoder === null) throw new Error(`The bundle ${bundle.manifest.id} has no generation decoder to measure.`);
  const { numInferenceSteps, ...defaults } = decoder.defaults;
  return {
    bundle,
    prompt: 'a red circle above a small blue square',
    seed: 7,
    steps: steps ?? numInferenceSteps,
    ...defaults,
    ...options,
  };
}

/** @param full repetitions of a run whose numbers are kept */
export function repetitions({ isQuick }: Setting, full: Repetitions): Repetitions {
  return isQuick ? { warmUp: 1, atLeast: 2, atMost: 2, withinSeconds: 0 } : full;
}

/** Where the numbers come from. Nothing here names the machine or its folders. */
export interface Provenance {
  readonly processor: string;
  readonly memoryGb: number;
  readonly system: string;
  readonly node: string;
  readonly onnxruntime: string;
  readonly darkroom: string;
  readonly commit: string;
  readonly bundle: string;
  /** First digits of its manifest's sha256; the manifest holds the sha256 of every other file. */
  readonly bundleSha256: string;
  /** Processes that wanted a core in the minute before, averaged: 0 on an idle machine. */
  readonly loadBefore: number;
}

export function provenanceOf({ bundle }: Setting): Provenance {
  const [processor] = cpus();
  const manifest = readFileSync(join(bundle.folder, MANIFEST_FILE));
  return {
    processor: `${cpus().length} x ${processor?.model.trim() ?? 'unknown'}`,
    memoryGb: Math.round(totalmem() / 1024 ** 3),
    system: `${platform()} ${arch()}`,
    node: process.versions.node,
    onnxruntime: onnxruntimeVersion(),
    darkroom: version,
    commit: commit(),
    bundle: bundle.manifest.id,
    bundleSha256: createHash('sha256').update(manifest).digest('hex').slice(0, 12),
    loadBefore: loadavg()[0] ?? 0,
  };
}

function onnxruntimeVersion(): string {
  const { version }: { version?: unknown } = createRequire(import.meta.url)('onnxruntime-node/package.json');
  return String(version);
}

/** Of the checkout; `unknown` where there is none, for instance in an unpacked archive. */
function commit(): string {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: packageRoot, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    // What is measured is the code: the page that is about to be written may differ.
    const isChanged = git('status', '--porcelain', '--', 'src', 'plugins', 'bench') !== '';
    return git('rev-parse', '--short=12', 'HEAD') + (isChanged ? ', with changes that are not committed' : '');
  } catch {
    return 'unknown';
  }
}
