/** Whether the gateway could listen, told before anything heavy is started. */
import { once } from 'node:events';
import { createServer } from 'node:net';

import { GatewayError } from '../errors/index.js';
import { systemErrorCode } from '../errors/system.js';

/**
 * @param port 0 is always free
 * @throws GatewayError PORT_IN_USE, CONFIG_INVALID for an address that this machine does not have or may not use
 */
export async function checkPort(host: string, port: number): Promise<void> {
  const server = createServer();
  try {
    server.listen({ host, port, exclusive: true });
    await once(server, 'listening');
  } catch (error) {
    throw toListenError(host, port, error);
  } finally {
    if (server.listening) {
      server.close();
      await once(server, 'close');
    }
  }
}

/** What a failed `listen` means, and what to do. */
export function toListenError(host: string, port: number, cause: unknown): unknown {
  switch (systemErrorCode(cause)) {
    case 'EADDRINUSE':
      return new GatewayError(
        'PORT_IN_USE',
        `Port ${port} of ${host} is taken by another program. Stop that program, or choose another port: darkroom serve --port ${port + 1}`,
        { cause },
      );
    case 'EACCES':
      return new GatewayError(
        'CONFIG_INVALID',
        `This user may not listen on port ${port}; choose one from 1024 up: darkroom serve --port 4000`,
        { cause },
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new GatewayError(
        'CONFIG_INVALID',
        `This machine has no address ${host} to listen on. 127.0.0.1 is this machine alone, 0.0.0.0 all its addresses.`,
        { cause },
      );
    default:
      return cause;
  }
}
