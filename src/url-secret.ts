/** The key of signed addresses. Kept with the data, so that addresses hold over a restart. */
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { GatewayError } from './errors/index.js';
import { systemErrorCode } from './errors/system.js';

/** Reads the data folder's key, made on the first start. @throws GatewayError STORAGE_FAILED */
export async function keptUrlSecret(dataDir: string): Promise<string> {
  const file = join(dataDir, 'url-secret');
  try {
    // `wx`: of two gateways that start at once, one makes it and both read it.
    await writeFile(file, randomBytes(32).toString('base64url'), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (systemErrorCode(error) !== 'EEXIST') throw notKept(file, error);
  }
  return readFile(file, 'utf8').catch((error: unknown) => {
    throw notKept(file, error);
  });
}

function notKept(file: string, cause: unknown): GatewayError {
  return new GatewayError('STORAGE_FAILED', `${file} cannot be read or made; the data folder must be writable.`, {
    cause,
  });
}
