import { describe, expect, it } from '@jest/globals';

import { fileFilter } from '../../../src/model-store/globs.js';
import { checkModelName, parseRepository, printable, whyUnsafe } from '../../../src/model-store/paths.js';

describe('a repository on the command line', () => {
  it.each([
    ['owner/name', { repository: 'owner/name', revision: undefined }],
    ['owner/name@v1.0', { repository: 'owner/name', revision: 'v1.0' }],
    ['owner/name@refs/pr/1', { repository: 'owner/name', revision: 'refs/pr/1' }],
    ['an-owner.x/Name_2.5-VL', { repository: 'an-owner.x/Name_2.5-VL', revision: undefined }],
  ])('%s', (text, reference) => {
    expect(parseRepository(text)).toEqual(reference);
  });

  it.each([
    'name',
    'a/b/c',
    '../name',
    'owner/..',
    'owner/na me',
    'owner/name@',
    'https://hub/owner/name',
    '',
    'o/n@a\nb',
  ])('is refused as %j', (text) => {
    expect(() => parseRepository(text)).toThrow(expect.objectContaining({ code: 'BAD_INPUT' }));
  });
});

describe('the name of a model', () => {
  it.each(['name', 'Nexus-Gen_V2.1', '0'])('may be %s', (name) => {
    expect(checkModelName(name)).toBe(name);
  });

  it.each(['', '.', '..', '.hidden', 'a/b', 'a..b', 'a b', '-x', 'x'.repeat(97)])('may not be %j', (name) => {
    expect(() => checkModelName(name)).toThrow(expect.objectContaining({ code: 'BAD_INPUT' }));
  });
});

describe('the path of a file', () => {
  it.each(['a.bin', 'a/b/c.json', '.gitattributes', 'with space/and ünicode', 'a..b', '...'])('may be %j', (path) => {
    expect(whyUnsafe(path)).toBeNull();
  });

  it.each([
    '',
    '/a',
    'a/',
    './a',
    'a/./b',
    '..',
    'a/..',
    'C:/a',
    String.raw`a\b`,
    'a\0',
    'a\n',
    'a\ud800',
    'x'.repeat(256),
  ])('may not be %j', (path) => {
    expect(whyUnsafe(path)).not.toBeNull();
  });
});

it('text of a hub that is shown has no control characters and an end', () => {
  expect(printable('a\u001b[2Jb\nc')).toBe('a?[2Jb?c');
  expect(printable('x'.repeat(1000))).toHaveLength(301);
});

describe('a pattern', () => {
  const matches = (pattern: string, path: string) => fileFilter({ include: [pattern], exclude: [] })(path);

  it.each([
    ['*.json', 'config.json'],
    ['*.json', 'a/b/config.json'],
    ['vae/*', 'vae/x.bin'],
    ['vae/', 'vae/deep/x.bin'],
    ['**/x.bin', 'x.bin'],
    ['**/x.bin', 'a/b/x.bin'],
    ['a/**', 'a/b/c'],
    ['model-0000?-of-*.bin', 'model-00001-of-00004.bin'],
    ['*.{json,txt}', 'a.txt'],
    ['shard-[0-3].bin', 'shard-2.bin'],
    ['shard-[!0-3].bin', 'shard-7.bin'],
    ['a+(b).c$', 'a+(b).c$'],
    ['[', '['],
    ['[a&b].bin', '&.bin'],
    ['[~^[|].bin', '^.bin'],
  ])('%s takes %s', (pattern, path) => {
    expect(matches(pattern, path)).toBe(true);
  });

  it.each([
    ['*.json', 'config.json5'],
    ['vae/*', 'vae/deep/x.bin'],
    ['vae/*', 'other/vae/x.bin'],
    ['vae/', 'vaex'],
    ['a.c', 'abc'],
    ['shard-[0-3].bin', 'shard-7.bin'],
    ['*.{json,txt}', 'a.bin'],
    ['?', '/'],
  ])('%s leaves %s', (pattern, path) => {
    expect(matches(pattern, path)).toBe(false);
  });

  it('that excludes goes before one that includes', () => {
    const isWanted = fileFilter({ include: ['*.bin', '*.json'], exclude: ['old/', 'b.*'] });
    expect(['a.bin', 'a.txt', 'old/a.bin', 'b.json'].filter(isWanted)).toEqual(['a.bin']);
  });

  it.each(['*.{json', 'model-[9-0].bin'])('that cannot be read is refused: %s', (pattern) => {
    expect(() => fileFilter({ include: [pattern], exclude: [] })).toThrow(
      expect.objectContaining({ code: 'BAD_INPUT', message: expect.stringContaining(pattern) }),
    );
  });
});
