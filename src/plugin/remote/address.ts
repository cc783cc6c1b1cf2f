import { GatewayError } from '../../errors/index.js';

export interface RemoteAddress {
  /** As the operator wrote it. */
  readonly url: string;
  /** HOST:PORT */
  readonly address: string;
  readonly isSecret: boolean;
}

/**
 * @param url `grpcs://HOST:PORT`, or `grpc://HOST:PORT` for plain text
 * @throws {GatewayError} CONFIG_INVALID
 */
export function parseAddress(url: string): RemoteAddress {
  const { protocol, host, port, pathname } = URL.canParse(url) ? new URL(url) : new URL('none:');
  const isAddress = (protocol === 'grpc:' || protocol === 'grpcs:') && port !== '' && /^\/?$/.test(pathname);
  if (isAddress) return { url, address: host, isSecret: protocol === 'grpcs:' };
  throw new GatewayError(
    'CONFIG_INVALID',
    `The address of a plugin has to be grpcs://HOST:PORT, or grpc://HOST:PORT for plain text; ${url} came.`,
  );
}
