/** What a browser asks before it lets a page of another origin send or read: CORS. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { type ServedServices, servedServices } from '../../support/served-services.js';

const FRIEND = 'https://studio.example';
const STRANGER = 'https://elsewhere.example';
const QUERY = { method: 'POST', body: JSON.stringify({ query: '{ status { queued } }' }) };

let gateway: ServedServices;
beforeEach(async () => {
  gateway = await servedServices({ http: { allowedOrigins: [FRIEND] } });
});
afterEach(() => gateway.close());

function ask(origin: string, accept = 'application/json'): Promise<Response> {
  return fetch(`${gateway.url}/graphql`, { ...QUERY, headers: { origin, accept, 'content-type': 'application/json' } });
}

function askFirst(origin: string, path: string): Promise<Response> {
  const headers = { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' };
  return fetch(gateway.url + path, { method: 'OPTIONS', headers });
}

const allowed = ({ headers }: Response) => headers.get('access-control-allow-origin');

describe('a page of an allowed origin', () => {
  it.each(['application/json', 'text/event-stream'])('may read answers (%s)', async (accept) => {
    const response = await ask(FRIEND, accept);

    expect(response.headers.get('content-type')).toContain(accept);
    expect(allowed(response)).toBe(FRIEND);
    expect(response.headers.get('vary')).toContain('origin');
  });

  it.each(['/graphql', '/uploads'])('is told before it sends that it may (%s)', async (path) => {
    const response = await askFirst(FRIEND, path);

    expect([response.status, allowed(response)]).toEqual([204, FRIEND]);
    expect(response.headers.get('access-control-allow-headers')).toBe('content-type');
  });
});

describe('a page of any other origin', () => {
  it('may read nothing, and is told so before it sends', async () => {
    expect(allowed(await ask(STRANGER))).toBeNull();
    expect(allowed(await askFirst(STRANGER, '/graphql'))).toBeNull();
  });
});
