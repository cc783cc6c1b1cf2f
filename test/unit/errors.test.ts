import { readFileSync, readdirSync } from 'node:fs';

import { describe, expect, it } from '@jest/globals';

import { ERROR_CODES } from '../../src/errors/index.js';

describe('docs/errors.md', () => {
  it('lists every code with its status, and none that does not exist', () => {
    const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
    const rows = [...page.matchAll(/^\| `([A-Z_]+)` \| (\d{3}) \| (yes|no) \|/gm)];

    const listed = rows.map(([, code, status, retryable]) => [code, Number(status), retryable === 'yes']);
    const known = Object.entries(ERROR_CODES).map(([code, { status, retryable }]) => [code, status, retryable]);

    expect(listed).toEqual(known);
  });
});

describe('an error code', () => {
  it('is of some use: something makes an error of it', () => {
    const folders = ['src', 'plugins', 'sdk'].map((name) => new URL(`../../${name}/`, import.meta.url));
    const sources = folders.flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((name) => /\.(ts|mjs|py)$/.test(name) && name !== 'errors/codes.ts')
        .map((name) => readFileSync(new URL(name, folder), 'utf8')),
    );
    const text = sources.join('\n');

    expect(sources.length).toBeGreaterThan(200);
    expect(Object.keys(ERROR_CODES).filter((code) => !new RegExp(`['"]${code}['"]`).test(text))).toEqual([]);
  });
});
