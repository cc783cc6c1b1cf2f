/**
 * One file from a hub onto the disk. The part that has arrived lies in a file of its own whose name holds the hash that is wanted, so
 * a part of another version is never gone on with. A cut connection asks for the rest only (Range, with If-Range where the server
 * named an ETag); the hash decides in the end.
 */
import { type FileHandle, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';

import { GatewayError } from '../errors/index.js';
import { FileHasher, hashFile } from './hashing.js';
import type { HubClient, OpenAnswer, Subject } from './hub-client.js';
import type { RemoteFile } from './hubs/hub.js';
import { Interruption, retrying } from './retry.js';

export interface Download {
  readonly client: HubClient;
  readonly repository: string;
  readonly file: RemoteFile;
  /** Where its bytes are, under the hub's address. */
  readonly address: string;
  /** Holds what has arrived; beside it `<part>.etag`. */
  readonly part: string;
  /** Where it goes once it is whole; the folder is there, on the same disk. */
  readonly target: string;
  readonly signal: AbortSignal;
  /** @param bytes more than before on the disk; negative when a part is dropped */
  readonly onBytes: (bytes: number) => void;
}

/**
 * Fetches what is missing of a file and puts it in its place.
 *
 * @returns its sha256
 * @throws GatewayError DOWNLOAD_DAMAGED when what came is not what the hub lists, HUB_UNAVAILABLE, HUB_NOT_FOUND, HUB_FORBIDDEN,
 *   MODEL_BUSY when somebody else wrote to the part, errors of the file system; the reason of `signal`
 */
export async function downloadFile(download: Download): Promise<string> {
  const { file, part, target, client, signal } = download;
  for (let attempt = 1; ; attempt += 1) {
    const writer = await PartWriter.open(download);
    const hadPart = writer.length > 0;
    try {
      // Further than ever: a server that cuts, and then sends all of it again, brings nothing.
      let furthest = writer.length;
      const hasProgressed = () => {
        const isFurther = writer.length > furthest;
        furthest = Math.max(furthest, writer.length);
        return isFurther;
      };
      await retrying(client.retry, signal, () => fetchRest(download, writer), hasProgressed);
      const faults = writer.faults();
      if (faults === null) {
        await writer.keep();
        await rename(part, target);
        await rm(etagFile(part), { force: true });
        return writer.sha256;
      }
      await writer.restart();
      // A part that an earlier run left may have been bad; the hub gets one chance to send all of it.
      if (attempt > 1 || !hadPart) throw damaged(file, faults);
    } finally {
      await writer.close();
    }
  }
}

/** One request for what is missing. @throws Interruption when it ends early */
async function fetchRest(download: Download, writer: PartWriter): Promise<void> {
  const { client, file, address, repository, signal } = download;
  if (writer.length === file.bytes) return;
  // With neither hash nor ETag nothing would tell that the rest is of the same file.
  if (file.digest === null && writer.etag === null && writer.length > 0) await writer.restart();
  const subject: Subject = { repository, what: file.path };
  const answer = await client.open(address, writer.rangeHeaders(), subject, signal);
  try {
    await prepare(answer, file, writer);
    for await (const chunk of answer.chunks) {
      if (writer.length + chunk.length > file.bytes)
        throw damaged(file, { wanted: `${file.bytes} bytes`, came: 'more' });
      await writer.append(chunk);
    }
  } finally {
    await answer.cancel();
  }
  const { length } = writer;
  if (length === file.bytes) return;
  // An answer that did not say how long it is and came to its end was another one: a page of an error, for instance.
  if (answer.response.status === 200 && !answer.response.headers.has('content-length')) await writer.restart();
  throw new Interruption(`${file.path} ended after ${length} of ${file.bytes} bytes`);
}

/** Makes the part fit the answer: it goes on where the part ends, or everything comes anew. */
async function prepare({ response }: OpenAnswer, file: RemoteFile, writer: PartWriter): Promise<void> {
  const { status, headers } = response;
  if (status === 206) {
    const [, start, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get('content-range') ?? '') ?? [];
    const isTheRest = Number(start) === writer.length && (total === '*' || Number(total) === file.bytes);
    const etag = strongEtag(headers);
    const isSameFile = writer.etag === null || etag === null || etag === writer.etag;
    if (isTheRest && isSameFile) return;
  }
  if (status !== 200) {
    await writer.restart();
    throw new Interruption(`${file.path} cannot be gone on with`);
  }
  const length = headers.get('content-length');
  if (length !== null && Number(length) !== file.bytes) {
    // A moment ago it was the right file: what has come of it is worth more than this answer.
    if (writer.length > 0) throw new Interruption(`${file.path} came with ${length} of ${file.bytes} bytes`);
    throw damaged(file, { wanted: `${file.bytes} bytes`, came: `${length} bytes` });
  }
  if (writer.length > 0) await writer.restart();
  await writer.setEtag(strongEtag(headers));
}

/** The part on the disk, its hash so far and the ETag that it came with. */
class PartWriter {
  readonly #download: Download;
  readonly #handle: FileHandle;
  #hasher: FileHasher;
  #length: number;
  #etag: string | null;

  private constructor(download: Download, handle: FileHandle, hasher: FileHasher, length: number, etag: string | null) {
    this.#download = download;
    this.#handle = handle;
    this.#hasher = hasher;
    this.#length = length;
    this.#etag = etag;
  }

  /** Opens the part, hashes what is there and tells it as progress. */
  static async open(download: Download): Promise<PartWriter> {
    const { part, file, signal } = download;
    const handle = await open(part, 'a');
    try {
      const { size } = await handle.stat();
      const etag = await readFile(etagFile(part), 'utf8').catch(() => null);
      // Without a hash only an ETag can tell that the file is still the same.
      const isUsable = size <= file.bytes && (file.digest !== null || etag !== null);
      if (!isUsable) await handle.truncate(0);
      const length = isUsable ? size : 0;
      const hasher = new FileHasher(file.digest, file.bytes);
      await hashFile(part, hasher, signal, { bytes: length });
      download.onBytes(length);
      return new PartWriter(download, handle, hasher, length, isUsable ? etag : null);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  get length(): number {
    return this.#length;
  }

  get etag(): string | null {
    return this.#etag;
  }

  get sha256(): string {
    return this.#hasher.sha256;
  }

  rangeHeaders(): Record<string, string> {
    if (this.#length === 0) return {};
    const range = { range: `bytes=${this.#length}-` };
    return this.#etag === null ? range : { ...range, 'if-range': this.#etag };
  }

  async append(chunk: Uint8Array): Promise<void> {
    await this.#handle.appendFile(chunk);
    this.#hasher.update(chunk);
    this.#length += chunk.length;
    this.#download.onBytes(chunk.length);
  }

  /** Kept beside the part, before its first byte, so that a later run can ask with If-Range. */
  async setEtag(etag: string | null): Promise<void> {
    const { part } = this.#download;
    this.#etag = etag;
    if (etag === null) await rm(etagFile(part), { force: true });
    else await writeFile(etagFile(part), etag);
  }

  async restart(): Promise<void> {
    const { file, onBytes } = this.#download;
    await this.#handle.truncate(0);
    onBytes(-this.#length);
    this.#length = 0;
    this.#hasher = new FileHasher(file.digest, file.bytes);
    await this.setEtag(null);
  }

  /** What is wrong with a file that has all its bytes; null when it is as the hub lists it. */
  faults(): { readonly wanted: string; readonly came: string } | null {
    const { digest } = this.#download.file;
    const came = this.#hasher.comparable;
    if (digest === null || digest.hex === came) return null;
    return { wanted: `${digest.algorithm} ${digest.hex}`, came: `${digest.algorithm} ${came}` };
  }

  /** On the disk for good, not only in the system's memory. @throws GatewayError MODEL_BUSY when the part is not what was written */
  async keep(): Promise<void> {
    await this.#handle.sync();
    const { file, part } = this.#download;
    const [own, named] = await Promise.all([this.#handle.stat(), stat(part).catch(() => null)]);
    if (own.size === file.bytes && own.ino === named?.ino) return;
    throw new GatewayError(
      'MODEL_BUSY',
      `Something else wrote to ${file.path} while it was fetched. Pull again when nobody else works in the models folder.`,
    );
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

function etagFile(part: string): string {
  return `${part}.etag`;
}

/** A weak ETag does not promise the same bytes, so no range may be asked for by it. */
function strongEtag(headers: Headers): string | null {
  const etag = headers.get('etag');
  return etag !== null && /^"[^"]+"$/.test(etag) ? etag : null;
}

function damaged(file: RemoteFile, { wanted, came }: { readonly wanted: string; readonly came: string }): GatewayError {
  return new GatewayError(
    'DOWNLOAD_DAMAGED',
    `${file.path} is not what the hub lists: wanted ${wanted}, came ${came}. Pull again; if it stays so, the hub or something on the way changes the file.`,
  );
}
