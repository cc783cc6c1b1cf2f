import { describe, expect, it } from '@jest/globals';

import { type BenchRun, renderPage, updatePage } from '../../../bench/lib/page.js';
import type { Provenance, Setting } from '../../../bench/lib/setting.js';

const setting = { steps: 4, width: 64, height: 64, trueCfgScale: 1, threads: 0, prompt: 'a star' } as Setting;
const provenance: Provenance = {
  ...{ processor: '2 x CPU', memoryGb: 4, system: 'linux', node: '20', onnxruntime: '1', darkroom: '0' },
  ...{ commit: 'abc', bundle: 'tiny', bundleSha256: '0', loadBefore: 0.1 },
};
const run = (name: string, measured: string, isMet = true): BenchRun => ({
  bench: { name, title: `About ${name}`, explanation: 'Why.', run: async () => Promise.reject(new Error('not run')) },
  findings: {
    tables: [{ columns: ['', 'n'], rows: [['x', measured]] }],
    goals: [{ what: `${name} a second`, wanted: 'many', measured, isMet }],
    reading: [`It was ${measured}.`],
    figures: { measured },
  },
});

describe('updatePage', () => {
  const page = renderPage(setting, provenance, [run('one', '1'), run('two', '2')]);

  it('puts a newer result in place of the older one and leaves the others', () => {
    const updated = updatePage(page, { ...provenance, commit: 'def' }, [run('one', '10', false)]);

    expect(updated).not.toContain('It was 1.');
    for (const text of [
      'It was 10.',
      'It was 2.',
      'Measured by itself at commit def',
      '| two a second | many | 2 | yes |',
    ])
      expect(updated).toContain(text);
    expect(updated).toContain('1 of 2 goals was not met in this run: one a second.');
    expect(updated.match(/^\{"bench":/gm)).toHaveLength(2);
    expect(updated.match(/^## /gm)).toHaveLength(4);
  });

  it('adds a new one before the numbers for programs', () => {
    const updated = updatePage(page, provenance, [run('three', '3')]);

    expect([...updated.matchAll(/^## (.*)$/gm)].map(([, title]) => title)).toEqual([
      ...['Goals', 'About one', 'About two', 'About three', 'As JSON'],
    ]);
    expect(updated.match(/^\{"bench":/gm)).toHaveLength(3);
    expect(updated).toContain('All goals were met in this run.');
    expect(updated.endsWith('```\n')).toBe(true);
  });

  it('gives the same page for the same results', () => {
    const once = updatePage(page, provenance, [run('one', '10')]);

    expect(updatePage(once, provenance, [run('one', '10')])).toBe(once);
  });
});
