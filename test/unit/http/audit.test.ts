/** GraphQL over HTTP as its specification has it, by the audit suite of the package graphql-http. docs/api.md tells the reasons. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { type AuditResult, auditServer } from 'graphql-http';
import { HTTP, type ServedServices, servedServices } from '../../support/served-services.js';

/** Audits that do not pass, and why not: docs/api.md#graphql-over-http says the same. */
const REASONS: Readonly<Record<string, string>> = {
  // Requests that cannot be executed get 400 whatever the client accepts: caches, proxies and monitors see them then.
  '572B': 'SHOULD use 200 status code on document parsing failure when accepting application/json',
  FDE2: 'SHOULD use 200 status code on document validation failure when accepting application/json',
  '7B9B': 'SHOULD use a status code of 200 on variable coercion failure when accepting application/json',
  // A page of anybody could send such a request without asking: GET wants a header that makes browsers ask first.
  '5A70': 'MAY accept application/x-www-form-urlencoded formatted GET requests',
  D6D5: 'MAY allow URL-encoded JSON string {variables} parameter in GETs when accepting application/graphql-response+json',
  '6A70': 'MAY allow URL-encoded JSON string {variables} parameter in GETs when accepting application/json',
};
const WITH_PREFLIGHT = new Set(['5A70', 'D6D5', '6A70']);

let gateway: ServedServices;
let plain: AuditResult[];
let preflighted: AuditResult[];

describe('GraphQL over HTTP', () => {
  beforeAll(async () => {
    gateway = await servedServices({ http: HTTP });
    plain = await auditServer({ url: `${gateway.url}/graphql` });
    const fetchFn = (url: string, { headers, ...init }: RequestInit = {}) =>
      fetch(url, { ...init, headers: { ...(headers as Record<string, string>), 'apollo-require-preflight': '1' } });
    preflighted = await auditServer({ url: `${gateway.url}/graphql`, fetchFn });
    await gateway.close();
  });

  it('does all that a server must', () => {
    const musts = plain.filter(({ name }) => name.startsWith('MUST'));

    expect(musts.length).toBeGreaterThan(10);
    expect(musts.filter(({ status }) => status !== 'ok')).toEqual([]);
  });

  it('does what a server should and may, but for what has a reason', () => {
    expect(plain.length).toBeGreaterThan(60);
    expect(undone(plain)).toEqual(REASONS);
  });

  it('takes GET from callers who say that they are no form', () => {
    const left = Object.entries(REASONS).filter(([id]) => !WITH_PREFLIGHT.has(id));

    expect(undone(preflighted)).toEqual(Object.fromEntries(left));
  });
});

function undone(results: readonly AuditResult[]): Record<string, string> {
  return Object.fromEntries(results.filter(({ status }) => status !== 'ok').map(({ id, name }) => [id, name]));
}
