import { beforeAll, describe, expect, it } from '@jest/globals';
import { describeConformance, runConformance } from '../../src/plugin/conformance/index.js';
import { command, minimalPython, pythonFixture } from './support.js';

const timeoutMs = 240_000;

describeConformance({ describe, beforeAll, it }, minimalPython('encoder'), { command, timeoutMs });
describeConformance({ describe, beforeAll, it }, minimalPython('language_model'), { command, timeoutMs });
describeConformance({ describe, beforeAll, it }, minimalPython('decoder'), { command, timeoutMs });

describe('a Python plugin that breaks one rule fails the check of that rule, and no other', () => {
  it.each([
    ['paints_by_chance', 'determinism.same-seed'],
    ['shows_unasked', 'previews.as-wished'],
    ['deaf_to_aborts', 'abort.within-one-step'],
    ['dies_of_long_texts', 'inputs.huge'],
    ['leaks', 'memory.after-100-calls'],
  ])(
    '%s fails %s',
    async (plugin, id) => {
      const { checks } = await runConformance(pythonFixture(plugin), { command });
      expect(checks.filter(({ status }) => status === 'failed').map((check) => check.id)).toEqual([id]);
    },
    timeoutMs,
  );
});
