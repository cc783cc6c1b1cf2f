import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from '@jest/globals';

import { describeConfig, loadConfig } from '../../../src/config/index.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

describe('the configuration', () => {
  test('needs nothing: it serves the embedded model on this machine alone', async () => {
    const folder = await temporaryFolder();
    const config = await loadConfig({}, folder);
    expect(config).toMatchObject({
      host: '127.0.0.1',
      port: 4000,
      dataDir: join(folder, '.darkroom'),
      concurrency: 1,
      file: null,
    });
    expect(config.models.map(({ id }) => id)).toEqual(['nexus-nano']);
    expect(config.plugins.map(({ name }) => name)).toEqual([
      'nexus-encoder',
      'nexus-language',
      'nexus-generation-decoder',
      'nexus-editing-decoder',
    ]);
  });

  test('takes the command line before the environment, the environment before the file, the file before the defaults', async () => {
    const folder = await temporaryFolder();
    await writeFile(
      join(folder, 'darkroom.config.json'),
      JSON.stringify({ host: 'file', port: 1, concurrency: 2, limits: { promptChars: 11 } }),
    );
    const config = await loadConfig(
      { DARKROOM_HOST: 'environment', DARKROOM_PORT: '2', DARKROOM_LIMITS_UPLOAD_BYTES: '12' },
      folder,
      { port: 3 },
    );
    expect(config).toMatchObject({
      host: 'environment',
      port: 3,
      concurrency: 2,
      limits: { promptChars: 11, uploadBytes: 12, queryDepth: 14 },
    });
  });

  test('can be a module, and names paths from where it lies', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'elsewhere'));
    const file = join(folder, 'elsewhere', 'mine.json');
    const plugin = { name: 'p', path: './plugins/p' };
    await writeFile(file, JSON.stringify({ plugins: [plugin], models: [{ id: 'm', name: 'M', languageModel: 'p' }] }));
    const config = await loadConfig({ DARKROOM_CONFIG: 'elsewhere/mine.json' }, folder);
    expect(config.plugins).toEqual([
      { name: 'p', path: join(folder, 'elsewhere', 'plugins', 'p'), options: {}, env: {} },
    ]);
    expect(config.models).toEqual([{ id: 'm', name: 'M', languageModel: 'p', decoders: {} }]);
  });

  test('is refused with the option, its value and what was wanted', async () => {
    const folder = await temporaryFolder();
    await writeFile(
      join(folder, 'darkroom.config.json'),
      JSON.stringify({ limits: { uploadBytes: -5 }, colour: 'red' }),
    );
    const loading = loadConfig({ DARKROOM_CONCURRENCY: '1000' }, folder);
    await expect(loading).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await expect(loading).rejects.toThrow(/limits\.uploadBytes: .*-5/);
    await expect(loading).rejects.toThrow(/concurrency: .*1000/);
    await expect(loading).rejects.toThrow(/colour/);
  });

  test.each([
    [{ DARKROOM_PROT: '4001' }, /DARKROOM_PROT sets no option/],
    [{ DARKROOM_PORT: 'four thousand' }, /DARKROOM_PORT must hold a number.*four thousand/],
    [{ DARKROOM_CONFIG: 'missing.json' }, /no configuration file .*missing\.json/],
    [{ DARKROOM_LOG_LEVEL: 'loud' }, /logLevel/],
  ])('from the environment %j is refused', async (environment, message) => {
    const loading = loadConfig(environment, await temporaryFolder());
    await expect(loading).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await expect(loading).rejects.toThrow(message);
  });

  test('that is no JSON says where', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'darkroom.config.json'), '{ port: }');
    await expect(loadConfig({}, folder)).rejects.toThrow(/darkroom\.config\.json cannot be read/);
  });

  test('never tells a secret, neither in a refusal nor in its description', async () => {
    const folder = await temporaryFolder();
    await expect(loadConfig({ DARKROOM_URL_SECRET: 'short-secret' }, folder)).rejects.toThrow(/urlSecret/);
    await expect(loadConfig({ DARKROOM_URL_SECRET: 'short-secret' }, folder)).rejects.not.toThrow(/short-secret/);
    const secret = 's'.repeat(40);
    const config = await loadConfig({ DARKROOM_URL_SECRET: secret }, folder);
    expect(config.urlSecret).toBe(secret);
    expect(JSON.stringify(describeConfig(config))).not.toContain(secret);
  });

  test('reads the variables that other programs use for a hub, where ours are not set', async () => {
    const folder = await temporaryFolder();
    const config = await loadConfig(
      { HF_ENDPOINT: 'https://mirror.example', HF_TOKEN: 'theirs', DARKROOM_HUB_HUGGINGFACE_TOKEN: 'ours' },
      folder,
    );
    expect(config.hub).toMatchObject({
      kind: 'huggingface',
      huggingfaceUrl: 'https://mirror.example',
      huggingfaceToken: 'ours',
    });
    expect(config.modelsDir).toBe(join(folder, '.darkroom', 'models'));
    expect(JSON.stringify(describeConfig(config))).not.toContain('ours');
  });

  test('gives plugins what a program needs to run, and nothing of the operator', async () => {
    const config = await loadConfig(
      { PATH: '/bin', AWS_SECRET_ACCESS_KEY: 'x', DARKROOM_PORT: '1' },
      await temporaryFolder(),
    );
    expect(config.pluginEnvironment).toEqual({ PATH: '/bin' });
  });

  describe('of a plugin', () => {
    async function load(plugin: object, environment: Record<string, string> = {}) {
      const folder = await temporaryFolder();
      const models = [{ id: 'm', name: 'M', languageModel: 'far' }];
      await writeFile(
        join(folder, 'darkroom.config.json'),
        JSON.stringify({ plugins: [{ name: 'far', ...plugin }], models }),
      );
      return { folder, config: await loadConfig(environment, folder) };
    }

    test('passes secrets on from the environment, and does not print them', async () => {
      const { folder, config } = await load(
        { path: './far', command: ['./venv/bin/python', '-m', 'host'], env: { LEVEL: '1' }, passEnv: ['API_KEY'] },
        { API_KEY: 'a secret' },
      );
      expect(config.plugins).toEqual([
        {
          ...{ name: 'far', path: join(folder, 'far'), options: {}, env: { LEVEL: '1', API_KEY: 'a secret' } },
          command: [join(folder, 'venv/bin/python'), '-m', 'host'],
        },
      ]);
      expect(JSON.stringify(describeConfig(config))).not.toContain('a secret');
    });

    test('takes its address, or several, with the token from the environment', async () => {
      const { folder, config } = await load(
        { address: 'grpcs://gpu-1:7443', tokenVariable: 'DARKROOM_GPU_TOKEN', tls: { ca: 'ca.pem' } },
        { DARKROOM_GPU_TOKEN: 'a secret' },
      );
      expect(config.plugins).toEqual([
        {
          ...{ name: 'far', addresses: ['grpcs://gpu-1:7443'], token: 'a secret' },
          tls: { caFile: join(folder, 'ca.pem'), serverName: undefined },
        },
      ]);
      expect(JSON.stringify(describeConfig(config))).not.toContain('a secret');
    });

    test.each([
      ['neither path nor address', {}, 'needs either a path'],
      ['both', { path: './far', address: 'grpc://a:1' }, 'needs either a path'],
      [
        'an address with options',
        { address: 'grpc://a:1', tokenVariable: 'T', options: {} },
        'Unrecognized key: "options"',
      ],
      ['an address without a token', { address: 'grpc://a:1' }, 'plugins.0.tokenVariable'],
      ['a variable that is not set', { path: './far', passEnv: ['API_KEY'] }, 'API_KEY, which is not set'],
    ])('is refused with %s', async (_what, plugin, message) => {
      await expect(load(plugin)).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining(message),
      });
    });
  });

  test('cannot be changed afterwards', async () => {
    const config = await loadConfig({}, await temporaryFolder());
    expect(Object.isFrozen(config) && Object.isFrozen(config.limits) && Object.isFrozen(config.plugins[0])).toBe(true);
  });
});

describe('the description of the configuration', () => {
  test('names every option with meaning, variable, unit, default and value', async () => {
    const described = describeConfig(await loadConfig({ DARKROOM_PREVIEWS_MAX_SIZE: '64' }, await temporaryFolder()));
    expect(described.length).toBeGreaterThan(30);
    expect(described.every(({ meaning }) => meaning.endsWith('.') && meaning.length > 10)).toBe(true);
    expect(described.find(({ option }) => option === 'previews.maxSize')).toEqual({
      option: 'previews.maxSize',
      variable: 'DARKROOM_PREVIEWS_MAX_SIZE',
      meaning: 'Longer side of a preview, for a subscriber who does not say.',
      unit: 'pixels',
      default: 512,
      value: 64,
      isDefault: false,
    });
    expect(described.find(({ option }) => option === 'port')).toMatchObject({
      default: 4000,
      value: 4000,
      isDefault: true,
    });
  });
});
