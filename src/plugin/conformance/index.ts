/**
 * `darkroom/plugin/conformance`: does a plugin keep the contract? Asked from outside, through its process, so the
 * answer holds for every language.
 */
import type { PluginLog } from '../contract.js';
import { resolvePlugin } from '../program.js';
import { PluginSupervisor } from '../supervisor/supervisor.js';
import type { SupervisorTiming } from '../supervisor/timing.js';
import { type Check, CHECKS, handshakeAlone, type Subject } from './checks.js';
import { type ConformanceSamples, exerciseOf } from './exercise.js';
import type { CheckResult, ConformanceReport } from './report.js';

export type { ConformanceSamples } from './exercise.js';
export {
  type CheckResult,
  type CheckStatus,
  type ConformanceReport,
  formatReport,
  REPORT_FORMATS,
  type ReportFormat,
} from './report.js';

export interface ConformanceOptions {
  /** The plugin's options. */
  readonly options?: unknown;
  /** The host program with its first arguments, instead of the declared one. */
  readonly command?: readonly string[];
  /** The whole environment of its process. Default: empty. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly samples?: ConformanceSamples;
  /** Takes what the plugin logs and prints. Default: dropped. */
  readonly log?: PluginLog;
  readonly timing?: Partial<SupervisorTiming>;
}

/** The id of every check, in the order in which they run. */
export const CHECK_IDS: readonly string[] = CHECKS.map(({ id }) => id);

const START_DEADLINE_MS = 120_000;
const silent: PluginLog = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * Runs every check against a plugin.
 *
 * @param path the plugin's folder, or its JavaScript or Python file
 * @throws {GatewayError} CONFIG_INVALID when there is no plugin at `path`; what a plugin does wrong is in the report
 */
export async function runConformance(path: string, options: ConformanceOptions = {}): Promise<ConformanceReport> {
  const program = await resolvePlugin(path, options.command);
  const { environment = {}, samples = {}, log = silent, timing = {} } = options;
  const supervisor = new PluginSupervisor({
    name: 'plugin',
    program,
    options: options.options,
    environment,
    log,
    timing,
  });
  try {
    await supervisor.start();
    const { introduction, state } = supervisor;
    if (!introduction) {
      const reason = state.type === 'FAILED' ? state.reason.message : 'It did not start.';
      return reportOf(null, [
        ...CHECKS.map((check, index) => result(check, index === 0 ? 'failed' : 'skipped', reason, 0)),
      ]);
    }
    const { name, version, capabilities: declared } = introduction;
    const { startDeadlineMs = START_DEADLINE_MS } = timing;
    const subject: Subject = {
      supervisor,
      declared,
      exercise: exerciseOf(supervisor, declared, samples),
      handshakeAlone: (pluginOptions, apiVersions) =>
        handshakeAlone(program, environment, pluginOptions, startDeadlineMs, apiVersions),
      options: options.options,
      async memoryBytes() {
        const session = await supervisor.acquire(AbortSignal.timeout(supervisor.timing.callWaitMs));
        try {
          const health = await session.connection.health(new Date(Date.now() + startDeadlineMs));
          return health.memoryBytes;
        } finally {
          session.release(false);
        }
      },
      abortDeadlineMs: supervisor.timing.abortDeadlineMs,
    };
    const results: CheckResult[] = [];
    for (const check of CHECKS) results.push(await runCheck(check, subject, results));
    return reportOf({ name, version, kind: declared.kind }, results);
  } finally {
    await supervisor.stop();
  }
}

/** What a test runner offers; jest's and vitest's globals fit. */
export interface TestRunner {
  describe(name: string, define: () => void): void;
  beforeAll(prepare: () => Promise<void>, timeoutMs: number): void;
  it(name: string, test: () => void): void;
}

/** Registers one test for each check; checks that are skipped pass. */
export function describeConformance(
  { describe, beforeAll, it }: TestRunner,
  path: string,
  options: ConformanceOptions & { readonly timeoutMs?: number } = {},
): void {
  describe(`conformance of ${path}`, () => {
    let report: ConformanceReport | undefined;
    beforeAll(async () => {
      report = await runConformance(path, options);
    }, options.timeoutMs ?? START_DEADLINE_MS);

    for (const { id, title } of CHECKS) {
      it(`${id}: ${title}`, () => {
        const found = report?.checks.find((check) => check.id === id);
        if (found?.status !== 'passed' && found?.status !== 'skipped')
          throw new Error(found?.detail ?? 'It was not checked.');
      });
    }
  });
}

async function runCheck(check: Check, subject: Subject, before: readonly CheckResult[]): Promise<CheckResult> {
  const notClaimed = check.skip?.(subject.declared, subject.exercise);
  if (notClaimed !== undefined) return result(check, 'skipped', notClaimed, 0);
  const needed = before.find(({ id }) => id === check.needs);
  if (needed && needed.status !== 'passed')
    return result(check, 'skipped', `It says nothing after ${needed.id} ${needed.status}.`, 0);

  const startedAt = performance.now();
  try {
    await check.run(subject);
    return result(check, 'passed', '', performance.now() - startedAt);
  } catch (error) {
    const durationMs = performance.now() - startedAt;
    const detail = error instanceof Error ? error.message : String(error);
    // A process that died of it is back before the next check, so that this death is not taken for that one's doing.
    await subject.memoryBytes().catch(() => {});
    return result(check, 'failed', detail, durationMs);
  }
}

function result({ id, title }: Check, status: CheckResult['status'], detail: string, durationMs: number): CheckResult {
  return { id, title, status, detail, durationMs };
}

function reportOf(plugin: ConformanceReport['plugin'], checks: readonly CheckResult[]): ConformanceReport {
  return { plugin, checks, passed: checks.every(({ status }) => status !== 'failed') };
}
