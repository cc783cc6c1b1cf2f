/** Which addresses a plugin may reach: what a server answers never leads into the operator's own network. */
import { lookup as resolveName } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { GatewayError } from 'darkroom/plugin';

export interface AddressPolicy {
  /** The server that the operator named. */
  readonly configured: URL;
  /** Other hosts (`host` or `host:port`) that redirects and addresses of pictures may lead to. */
  readonly allowedHosts: readonly string[];
  /** Who may have a private address: only the configured host, every allowed host, or none. */
  readonly allowPrivateAddresses: 'configured' | 'all' | 'none';
}

/**
 * Where an address that a server gave leads.
 *
 * @throws {GatewayError} ENGINE_ADDRESS_REFUSED when it leads to a host that the configuration does not name, or from TLS to plain text
 */
export function followedUrl(address: string, from: URL, { configured, allowedHosts }: AddressPolicy): URL {
  const to = URL.canParse(address, from.href) ? new URL(address, from) : undefined;
  if (to === undefined || !/^https?:$/.test(to.protocol))
    throw refused(`${from.host} led to something that is no HTTP address.`);
  if (from.protocol === 'https:' && to.protocol === 'http:')
    throw refused(`${from.host} led from TLS to plain text (${to.host}), which is not followed.`);
  if (to.host === configured.host || allowedHosts.includes(to.host) || allowedHosts.includes(to.hostname)) return to;
  throw refused(
    `${from.host} led to ${to.host}, another host than the configured ${configured.host}. Name it under allowedHosts if that is meant.`,
  );
}

/** @throws {GatewayError} ENGINE_ADDRESS_REFUSED when the host is written as an address that it may not have */
export function checkLiteral(url: URL, policy: AddressPolicy): void {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0 && isPrivate(host) && !mayBePrivate(url, policy)) throw privateAddress(url, host);
}

/** Name resolution that fails for private addresses where they are not allowed: what was checked is what is connected to. */
export function guardedLookup(url: URL, policy: AddressPolicy): LookupFunction {
  return (hostname, options, done) => {
    resolveName(hostname, { ...options, all: true }, (error, found) => {
      if (error) return done(error, '', 0);
      const wrong = found.find(({ address }) => isPrivate(address));
      if (wrong !== undefined && !mayBePrivate(url, policy)) return done(privateAddress(url, wrong.address), '', 0);
      if (options.all === true) return done(null, found);
      const [first] = found;
      return done(null, first?.address ?? '', first?.family ?? 0);
    });
  };
}

/** Addresses of this machine, of local networks, and those that lead nowhere. */
export function isPrivate(address: string): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;
  return PRIVATE.check(mapped, isIP(mapped) === 6 ? 'ipv6' : 'ipv4');
}

const PRIVATE = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const)
  PRIVATE.addSubnet(network, prefix, 'ipv4');
for (const [network, prefix] of [
  ['::', 127],
  ['64:ff9b::', 96],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  PRIVATE.addSubnet(network, prefix, 'ipv6');

function mayBePrivate(url: URL, { configured, allowPrivateAddresses }: AddressPolicy): boolean {
  if (allowPrivateAddresses === 'configured') return url.host === configured.host;
  return allowPrivateAddresses === 'all';
}

function privateAddress(url: URL, address: string): GatewayError {
  return refused(
    `${url.host} has the private address ${address}, which allowPrivateAddresses does not let this plugin reach.`,
  );
}

function refused(message: string): GatewayError {
  return new GatewayError('ENGINE_ADDRESS_REFUSED', message);
}
