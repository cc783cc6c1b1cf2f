import { readFileSync } from 'node:fs';

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
