import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  CHECK_IDS,
  type CheckStatus,
  describeConformance,
  formatReport,
  runConformance,
} from '../../src/plugin/conformance/index.js';
import { fixture, minimal } from './support.js';

const timeoutMs = 240_000;

describeConformance({ describe, beforeAll, it }, minimal('encoder'), { timeoutMs });
describeConformance({ describe, beforeAll, it }, minimal('language-model'), { timeoutMs });
describeConformance({ describe, beforeAll, it }, minimal('decoder'), { timeoutMs });

const BROKEN = [
  ['declares-nothing', 'handshake'],
  ['greets-anybody', 'handshake.version'],
  ['takes-any-options', 'options.refused'],
  ['paints-too-small', 'answers.schema'],
  ['paints-by-chance', 'determinism.same-seed'],
  ['shows-unasked', 'previews.as-wished'],
  ['paints-for-watchers', 'previews.on-equals-off'],
  ['deaf-to-aborts', 'abort.within-one-step'],
  ['mixes-its-calls', 'calls.concurrent'],
  ['dies-of-nonsense', 'calls.failure-stays-alone'],
  ['pads-its-tensors', 'inputs.wrong-shape'],
  ['takes-any-space', 'inputs.wrong-space'],
  ['dies-of-long-texts', 'inputs.huge'],
  ['leaks', 'memory.after-100-calls'],
  ['starts-once', 'kill.restart'],
] as const;

describe('a plugin that breaks one rule fails the check of that rule, and no other', () => {
  it.each(BROKEN)(
    '%s fails %s',
    async (plugin, id) => {
      const report = await runConformance(fixture(plugin));
      expect(report.passed).toBe(false);
      expect(report.checks.map((check) => check.id)).toEqual(CHECK_IDS);
      expect(report.checks.filter(({ status }) => status === 'failed').map((check) => check.id)).toEqual([id]);
      // What could not be asked after that says so.
      const skipped = report.checks.filter(({ status }) => status === 'skipped').map(({ detail }) => detail);
      expect(skipped.filter((detail) => !/^It says nothing after \S+ (failed|skipped)\.$/.test(detail))).toEqual([]);
    },
    timeoutMs,
  );
});

it('every check has a plugin that fails it', () =>
  expect(new Set(BROKEN.map(([, id]) => id))).toEqual(new Set(CHECK_IDS)));

describe('the report', () => {
  it(
    'of a plugin that does not start says why, and skips the rest',
    async () => {
      const report = await runConformance(fixture('crashes-at-import'), { timing: { maxFailures: 0 } });
      expect(report).toMatchObject({ plugin: null, passed: false });
      expect(report.checks[0]).toMatchObject({
        id: 'handshake',
        status: 'failed',
        detail: expect.stringContaining('libdarkroom'),
      });
      expect(report.checks.slice(1).every(({ status }) => status === 'skipped')).toBe(true);
      expect(formatReport(report)).toContain('✗ handshake');
    },
    timeoutMs,
  );

  it(
    'lists what a plugin does not claim as skipped',
    async () => {
      const report = await runConformance(minimal('encoder'));
      const skipped = report.checks.filter(({ status }) => status === 'skipped');
      expect(skipped.map(({ id, detail }) => [id, detail])).toEqual([
        ['previews.as-wished', 'Only image decoders make previews.'],
        ['previews.on-equals-off', 'Only image decoders make previews.'],
        ['inputs.wrong-space', 'This vision-encoder takes no embeddings.'],
      ]);
    },
    timeoutMs,
  );

  it('is text, JSON or JUnit XML', () => {
    const told = (id: string, status: CheckStatus, detail: string) => ({
      id,
      title: 'keeps it',
      status,
      detail,
      durationMs: 1500,
    });
    const checks = [told('a', 'passed', ''), told('b', 'failed', 'a < "b"'), told('c', 'skipped', 'Not claimed.')];
    const report = { plugin: { name: 'p', version: '1.0.0', kind: 'image-decoder' as const }, checks, passed: false };
    expect(formatReport(report).split('\n').at(-1)).toBe('It does not conform: 1 of 3 checks failed.');
    expect(JSON.parse(formatReport(report, 'json'))).toEqual(report);
    const xml = formatReport(report, 'junit');
    expect(xml).toContain('tests="3" failures="1" skipped="1" errors="0" time="4.500"');
    expect(xml).toContain('<testcase classname="p 1.0.0" name="a: keeps it" time="1.500"/>');
    expect(xml).toContain('<failure message="a &lt; &quot;b&quot;"/>');
    expect(xml).toContain('<skipped message="Not claimed."/>');
  });
});
