import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../../src/plugin/package-root.js';
import { breakingChanges } from '../../support/proto-changes.js';

const folder = join(packageRoot, 'schema/plugin/v1');
const now = join(folder, 'plugin.proto');
const releases = readdirSync(join(folder, 'released'));

it('there is a release to keep', () => expect(releases).toContain('1.0.proto'));

it.each(releases)('the contract keeps what %s promised', (release) => {
  expect(breakingChanges(join(folder, 'released', release), now)).toEqual([]);
});

describe('a change that would break a plugin is found', () => {
  let scratch = '';
  beforeAll(() => {
    scratch = mkdtempSync(join(tmpdir(), 'darkroom-proto-'));
  });
  afterAll(() => rmSync(scratch, { recursive: true }));

  function changed(from: string, to: string): string[] {
    const text = readFileSync(now, 'utf8');
    if (!text.includes(from)) throw new Error(`plugin.proto holds no "${from}".`);
    const file = join(scratch, 'plugin.proto');
    writeFileSync(file, text.replace(from, to));
    return breakingChanges(now, file);
  }

  it.each([
    [
      'a field taken out',
      '  uint32 active_calls = 2;\n',
      '',
      /^field .*HealthResponse.2 is gone; it was uint32 active_/,
    ],
    [
      'a field of another number',
      'string options_json = 2;',
      'string options_json = 20;',
      /HandshakeRequest.2 is gone/,
    ],
    ['a field of another type', 'uint32 step_index = 1;', 'uint64 step_index = 1;', /was uint32 .* and is uint64/],
    ['a field of another name', 'bool true_cfg = 3;', 'bool cfg = 3;', /was bool true_cfg and is bool cfg/],
    [
      'a list that becomes one',
      'repeated uint32 dims = 1;',
      'uint32 dims = 1;',
      /was repeated uint32 dims and is uint32/,
    ],
    [
      'an option that always is there',
      'optional double top_p = 3;',
      'double top_p = 3;',
      /was optional double .* and is double/,
    ],
    ['a value taken out', '  END_REASON_LENGTH = 2;\n', '', /^value .*EndReason.2 is gone; it was END_REASON_LENGTH/],
    [
      'a call taken out',
      '  rpc Health(HealthRequest) returns (HealthResponse);\n',
      '',
      /^call .*Plugin.Health is gone/,
    ],
    [
      'a call that streams no more',
      'returns (stream GenerateEvent)',
      'returns (GenerateEvent)',
      /to stream Gen.* and is .*to Gen/,
    ],
  ] as const)('%s', (_what, from, to, sentence) => {
    expect(changed(from, to)).toContainEqual(expect.stringMatching(sentence));
  });

  it('but not an addition', () => {
    const added = changed('message CloseRequest {}', 'message CloseRequest { string reason = 1; }');
    expect(added).toEqual([]);
  });
});
