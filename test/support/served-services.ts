/** The API over real services and a model in this process: for what HTTP and GraphQL do, where plugins don't matter. */
import { Writable } from 'node:stream';

import { type HttpOptions, startHttpServer } from '../../src/http/server.js';
import { createLog } from '../../src/log.js';
import { LIMITS, type TestServices, type TestServicesOptions, testServices } from './test-services.js';

export interface ServedServices extends TestServices {
  readonly url: string;
  /** Lines of the log at level error. */
  readonly logged: string[];
}

export interface ServedServicesOptions extends TestServicesOptions {
  readonly http?: Partial<HttpOptions>;
}

export const HTTP: HttpOptions = {
  host: '127.0.0.1',
  port: 0,
  allowedOrigins: [],
  maxBodyBytes: 20_000,
  maxMessageBytes: 20_000,
  maxUploadBytes: LIMITS.uploadBytes,
  requestTimeoutMs: 10_000,
  drainMs: 1_000,
  queryLimits: { maxDepth: 10, maxAliases: 10, maxDirectives: 5, maxTokens: 500, maxCost: 2_000 },
};

export async function servedServices({ http, ...options }: ServedServicesOptions = {}): Promise<ServedServices> {
  const services = await testServices(options);
  const logged: string[] = [];
  const destination = new Writable({
    write(line, _encoding, done) {
      logged.push(String(line));
      done();
    },
  });
  const log = createLog({ level: 'error', isPretty: false, destination });
  let closing: Promise<void> | undefined;
  const server = await startHttpServer({ ...HTTP, ...http }, services.services, log);
  services.followers.start();
  return {
    ...services,
    logged,
    url: server.url,
    close() {
      services.followers.stop();
      closing ??= server.stop().then(() => services.close());
      return closing;
    },
  };
}
