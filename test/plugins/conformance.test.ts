import { beforeAll, describe, expect, it } from '@jest/globals';
import { CHECK_IDS, describeConformance, formatReport, runConformance } from '../../src/plugin/conformance/index.js';
import { fixture, minimal } from './support.js';

const timeoutMs = 240_000;

describeConformance({ describe, beforeAll, it }, minimal('encoder'), { timeoutMs });
describeConformance({ describe, beforeAll, it }, minimal('language-model'), { timeoutMs });
describeConformance({ describe, beforeAll, it }, minimal('decoder'), { timeoutMs });

describe('a plugin that breaks one rule fails the check of that rule, and no other', () => {
  it.each([
    ['paints-for-watchers', 'previews.on-equals-off'],
    ['deaf-to-aborts', 'abort.within-one-step'],
  ])(
    '%s fails %s',
    async (plugin, id) => {
      const report = await runConformance(fixture(plugin));
      expect(report.passed).toBe(false);
      expect(report.checks.map((check) => check.id)).toEqual(CHECK_IDS);
      expect(report.checks.filter(({ status }) => status !== 'passed')).toMatchObject([{ id, status: 'failed' }]);
    },
    timeoutMs,
  );
});

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
      ]);
    },
    timeoutMs,
  );
});
