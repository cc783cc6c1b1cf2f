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

export const REPORT_FORMATS = ['text', 'json', 'junit'] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

/** The report for a terminal, for programs, or as JUnit XML for continuous integration. */
export function formatReport(report: ConformanceReport, format: ReportFormat = 'text'): string {
  switch (format) {
    case 'text':
      return asText(report);
    case 'json':
      return JSON.stringify(report, null, 2);
    case 'junit':
      return asJunit(report);
  }
}

function asText({ plugin, checks, passed }: ConformanceReport): string {
  const marks = { passed: '✓', failed: '✗', skipped: '–' } as const;
  const lines = checks.map(({ id, title, status, detail, durationMs }) => {
    const line = `  ${marks[status]} ${id.padEnd(26)} ${title} (${Math.round(durationMs)} ms)`;
    return detail === '' ? line : `${line}\n      ${detail}`;
  });
  const name = plugin ? `${plugin.name} ${plugin.version}, ${plugin.kind}` : 'a plugin that did not start';
  const failed = checks.filter(({ status }) => status === 'failed').length;
  const skipped = checks.filter(({ status }) => status === 'skipped').length;
  return [
    name,
    ...lines,
    passed
      ? `It conforms; ${skipped} of ${checks.length} checks were skipped.`
      : `It does not conform: ${failed} of ${checks.length} checks failed.`,
  ].join('\n');
}

function asJunit({ plugin, checks }: ConformanceReport): string {
  const count = (status: CheckStatus) => checks.filter((check) => check.status === status).length;
  const seconds = (ms: number) => (ms / 1000).toFixed(3);
  const name = plugin ? `${plugin.name} ${plugin.version}` : 'plugin';
  const total = checks.reduce((sum, { durationMs }) => sum + durationMs, 0);
  const cases = checks.map(({ id, title, status, detail, durationMs }) => {
    const open = `    <testcase classname="${escape(name)}" name="${escape(`${id}: ${title}`)}" time="${seconds(durationMs)}"`;
    if (status === 'passed') return `${open}/>`;
    const inner =
      status === 'failed' ? `<failure message="${escape(detail)}"/>` : `<skipped message="${escape(detail)}"/>`;
    return `${open}>${inner}</testcase>`;
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<testsuites>',
    `  <testsuite name="${escape(`conformance of ${name}`)}" tests="${checks.length}" failures="${count('failed')}" skipped="${count('skipped')}" errors="0" time="${seconds(total)}">`,
    ...cases,
    '  </testsuite>',
    '</testsuites>',
  ].join('\n');
}

/** Control characters have no place in XML at all. */
function escape(text: string): string {
  const marks: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    '\n': '&#10;',
  };
  return Array.from(text, (letter) => marks[letter] ?? (letter < ' ' ? ' ' : letter)).join('');
}
