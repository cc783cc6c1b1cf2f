/** What a model hub is to us: a list of files with sizes and hashes at one commit, and an address for each of them. */
import type { HubClient } from '../hub-client.js';
import type { RepositoryReference } from '../paths.js';

export type HubKind = 'huggingface' | 'modelscope';

/** What a file must hash to. A git blob's id is the sha1 of `blob <size>\0` and its bytes. */
export interface Digest {
  readonly algorithm: 'sha256' | 'git-sha1';
  /** Lower-case hex digits. */
  readonly hex: string;
}

export interface RemoteFile {
  /** Inside the repository, with `/`. */
  readonly path: string;
  readonly bytes: number;
  /** Null where the hub tells none: then the size is all that can be checked. */
  readonly digest: Digest | null;
}

/** The files of a repository at one commit. */
export interface Snapshot {
  readonly repository: string;
  /** As it was asked for: a branch, tag or commit. */
  readonly revision: string;
  /** What the revision means now; the revision itself where the hub does not tell. */
  readonly commit: string;
  readonly files: readonly RemoteFile[];
}

/** The layout of one kind of hub: its addresses, its answers, its refusals. */
export interface HubLayout {
  readonly kind: HubKind;
  /** Its public address; another one (a mirror) may be configured. */
  readonly publicUrl: string;
  /** Headers that carry the token; sent to the hub's own origin only. */
  credentials(token: string): Readonly<Record<string, string>>;
  /** What a refusal says, from its status, headers and body (the first few kilobytes). */
  readRefusal(response: Response, body: string): Refusal;
  /** @throws GatewayError HUB_NOT_FOUND, HUB_FORBIDDEN, HUB_UNAVAILABLE, HUB_ANSWER_INVALID */
  snapshot(client: HubClient, reference: RepositoryReference, signal: AbortSignal): Promise<Snapshot>;
  /** Where the bytes of a file are, under the hub's address. */
  filePath(snapshot: Snapshot, path: string): string;
  /** Page of a repository, for people. */
  pagePath(repository: string): string;
  /** The environment variable that people usually keep their token in. */
  readonly tokenVariable: string;
}

/** Why a hub did not hand something out. */
export interface Refusal {
  readonly kind: 'repository-missing' | 'revision-missing' | 'file-missing' | 'gated' | 'forbidden' | 'other';
  /** The hub's own words; empty where it said nothing. */
  readonly words: string;
}
