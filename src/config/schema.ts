/**
 * Every option of the gateway: meaning, unit and default, once. The configuration file has this shape; an environment variable sets
 * one option by its path (`limits.uploadBytes` is DARKROOM_LIMITS_UPLOAD_BYTES).
 */
import { z } from 'zod';

/** What `darkroom config` says about an option. */
export interface OptionMeta {
  readonly meaning: string;
  readonly unit?: string;
  /** Not printed. */
  readonly isSecret?: boolean;
  /** A variable that other programs use for the same thing; read where ours is not set. */
  readonly commonVariable?: string;
}

const whole = (minimum: number, maximum = Number.MAX_SAFE_INTEGER) => z.int().min(minimum).max(maximum);
const megabyte = 1024 * 1024;
const hubUrl = z.url({ protocol: /^https?$/ });

/** Says what an option means; the registry is read by `describeConfig`. */
function option<Schema extends z.ZodType>(schema: Schema, meta: OptionMeta): Schema {
  OPTION_METAS.set(schema, meta);
  return schema;
}

export const OPTION_METAS = new Map<z.ZodType, OptionMeta>();

const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of an environment variable');

/** A plugin whose process the gateway starts. */
const localPluginSchema = z.strictObject({
  /** Models name it by this. */
  name: z.string().min(1),
  /** Its folder (with a package.json or darkroom.json), or its JavaScript or Python file; relative to the configuration file. */
  path: z.string().min(1),
  /** The host program with its first arguments, for instance `["/opt/venv/bin/python", "-m", "darkroom_plugin"]`. */
  command: z.array(z.string().min(1)).min(1).optional(),
  /** For the plugin, which validates them. Relative paths in them count from the configuration file. */
  options: z.record(z.string(), z.unknown()).default({}),
  /** Environment variables of its process, beyond those that all plugins get. */
  env: z.record(z.string(), z.string()).default({}),
  /** Variables of the gateway's own environment that its process gets as well: for secrets, which belong in no file. */
  passEnv: z.array(variable).default([]),
  /** Resident memory above which its process is killed and started again. */
  memoryLimitBytes: whole(16 * 1024 * 1024).optional(),
});

/** A plugin that runs elsewhere: `darkroom plugin serve`. */
const remotePluginSchema = z.strictObject({
  name: z.string().min(1),
  /** `grpcs://HOST:PORT`, or `grpc://HOST:PORT` for plain text; several share the calls. */
  address: z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]),
  /** The variable of the gateway's environment that holds the token. */
  tokenVariable: variable,
  tls: z
    .strictObject({
      /** File of the trusted authorities in PEM, relative to the configuration file. Default: those of the system. */
      ca: z.string().min(1).optional(),
      /** Name that the certificate has to bear. Default: the address's host. */
      serverName: z.string().min(1).optional(),
    })
    .optional(),
});

/** One of the two, told apart before they are checked, so that the messages are about what was meant. */
const pluginSchema = z.unknown().transform((plugin, context): LocalPluginOptions | RemotePluginOptions => {
  const keys = typeof plugin === 'object' && plugin !== null ? Object.keys(plugin) : [];
  if (keys.includes('path') === keys.includes('address')) {
    const message = 'needs either a path (the gateway starts it) or an address (it runs elsewhere)';
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  }
  const parsed = (keys.includes('address') ? remotePluginSchema : localPluginSchema).safeParse(plugin);
  if (parsed.success) return parsed.data;
  for (const { path, message } of parsed.error.issues) context.addIssue({ code: 'custom', path: [...path], message });
  return z.NEVER;
});

const modelSchema = z.strictObject({
  id: z.string().min(1),
  name: z.string().min(1),
  /** Name of a plugin. A language model that reads pixels needs no encoder. */
  encoder: z.string().min(1).optional(),
  languageModel: z.string().min(1),
  decoders: z
    .strictObject({ generation: z.string().min(1).optional(), editing: z.string().min(1).optional() })
    .default({}),
});

export const configSchema = z.strictObject({
  host: option(z.string().min(1).default('127.0.0.1'), {
    meaning: 'Address to listen on. The default is this machine alone; there is no password.',
  }),
  port: option(whole(0, 65_535).default(4000), { meaning: 'Port to listen on; 0 takes a free one.' }),
  publicUrl: option(z.url({ protocol: /^https?$/ }).optional(), {
    meaning: 'Where callers reach the gateway, when that is not host and port: behind a proxy, for instance.',
  }),
  allowedOrigins: option(z.array(z.string().min(1)).default([]), {
    meaning: 'Origins of other pages that may use the gateway from a browser, for instance https://studio.example.',
  }),
  operations: option(z.string().min(1).optional(), {
    meaning:
      'Manifest of trusted operations, which `darkroom operations` writes: no others are answered. Relative to the working folder. Default: all are answered.',
  }),
  dataDir: option(z.string().min(1).default('.darkroom'), {
    meaning: 'Folder for database, pictures and uploads; relative to the working folder.',
  }),
  modelsDir: option(z.string().min(1).optional(), {
    meaning: 'Folder for models that `darkroom model pull` fetches. Default: models in the data folder.',
  }),
  logLevel: option(z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'), {
    meaning: 'The least that is logged.',
  }),

  plugins: option(z.array(pluginSchema).min(1).optional(), {
    meaning:
      'Plugins: name; path, options, env, passEnv, command, memoryLimitBytes; or address, tokenVariable, tls of one that runs elsewhere. Default: the parts of the embedded model.',
  }),
  models: option(z.array(modelSchema).min(1).optional(), {
    meaning: 'Models to serve, the default one first: id, name, encoder, languageModel, decoders. Default: nexus-nano.',
  }),

  concurrency: option(whole(1, 64).default(1), { meaning: 'Tasks that run at once.', unit: 'tasks' }),
  maxAttempts: option(whole(1, 20).default(3), {
    meaning: 'Attempts after which a task fails whose plugin keeps failing.',
    unit: 'attempts',
  }),
  pictureMetadata: option(z.boolean().default(true), {
    meaning: 'Whether prompt, seed, model and settings are written into the files of pictures.',
  }),
  compareImages: option(z.boolean().default(true), {
    meaning: "Whether each image's embedding is made in the background, so that `similarImages` answers at once.",
  }),

  urlSecret: option(z.string().min(32).optional(), {
    meaning:
      'Key that signs the addresses of pictures, at least 32 characters. Default: made once and kept in the data folder.',
    isSecret: true,
  }),
  urlTtlSeconds: option(whole(60, 30 * 24 * 3600).default(24 * 3600), {
    meaning: 'How long the address of a picture holds.',
    unit: 'seconds',
  }),

  hub: z
    .strictObject({
      kind: option(z.enum(['huggingface', 'modelscope']).default('huggingface'), {
        meaning: 'Hub that models are pulled from when --hub does not say.',
      }),
      huggingfaceUrl: option(hubUrl.default('https://huggingface.co'), {
        meaning: 'Address of the Hugging Face Hub or of a mirror; HF_ENDPOINT is read, too.',
        commonVariable: 'HF_ENDPOINT',
      }),
      huggingfaceToken: option(z.string().min(1).optional(), {
        meaning: 'Access token for private and gated repositories; HF_TOKEN is read, too.',
        isSecret: true,
        commonVariable: 'HF_TOKEN',
      }),
      modelscopeUrl: option(hubUrl.default('https://modelscope.cn'), {
        meaning: 'Address of ModelScope or of a mirror; MODELSCOPE_ENDPOINT is read, too.',
        commonVariable: 'MODELSCOPE_ENDPOINT',
      }),
      modelscopeToken: option(z.string().min(1).optional(), {
        meaning: 'Access token for private repositories; MODELSCOPE_API_TOKEN is read, too.',
        isSecret: true,
        commonVariable: 'MODELSCOPE_API_TOKEN',
      }),
      parallelFiles: option(whole(1, 64).default(4), { meaning: 'Files fetched at once.', unit: 'files' }),
      stallMs: option(whole(1_000).default(60_000), {
        meaning: 'A connection to a hub that brings nothing for so long is cut and tried again.',
        unit: 'milliseconds',
      }),
    })
    .prefault({}),

  limits: z
    .strictObject({
      uploadBytes: option(whole(1).default(32 * megabyte), { meaning: 'Largest upload.', unit: 'bytes' }),
      uploadPixels: option(whole(1).default(40_000_000), {
        meaning: 'Largest picture, width times height.',
        unit: 'pixels',
      }),
      variantCacheBytes: option(whole(0).default(256 * megabyte), {
        meaning: 'Copies of pictures in other sizes and formats that are kept in the data folder; 0 keeps none.',
        unit: 'bytes',
      }),
      promptChars: option(whole(1).default(8_000), {
        meaning: 'Longest prompt, question, instruction or message.',
        unit: 'characters',
      }),
      imagesPerTask: option(whole(1, 64).default(4), { meaning: 'Pictures that one task may make.', unit: 'pictures' }),
      bodyBytes: option(whole(1024).default(megabyte), {
        meaning: 'Largest GraphQL request over HTTP.',
        unit: 'bytes',
      }),
      webSocketMessageBytes: option(whole(1024).default(megabyte), {
        meaning: 'Largest WebSocket message.',
        unit: 'bytes',
      }),
      queryDepth: option(whole(1).default(14), { meaning: 'Deepest nesting of a query.', unit: 'levels' }),
      queryAliases: option(whole(0).default(100), { meaning: 'Aliases in a query.', unit: 'aliases' }),
      queryDirectives: option(whole(0).default(50), { meaning: 'Directives in a query.', unit: 'directives' }),
      queryTokens: option(whole(1).default(4_000), { meaning: 'Longest query.', unit: 'tokens' }),
      queryCost: option(whole(1).default(25_000), {
        meaning: 'Fields that a query may be answered with, a list counting as often as it may have items.',
        unit: 'fields',
      }),
    })
    .prefault({}),

  previews: z
    .strictObject({
      everySteps: option(whole(1).default(1), {
        meaning: 'A preview after every n-th step, for a subscriber who does not say.',
        unit: 'steps',
      }),
      maxPerSecond: option(z.number().positive().max(1000).default(8), {
        meaning: 'Previews a second at most, for a subscriber who does not say.',
        unit: 'per second',
      }),
      maxSize: option(whole(8, 4096).default(512), {
        meaning: 'Longer side of a preview, for a subscriber who does not say.',
        unit: 'pixels',
      }),
      view: option(z.enum(['x0', 'noisy']).default('x0'), {
        meaning: 'What a preview shows: the picture as estimated now (x0), or what the denoiser holds (noisy).',
      }),
    })
    .prefault({}),

  deadlines: z
    .strictObject({
      requestMs: option(whole(1_000).default(120_000), {
        meaning: 'A request that has not arrived whole by then is dropped.',
        unit: 'milliseconds',
      }),
      answerMs: option(whole(1_000).default(120_000), {
        meaning: 'For all captions and answers that one query asks for.',
        unit: 'milliseconds',
      }),
      leaseMs: option(whole(1_000).default(30_000), {
        meaning: 'After which a task whose runner fell silent is taken by another.',
        unit: 'milliseconds',
      }),
      disconnectMs: option(whole(0).default(5_000), {
        meaning: 'How long a task that is to be cancelled when nobody follows it waits for somebody.',
        unit: 'milliseconds',
      }),
      drainMs: option(whole(0).default(10_000), {
        meaning: 'How long running tasks may go on when the gateway stops; then they go back into the queue.',
        unit: 'milliseconds',
      }),
      pluginStartMs: option(whole(1_000).default(120_000), {
        meaning: 'From the start of a plugin to its first answer, loading its model included.',
        unit: 'milliseconds',
      }),
      pluginSilenceMs: option(whole(1_000).default(600_000), {
        meaning: 'For how long a working plugin may say nothing: the longest forward pass. Then it is restarted.',
        unit: 'milliseconds',
      }),
      pluginAbortMs: option(whole(100).default(2_000), {
        meaning: 'From an abort to the end of a call; a plugin that takes longer is restarted.',
        unit: 'milliseconds',
      }),
    })
    .prefault({}),
});

export type ConfigOptions = z.output<typeof configSchema>;
export type LocalPluginOptions = z.output<typeof localPluginSchema>;
export type RemotePluginOptions = z.output<typeof remotePluginSchema>;
export type PluginOptions = LocalPluginOptions | RemotePluginOptions;
export type ModelOptions = z.output<typeof modelSchema>;
