import { describe, expect, it } from '@jest/globals';

import { nodeVersion } from '../../../src/cli/doctor.js';

describe('the doctor', () => {
  it.each([
    ['20.19.0', true],
    ['20.20.1', true],
    ['22.0.0', true],
    ['20.18.3', false],
    ['20.9.9', false],
    ['18.20.4', false],
  ])('about Node %s: ok is %p', (version, isOk) => {
    const finding = nodeVersion(version);

    expect(finding.isOk).toBe(isOk);
    expect(finding.mend === undefined).toBe(isOk);
  });
});
