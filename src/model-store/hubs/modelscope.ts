/**
 * The layout of ModelScope: `/api/v1/models/{repository}/repo/files?Revision=…&Recursive=True` lists the files in an envelope
 * `{Code, Data, Message, Success}`, `/api/v1/models/{repository}/repo?Revision=…&FilePath=…` hands one out, large ones after a
 * redirect to another origin. An unknown revision is answered with status 200 and no files.
 *
 * @see modelscope_hub's _legacy_api.py and _download.py
 */
import { z } from 'zod';

import { GatewayError } from '../../errors/index.js';
import { printable } from '../paths.js';
import type { HubLayout, Refusal, RemoteFile } from './hub.js';

const fileSchema = z.object({
  Type: z.string().default('blob'),
  Path: z.string(),
  Size: z.int().nonnegative().default(0),
  Sha256: z.string().nullish(),
  /** The commit that changed the file last. */
  Revision: z.string().nullish(),
});

const listingSchema = z.object({
  Code: z.int(),
  Message: z.string().nullish(),
  Data: z
    .object({
      Files: z.array(fileSchema).nullish(),
      LatestCommitter: z.object({ Id: z.string().nullish(), ShortId: z.string().nullish() }).nullish(),
    })
    .nullish(),
});

type Listing = NonNullable<z.output<typeof listingSchema>['Data']>;

const COMMIT = /^[0-9a-f]{40}$/;

export const modelscope: HubLayout = {
  kind: 'modelscope',
  publicUrl: 'https://modelscope.cn',
  tokenVariable: 'MODELSCOPE_API_TOKEN',

  // Older addresses read the cookie, newer ones the header.
  credentials: (token) => ({ authorization: `Bearer ${token}`, cookie: `m_session_id=${token}` }),

  readRefusal({ status }, body) {
    return { kind: refusalKind(status), words: messageOf(body) };
  },

  async snapshot(client, { repository, revision = 'master' }, signal) {
    const query = new URLSearchParams({ Revision: revision, Recursive: 'True' });
    const answer = await client.json(
      `api/v1/models/${repository}/repo/files?${query.toString()}`,
      listingSchema,
      signal,
    );
    if (answer.Code !== 200)
      throw new GatewayError(
        'HUB_ANSWER_INVALID',
        `The hub answered code ${answer.Code} for ${repository}: ${printable(client.withoutToken(answer.Message ?? 'no reason given'))}`,
      );
    if (answer.Data?.Files == null)
      throw new GatewayError('HUB_NOT_FOUND', `${repository} has no revision ${revision} on the hub.`);
    return {
      repository,
      revision,
      commit: commitOf(answer.Data) ?? revision,
      files: answer.Data.Files.flatMap(toFile),
    };
  },

  filePath: ({ repository, commit }, path) =>
    `api/v1/models/${repository}/repo?${new URLSearchParams({ Revision: commit, FilePath: path }).toString()}`,

  pagePath: (repository) => `models/${repository}`,
};

function toFile({ Type, Path, Size, Sha256 }: z.output<typeof fileSchema>): RemoteFile[] {
  if (Type === 'tree') return [];
  const hex = Sha256?.toLowerCase() ?? '';
  return [{ path: Path, bytes: Size, digest: /^[0-9a-f]{64}$/.test(hex) ? { algorithm: 'sha256', hex } : null }];
}

/** The last commit. Where only its first digits are told, the file that it changed has all of them. */
function commitOf({ Files, LatestCommitter }: Listing): string | null {
  const { Id: id, ShortId: short } = LatestCommitter ?? {};
  if (id != null && COMMIT.test(id)) return id;
  if (short == null || short.length < 7) return null;
  const revisions = (Files ?? []).map(({ Revision }) => Revision ?? '');
  return revisions.find((candidate) => COMMIT.test(candidate) && candidate.startsWith(short)) ?? null;
}

function refusalKind(status: number): Refusal['kind'] {
  if (status === 401 || status === 403) return 'forbidden';
  return status === 404 ? 'repository-missing' : 'other';
}

function messageOf(body: string): string {
  try {
    return z.object({ Message: z.string() }).parse(JSON.parse(body)).Message;
  } catch {
    return '';
  }
}
