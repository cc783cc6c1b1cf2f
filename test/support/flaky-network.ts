/** A network between a client and a gateway that can fail in the ways that networks do. */
import { once } from 'node:events';
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';

export interface FlakyNetwork {
  /** Of the gateway, as seen through it. */
  readonly url: string;
  /** Breaks off all connections. */
  cut(): void;
  /** From now on nothing arrives, in either direction, over the present connections; nobody is told. */
  freeze(): void;
  /** Takes connections from now on, over which nothing arrives, until `restore`. */
  hold(): void;
  /** Refuses connections until `restore`. */
  fail(): void;
  restore(): void;
  close(): Promise<void>;
}

/** @param gatewayUrl asked at every connection: the gateway may move */
export async function flakyNetwork(gatewayUrl: () => string): Promise<FlakyNetwork> {
  const sockets = new Set<Socket>();
  let isHolding = false;
  let isDown = false;

  const server = createServer((near) => {
    if (isDown) return near.destroy();
    const { hostname, port } = new URL(gatewayUrl());
    const far = connect(Number(port), hostname);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      if (!isHolding) socket.pipe(other);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    return undefined;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const network: FlakyNetwork = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut() {
      for (const socket of sockets) socket.destroy();
    },
    freeze() {
      for (const socket of sockets) socket.unpipe();
    },
    hold() {
      isHolding = true;
      network.cut();
    },
    fail() {
      isDown = true;
      network.cut();
    },
    restore() {
      isDown = false;
      isHolding = false;
    },
    async close() {
      network.cut();
      server.close();
      await once(server, 'close');
    },
  };
  return network;
}
