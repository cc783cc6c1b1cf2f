/**
 * The layout of the Hugging Face Hub and its mirrors: `/api/models/{repository}/revision/{revision}` resolves a revision to a
 * commit, `/api/models/{repository}/tree/{commit}?recursive=true` lists its files, page by page (Link header), and
 * `/{repository}/resolve/{commit}/{path}` hands them out, large ones after a redirect to another origin.
 *
 * @see https://huggingface.co/docs/hub/api, huggingface_hub's hf_api.py, file_download.py and utils/_http.py
 */
import { z } from 'zod';

import { GatewayError } from '../../errors/index.js';
import type { HubClient } from '../hub-client.js';
import type { HubLayout, Refusal, RemoteFile } from './hub.js';

const infoSchema = z.object({ sha: z.string().regex(/^[0-9a-f]{40}$/) });

const entrySchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('file'),
    path: z.string(),
    size: z.int().nonnegative(),
    /** Id of the git blob; of the pointer, not of the file, where there is `lfs`. */
    oid: z.string(),
    lfs: z.object({ oid: z.string().regex(/^[0-9a-f]{64}$/), size: z.int().nonnegative() }).optional(),
  }),
  z.object({ type: z.enum(['directory', 'unknown']) }),
]);

const treeSchema = z.array(entrySchema);

/** A tree of more pages than this (a thousand files each) is no model. */
const MAX_PAGES = 100;

export const huggingface: HubLayout = {
  kind: 'huggingface',
  publicUrl: 'https://huggingface.co',
  tokenVariable: 'HF_TOKEN',

  credentials: (token) => ({ authorization: `Bearer ${token}` }),

  readRefusal(response, body) {
    return { kind: refusalKind(response), words: response.headers.get('x-error-message') ?? errorOf(body) };
  },

  async snapshot(client, { repository, revision = 'main' }, signal) {
    const api = `api/models/${repository}`;
    const { sha } = await client.json(`${api}/revision/${encodeURIComponent(revision)}`, infoSchema, signal);
    return { repository, revision, commit: sha, files: await listTree(client, `${api}/tree/${sha}`, signal) };
  },

  filePath: ({ repository, commit }, path) =>
    `${repository}/resolve/${commit}/${path.split('/').map(encodeURIComponent).join('/')}`,

  pagePath: (repository) => repository,
};

async function listTree(client: HubClient, path: string, signal: AbortSignal): Promise<RemoteFile[]> {
  const files: RemoteFile[] = [];
  let next: string | null = `${path}?recursive=true`;
  for (let page = 0; next !== null && page < MAX_PAGES; page += 1) {
    const { value, headers }: { value: z.output<typeof treeSchema>; headers: Headers } = await client.page(
      next,
      treeSchema,
      signal,
    );
    for (const entry of value) {
      if (entry.type !== 'file') continue;
      const { lfs, oid } = entry;
      const bytes = lfs?.size ?? entry.size;
      if (lfs !== undefined) files.push({ path: entry.path, bytes, digest: { algorithm: 'sha256', hex: lfs.oid } });
      else {
        const isBlobId = /^[0-9a-f]{40}$/.test(oid);
        files.push({ path: entry.path, bytes, digest: isBlobId ? { algorithm: 'git-sha1', hex: oid } : null });
      }
    }
    next = nextPage(headers.get('link'));
  }
  // A part of a list would pass for a whole model.
  if (next !== null)
    throw new GatewayError('HUB_ANSWER_INVALID', `The list of files does not end after ${MAX_PAGES} pages.`);
  return files;
}

/** `<https://…>; rel="next"` among the entries of a Link header. */
function nextPage(link: string | null): string | null {
  return /<([^>]+)>\s*;\s*rel="?next"?/.exec(link ?? '')?.[1] ?? null;
}

function refusalKind({ status, headers }: Response): Refusal['kind'] {
  const isBadToken = (headers.get('x-error-message') ?? '').startsWith('Invalid credentials');
  switch (headers.get('x-error-code')) {
    case 'GatedRepo':
      return 'gated';
    case 'RevisionNotFound':
      return 'revision-missing';
    case 'EntryNotFound':
      return 'file-missing';
    case 'RepoNotFound':
      return 'repository-missing';
    default:
  }
  // Without a code, 401 stands for a private repository as well as for none, so that nobody can tell which exist.
  if (status === 401) return isBadToken ? 'forbidden' : 'repository-missing';
  if (status === 403) return 'forbidden';
  return status === 404 ? 'repository-missing' : 'other';
}

function errorOf(body: string): string {
  try {
    return z.object({ error: z.string() }).parse(JSON.parse(body)).error;
  } catch {
    return '';
  }
}
