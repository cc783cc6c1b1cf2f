/**
 * Addresses that hold for a while and cannot be made by others. The signature covers path and parameters; the time of expiry is
 * rounded, so that an address asked for again stays the same for a while and browsers can keep what they fetched.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

import { GatewayError } from '../errors/index.js';

export type UrlQuery = Readonly<Record<string, string | undefined>>;

export interface UrlSigner {
  /** @param query absent values are left out */
  sign(path: string, query: UrlQuery): string;
  /** The query without expiry and signature. @throws GatewayError URL_EXPIRED */
  verify(path: string, query: UrlQuery): UrlQuery;
}

export interface UrlSignerOptions {
  /** At least 32 random bytes. */
  readonly secret: string;
  /** How long an address holds at least; at most a quarter longer. */
  readonly ttlSeconds: number;
  /** Epoch milliseconds. */
  readonly now?: (() => number) | undefined;
}

export function createUrlSigner({ secret, ttlSeconds, now = Date.now }: UrlSignerOptions): UrlSigner {
  const signatureOf = (path: string, query: UrlQuery): string => {
    const parameters = Object.entries(query)
      .filter(([, value]) => value !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    return createHmac('sha256', secret)
      .update(JSON.stringify([path, ...parameters]))
      .digest('base64url');
  };

  return {
    sign(path, query) {
      const step = Math.max(1, Math.floor(ttlSeconds / 4));
      const expires = String(Math.ceil((now() / 1000 + ttlSeconds) / step) * step);
      const signature = signatureOf(path, { ...query, expires });
      const search = new URLSearchParams();
      for (const [name, value] of Object.entries({ ...query, expires, signature }))
        if (value !== undefined) search.set(name, value);
      return `${path}?${search.toString()}`;
    },

    verify(path, { signature, ...query }) {
      const wanted = Buffer.from(signatureOf(path, query));
      const came = Buffer.from(signature ?? '');
      const isOurs = wanted.length === came.length && timingSafeEqual(wanted, came);
      if (!isOurs || Number(query['expires']) * 1000 < now()) {
        throw new GatewayError('URL_EXPIRED', 'The address has expired or was altered; ask the gateway for it again.');
      }
      const { expires: _, ...rest } = query;
      return rest;
    },
  };
}
