/** The options that all plugins with a server behind them share, and the client that they make. */
import { z } from 'darkroom/plugin';
import { HttpClient } from './http.js';
import { secretOf } from './secret.js';

const milliseconds = z.int().min(1);

export const serverOptions = {
  /** Address of the server; paths of its protocol come below it. */
  url: z.url({ protocol: /^https?$/ }),
  /** Variable of the environment with the key, which is sent as `authorization: Bearer KEY`. */
  apiKeyVariable: z.string().min(1).optional(),
  /** Other hosts that redirects and addresses of pictures may lead to. */
  allowedHosts: z.array(z.string().min(1)).default([]),
  allowPrivateAddresses: z.enum(['configured', 'all', 'none']).default('configured'),
  connectTimeoutMs: milliseconds.default(10_000),
  /** From the request to the head of the answer. */
  answerTimeoutMs: milliseconds.default(600_000),
  /** Between two pieces of an answer. */
  idleTimeoutMs: milliseconds.default(120_000),
  retries: z.int().min(0).max(10).default(3),
} as const;

const schema = z.object(serverOptions);

/** @throws {GatewayError} CONFIG_INVALID when the key's variable is not there */
export function createClient(options: z.output<typeof schema>): HttpClient {
  const key = secretOf(options.apiKeyVariable);
  return new HttpClient({
    configured: new URL(options.url),
    allowedHosts: options.allowedHosts,
    allowPrivateAddresses: options.allowPrivateAddresses,
    secretHeaders: key === undefined ? {} : { authorization: `Bearer ${key}` },
    timeouts: {
      connectMs: options.connectTimeoutMs,
      answerMs: options.answerTimeoutMs,
      idleMs: options.idleTimeoutMs,
    },
    retries: options.retries,
  });
}
