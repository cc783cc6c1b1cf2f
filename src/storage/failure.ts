/** What file system and database errors mean to a caller. */
import { GatewayError } from '../errors/index.js';

const FULL_CODES: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'SQLITE_FULL']);

/** The `code` of a Node or database error, if it has one. */
export function failureCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/**
 * `error` as STORAGE_FULL or STORAGE_FAILED; a GatewayError stays what it is.
 *
 * @param what what was being done, for instance `store a picture`
 */
export function toStorageError(error: unknown, what: string): GatewayError {
  if (error instanceof GatewayError) return error;
  const code = failureCode(error);
  if (code !== undefined && FULL_CODES.has(code)) {
    return new GatewayError('STORAGE_FULL', `Could not ${what}: the disk is full. Free some space and try again.`, {
      cause: error,
    });
  }
  const reason = code ?? (error instanceof Error ? error.message : String(error));
  return new GatewayError('STORAGE_FAILED', `Could not ${what}: ${reason}.`, { cause: error });
}
