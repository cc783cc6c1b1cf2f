import type { PluginKind } from '../contract.js';

/** `skipped`: the plugin does not claim what is checked, or an earlier check makes this one meaningless. */
export type CheckStatus = 'passed' | 'failed' | 'skipped';

export interface CheckResult {
  /** Stable: continuous integration may name it. */
  readonly id: string;
  /** What a plugin has to do. */
  readonly title: string;
  readonly status: CheckStatus;
  /** Why it failed or was skipped; empty when it passed. */
  readonly detail: string;
  readonly durationMs: number;
}

export interface ConformanceReport {
  /** Null when it did not get as far as saying who it is. */
  readonly plugin: { readonly name: string; readonly version: string; readonly kind: PluginKind } | null;
  readonly checks: readonly CheckResult[];
  /** Nothing failed. */
  readonly passed: boolean;
}

/** The report as lines for a terminal. */
export function formatReport({ plugin, checks, passed }: ConformanceReport): string {
  const marks = { passed: '✓', failed: '✗', skipped: '–' } as const;
  const lines = checks.map(({ id, title, status, detail, durationMs }) => {
    const line = `  ${marks[status]} ${id.padEnd(26)} ${title} (${Math.round(durationMs)} ms)`;
    return detail === '' ? line : `${line}\n      ${detail}`;
  });
  const name = plugin ? `${plugin.name} ${plugin.version}, ${plugin.kind}` : 'a plugin that did not start';
  const failed = checks.filter(({ status }) => status === 'failed').length;
  return [
    name,
    ...lines,
    passed ? 'It conforms.' : `It does not conform: ${failed} of ${checks.length} checks failed.`,
  ].join('\n');
}
