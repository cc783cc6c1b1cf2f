/** Hashes of files: sha256 for the record, and what a hub names where that is another one. */
import { type Hash, createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

import type { Digest } from './hubs/hub.js';

/** Takes bytes as they come and knows both hashes in the end. */
export class FileHasher {
  readonly #sha256 = createHash('sha256');
  readonly #gitBlob: Hash | undefined;
  #digested: { readonly sha256: string; readonly gitBlob: string | undefined } | undefined;

  /** @param bytes of the whole file: a git blob's id begins with them */
  constructor(wanted: Digest | null, bytes: number) {
    if (wanted?.algorithm === 'git-sha1') this.#gitBlob = createHash('sha1').update(`blob ${bytes}\0`);
  }

  update(chunk: Uint8Array): void {
    this.#sha256.update(chunk);
    this.#gitBlob?.update(chunk);
  }

  /** Lower-case hex digits. Nothing may be added after the first call. */
  get sha256(): string {
    return this.#end().sha256;
  }

  /** The hash to compare with the one that was wanted. */
  get comparable(): string {
    const { sha256, gitBlob } = this.#end();
    return gitBlob ?? sha256;
  }

  #end() {
    this.#digested ??= { sha256: this.#sha256.digest('hex'), gitBlob: this.#gitBlob?.digest('hex') };
    return this.#digested;
  }
}

/**
 * Reads the first `bytes` of a file into a hasher.
 *
 * @param onBytes told after each piece
 * @throws the reason of `signal`; errors of the file system
 */
export async function hashFile(
  path: string,
  hasher: FileHasher,
  signal: AbortSignal,
  options: { readonly bytes?: number; readonly onBytes?: (bytes: number) => void } = {},
): Promise<void> {
  const { bytes = Number.POSITIVE_INFINITY, onBytes } = options;
  if (bytes === 0) return;
  // `signal` would end the stream with an AbortError of its own; the reason tells more.
  const stream = createReadStream(path, { highWaterMark: 1 << 20, end: bytes - 1 });
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    signal.throwIfAborted();
    hasher.update(chunk);
    onBytes?.(chunk.length);
  }
}
