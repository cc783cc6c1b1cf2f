/**
 * A model hub on 127.0.0.1 that speaks the protocols of the Hugging Face Hub and of ModelScope as their public clients use them:
 * revisions and commits, paged listings with git ids and LFS hashes, relative redirects to a cache, redirects of large files to a
 * second origin that (as a bucket with signed addresses) refuses a token, Range with If-Range and ETags, error codes in headers, gated
 * and private repositories, 200 without files for an unknown revision of ModelScope. What goes wrong on the way (cut connections,
 * busy answers, other bytes) is ordered by the test. Every request is logged.
 *
 * @see huggingface_hub's hf_api.py, file_download.py and utils/_http.py; modelscope_hub's _legacy_api.py and _download.py
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export interface PublishedRepository {
  readonly repository: string;
  readonly files: Readonly<Record<string, Buffer | string>>;
  /** Files that are kept in LFS and handed out by the other origin. Default: names that end in .safetensors, .bin or .onnx. */
  readonly isLarge?: (path: string) => boolean;
  /** `private` hides it from strangers, `gated` lists it and hands nothing out. */
  readonly access?: 'public' | 'private' | 'gated';
  /** Default: main and master. */
  readonly branch?: string;
  /** ModelScope lists some old files without their hash. */
  readonly hasHashes?: boolean;
}

export interface LoggedRequest {
  readonly origin: 'hub' | 'bucket';
  readonly url: string;
  readonly range: string | undefined;
  readonly ifRange: string | undefined;
  readonly authorization: string | undefined;
  readonly cookie: string | undefined;
  /** Bytes of the body that were sent. */
  sent: number;
}

export type Trouble =
  /** The connection is cut after so many bytes of the answer. */
  | { readonly kind: 'cut'; readonly afterBytes: number }
  /** Nothing more comes after so many bytes, and the connection stays. */
  | { readonly kind: 'silence'; readonly afterBytes: number }
  | { readonly kind: 'status'; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  /** Other bytes than those that are listed, as many. */
  | { readonly kind: 'corrupt' }
  /** Range is not understood: everything comes. */
  | { readonly kind: 'no-range' }
  /** Something else comes with status 200, as from a proxy in between, and with its length or without. */
  | { readonly kind: 'other'; readonly body: string; readonly hasLength: boolean };

export interface HubServer {
  readonly url: string;
  readonly bucketUrl: string;
  readonly requests: readonly LoggedRequest[];
  /** A new commit on the branch. @returns its id */
  publish(repository: PublishedRepository): string;
  /** Trouble with the bytes of a file, or (path `/list`) with the list of files. @param times default 1 */
  trouble(path: string, trouble: Trouble, times?: number): void;
  /** Requests for the bytes of a file, in order. */
  requestsFor(path: string): LoggedRequest[];
  stop(): Promise<void>;
}

export const HUB_TOKEN = 'hf_a-token-that-nobody-else-may-see';

interface Commit extends PublishedRepository {
  readonly id: string;
}

const PAGE_SIZE = 3;

export interface HubServerOptions {
  /**
   * Whether the client has put so many bytes of a file away. A connection is only cut then: what is on the way goes down with it, and a
   * test could not say what the next request has to ask for. Default: after a moment.
   */
  readonly hasArrived?: (bytes: number) => Promise<boolean>;
}

export async function startHubServer({ hasArrived }: HubServerOptions = {}): Promise<HubServer> {
  const commits: Commit[] = [];
  const requests: LoggedRequest[] = [];
  const troubles: { readonly path: string; readonly trouble: Trouble; times: number }[] = [];

  const hub = createServer((request, response) => answerHub(request, response, log('hub', request)));
  const bucket = createServer((request, response) => answerBucket(request, response, log('bucket', request)));
  const url = await listen(hub);
  const bucketUrl = await listen(bucket);

  function log(origin: 'hub' | 'bucket', { url = '', headers }: IncomingMessage): LoggedRequest {
    const { range, authorization, cookie } = headers;
    const entry = { origin, url, range, ifRange: headers['if-range']?.toString(), authorization, cookie, sent: 0 };
    requests.push(entry);
    return entry;
  }

  function answerHub(request: IncomingMessage, response: ServerResponse, logged: LoggedRequest): void {
    const { pathname, searchParams } = new URL(request.url ?? '', url);
    const isKnown = request.headers.authorization === `Bearer ${HUB_TOKEN}`;
    const parts = pathname.split('/').slice(1).map(decodeURIComponent);

    if (pathname.startsWith('/api/v1/models/')) {
      const repository = parts.slice(3, 5).join('/');
      const revision = searchParams.get('Revision') ?? 'master';
      return answerModelScope({ repository, revision, isKnown, isListing: parts[6] === 'files', searchParams });
    }
    if (pathname.startsWith('/api/models/')) {
      const [, , owner, name, what, revision = 'main'] = parts;
      return answerApi(`${owner}/${name}`, what ?? '', revision);
    }
    if (pathname.startsWith('/api/resolve-cache/models/')) {
      const [, , , owner, name, commit = '', ...path] = parts;
      return sendSmall(find(`${owner}/${name}`, commit), path.join('/'));
    }
    const [owner, name, , revision = 'main', ...path] = parts;
    answerResolve(`${owner}/${name}`, revision, path.join('/'));

    function answerApi(repository: string, what: string, revision: string): void {
      const trouble = takeTrouble('/list');
      if (trouble?.kind === 'status') return sendStatus(response, trouble);
      const commit = find(repository, revision);
      const isThere = commits.some((candidate) => candidate.repository === repository);
      const isHidden = commit?.access === 'private' && !isKnown;
      if (!isThere || isHidden) {
        // A stranger is not told which repositories exist.
        if (isKnown) return refuse(404, 'RepoNotFound', 'Repository not found');
        return refuse(401, 'RepoNotFound', 'Invalid username or password.');
      }
      if (commit === undefined) return refuse(404, 'RevisionNotFound', `Invalid rev id: ${revision}`);
      if (what === 'revision')
        return sendJson(response, {
          id: repository,
          sha: commit.id,
          gated: commit.access === 'gated' ? 'auto' : false,
        });
      const entries = treeOf(commit);
      const start = Number(searchParams.get('cursor') ?? 0);
      const next = start + PAGE_SIZE;
      const link = `<${url}/api/models/${repository}/tree/${revision}?recursive=true&cursor=${next}>; rel="next"`;
      sendJson(response, entries.slice(start, next), next < entries.length ? { link } : {});
    }

    function answerResolve(repository: string, revision: string, path: string): void {
      const commit = find(repository, revision);
      const content = commit === undefined ? undefined : contentOf(commit, path);
      if (commit === undefined || (commit.access === 'private' && !isKnown))
        return refuse(isKnown ? 404 : 401, 'RepoNotFound', 'Repository not found');
      if (content === undefined) return refuse(404, 'EntryNotFound', 'Entry not found');
      if (commit.access === 'gated' && !isKnown)
        return refuse(401, 'GatedRepo', `Access to model ${repository} is restricted. You must be authenticated.`);
      const headers = { 'x-repo-commit': commit.id, 'x-linked-size': String(content.length) };
      if (!isLarge(commit, path)) {
        const location = `/api/resolve-cache/models/${repository}/${commit.id}/${encodeURIComponent(path)}`;
        response.writeHead(307, { ...headers, location, etag: `"${gitBlobId(content)}"` }).end();
        return;
      }
      const location = bucketAddress(repository, commit.id, path);
      response.writeHead(302, { ...headers, location, 'x-linked-etag': `"${sha256(content)}"` }).end();
    }

    function answerModelScope(asked: {
      readonly repository: string;
      readonly revision: string;
      readonly isKnown: boolean;
      readonly isListing: boolean;
      readonly searchParams: URLSearchParams;
    }): void {
      const { repository, revision, isKnown, isListing } = asked;
      const commit = find(repository, revision);
      const isThere = commits.some((candidate) => candidate.repository === repository);
      const isHidden = commit?.access !== undefined && commit.access !== 'public' && !isKnown;
      if (!isThere || isHidden) {
        const body = { Code: 10010205001, Message: 'record not found', RequestId: 'r', Success: false };
        return sendJson(
          response,
          isHidden ? { ...body, Code: 10010205012, Message: 'no permission' } : body,
          {},
          isHidden ? 403 : 404,
        );
      }
      if (isListing) {
        const trouble = takeTrouble('/list');
        if (trouble?.kind === 'status') return sendStatus(response, trouble);
        return sendJson(response, {
          Code: 200,
          Message: '',
          RequestId: 'r',
          Success: true,
          Data:
            commit === undefined
              ? { Files: null, IsVisual: 0, LatestCommitter: null }
              : { Files: listOf(commit), IsVisual: 0, LatestCommitter: { Id: '', ShortId: commit.id.slice(0, 8) } },
        });
      }
      const path = asked.searchParams.get('FilePath') ?? '';
      if (commit === undefined || contentOf(commit, path) === undefined)
        return sendJson(response, { Code: 10010205002, Message: 'file not found', Success: false }, {}, 404);
      if (isLarge(commit, path))
        return void response.writeHead(302, { location: bucketAddress(repository, commit.id, path) }).end();
      sendSmall(commit, path);
    }

    function sendSmall(commit: Commit | undefined, path: string): void {
      const content = commit === undefined ? undefined : contentOf(commit, path);
      if (content === undefined) return refuse(404, 'EntryNotFound', 'Entry not found');
      sendContent(request, response, logged, path, content, `"${gitBlobId(content)}"`);
    }

    function refuse(status: number, code: string, message: string): void {
      sendJson(response, { error: message }, { 'x-error-code': code, 'x-error-message': message }, status);
    }
  }

  function answerBucket(request: IncomingMessage, response: ServerResponse, logged: LoggedRequest): void {
    const { pathname, searchParams } = new URL(request.url ?? '', bucketUrl);
    if (request.headers.authorization !== undefined || request.headers.cookie !== undefined)
      return void response.writeHead(400).end('Only one auth mechanism allowed');
    if (searchParams.get('signature') !== 'valid') return void response.writeHead(403).end('AccessDenied');
    const [owner, name, commit = '', ...path] = pathname.split('/').slice(1).map(decodeURIComponent);
    const found = find(`${owner}/${name}`, commit);
    const content = found === undefined ? undefined : contentOf(found, path.join('/'));
    if (content === undefined) return void response.writeHead(404).end();
    sendContent(request, response, logged, path.join('/'), content, `"${sha256(content).slice(0, 32)}"`);
  }

  function sendContent(
    { headers }: IncomingMessage,
    response: ServerResponse,
    logged: LoggedRequest,
    path: string,
    content: Buffer,
    etag: string,
  ): void {
    const trouble = takeTrouble(path);
    if (trouble?.kind === 'status') return sendStatus(response, trouble);
    if (trouble?.kind === 'other') {
      response.writeHead(200, trouble.hasLength ? { 'content-length': trouble.body.length } : {});
      return void response.end(trouble.body);
    }
    const isCurrent = headers['if-range'] === undefined || headers['if-range'] === etag;
    const [, from] = (trouble?.kind !== 'no-range' && isCurrent && /^bytes=(\d+)-$/.exec(headers.range ?? '')) || [];
    const start = Number(from ?? 0);
    if (start > 0 && start >= content.length)
      return void response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end();
    const common = { etag, 'accept-ranges': 'bytes', 'content-length': content.length - start };
    if (from === undefined) response.writeHead(200, common);
    else
      response.writeHead(206, { ...common, 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` });

    const body = Buffer.from(content.subarray(start));
    if (trouble?.kind === 'corrupt' && body.length > 0) body[0] = (body[0] ?? 0) ^ 0xff;
    if (trouble?.kind !== 'cut' && trouble?.kind !== 'silence') {
      logged.sent = body.length;
      return void response.end(body);
    }
    const first = body.subarray(0, trouble.afterBytes);
    logged.sent = first.length;
    response.write(first, () => {
      if (trouble.kind === 'cut') void cutWhenArrived(response, start + first.length);
    });
  }

  async function cutWhenArrived(response: ServerResponse, bytes: number): Promise<void> {
    do await sleep(10);
    while (hasArrived !== undefined && !response.destroyed && !(await hasArrived(bytes)));
    response.socket?.destroy();
  }

  function takeTrouble(path: string): Trouble | undefined {
    const found = troubles.find((candidate) => candidate.path === path && candidate.times > 0);
    if (found === undefined) return undefined;
    found.times -= 1;
    return found.trouble;
  }

  function find(repository: string, revision: string): Commit | undefined {
    const own = commits.filter((commit) => commit.repository === repository);
    return (
      own.find(({ id }) => id === revision) ??
      own.findLast(({ branch }) => (branch === undefined ? ['main', 'master'] : [branch]).includes(revision))
    );
  }

  function bucketAddress(repository: string, commit: string, path: string): string {
    return `${bucketUrl}/${repository}/${commit}/${path.split('/').map(encodeURIComponent).join('/')}?signature=valid`;
  }

  return {
    url,
    bucketUrl,
    requests,
    publish(repository) {
      const id = createHash('sha1')
        .update(JSON.stringify([commits.length, repository.repository]))
        .digest('hex');
      commits.push({ ...repository, id });
      return id;
    },
    trouble: (path, trouble, times = 1) => void troubles.push({ path, trouble, times }),
    requestsFor(path) {
      const encoded = encodeURIComponent(path);
      const isAbout = (url: string) =>
        [path, encoded].some((text) => url.includes(`/${text}?`) || url.endsWith(`/${text}`)) ||
        new URLSearchParams(url.split('?')[1]).get('FilePath') === path;
      return requests.filter((request) => isAbout(request.url) && !request.url.startsWith('/api/models/'));
    },
    async stop() {
      for (const server of [hub, bucket]) {
        server.closeAllConnections();
        server.close();
        await once(server, 'close');
      }
    },
  };
}

function treeOf(commit: Commit): unknown[] {
  const folders = new Set(
    Object.keys(commit.files).flatMap((path) =>
      path.includes('/') && !path.startsWith('.') ? [path.split('/')[0]] : [],
    ),
  );
  const directories = [...folders].map((path) => ({ type: 'directory', oid: '0'.repeat(40), size: 0, path }));
  const files = Object.keys(commit.files).map((path) => {
    const content = contentOf(commit, path) ?? Buffer.alloc(0);
    if (!isLarge(commit, path)) return { type: 'file', oid: gitBlobId(content), size: content.length, path };
    const lfs = { oid: sha256(content), size: content.length, pointerSize: 134 };
    return { type: 'file', oid: '1'.repeat(40), size: content.length, lfs, xetHash: '2'.repeat(64), path };
  });
  return [...directories, ...files];
}

function listOf(commit: Commit): unknown[] {
  const files = Object.keys(commit.files).map((path) => {
    const content = contentOf(commit, path) ?? Buffer.alloc(0);
    return {
      ...{ Type: 'blob', Path: path, Name: path.split('/').at(-1), Size: content.length },
      Sha256: commit.hasHashes === false ? '' : sha256(content),
      ...{ IsLFS: isLarge(commit, path), Mode: '100644', Revision: commit.id },
    };
  });
  return [{ Type: 'tree', Path: 'folder', Name: 'folder', Size: 0, Sha256: '', Revision: commit.id }, ...files];
}

function contentOf({ files }: Commit, path: string): Buffer | undefined {
  const content = Object.hasOwn(files, path) ? files[path] : undefined;
  return content === undefined ? undefined : Buffer.from(content);
}

function isLarge({ isLarge }: Commit, path: string): boolean {
  return isLarge?.(path) ?? /\.(safetensors|bin|onnx)$/.test(path);
}

function sendStatus(response: ServerResponse, { status, headers }: Extract<Trouble, { kind: 'status' }>): void {
  response.writeHead(status, headers).end('{"error":"ordered by the test"}');
}

function sendJson(response: ServerResponse, value: unknown, headers: Record<string, string> = {}, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
}

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('The server has no port.');
  return `http://127.0.0.1:${address.port}`;
}

export function sha256(content: Buffer | string): string {
  return createHash('sha256').update(content).digest('hex');
}

function gitBlobId(content: Buffer): string {
  return createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
}
