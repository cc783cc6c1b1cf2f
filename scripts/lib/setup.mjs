/**
 * What every entry needs first, from a bare clone on: the right Node, the packages of the lock file, a current build.
 * Plain Node and no packages, because they may not be there yet. Each step looks before it works, so a second start
 * takes well under a second.
 */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { root, run, runNode } from './run.mjs';
import { SetupError, say } from './say.mjs';

/** Packages installed and sources compiled, whatever was missing before. */
export function setUp() {
  requireNode();
  if (!isInstalled()) install();
  if (!isBuilt()) build();
  linkCommand();
}

// ── Node ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** @throws {SetupError} when this Node is older than package.json's "engines" ask for */
export function requireNode() {
  const wanted = readJson('package.json').engines.node.replace('>=', '');
  if (isOlder(process.versions.node, wanted)) {
    throw new SetupError(
      `Node ${wanted} or newer is needed; this is ${process.versions.node}. Install a current one from https://nodejs.org, then run this again.`,
    );
  }
}

function isOlder(version, than) {
  const [left, right] = [version, than].map((text) => text.split('.').map(Number));
  const differs = left.findIndex((number, index) => number !== right[index]);
  return differs !== -1 && left[differs] < right[differs];
}

// ── Packages ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * Whether node_modules holds what package-lock.json asks for. npm leaves its own list of what it installed, written
 * last: comparing the two also finds an interrupted or outdated installation, whoever made it.
 */
export function isInstalled() {
  const listing = 'node_modules/.package-lock.json';
  if (!existsSync(join(root, listing))) return false;
  const installed = readJson(listing).packages;
  return Object.entries(readJson('package-lock.json').packages).every(
    // Optional packages are those of other platforms, mostly.
    ([path, { version, optional }]) => path === '' || optional || installed[path]?.version === version,
  );
}

/** @throws {SetupError} when npm fails */
export function install() {
  say('Installing the packages of package-lock.json (about 600 MB; a minute or two) …');
  // Under `npm start`, npm says where it lives; otherwise PATH knows.
  const npmScript = process.env.npm_execpath;
  const args = ['ci', '--no-fund', '--no-audit'];
  const env = { ONNXRUNTIME_NODE_INSTALL: 'skip' };
  const status = npmScript?.endsWith('.js') ? runNode([npmScript, ...args], { env }) : run('npm', args, { env });
  if (status !== 0) {
    throw new SetupError(
      status === 127
        ? 'npm was not found; it comes with Node from https://nodejs.org.'
        : 'npm ci failed; its messages above say why. Without a network connection, it needs a filled npm cache.',
    );
  }
}

// ── Build ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** What `build` makes, each anew only when its sources have changed. */
const parts = {
  /** dist/: the gateway, plugins, examples and measurements. */
  program: {
    stamp: 'dist/.sources',
    sources: ['tsconfig.json', 'tsconfig.build.json', ...readJson('tsconfig.build.json', { comments: true }).include],
  },
  /** dist/web: the studio, with the client that it is built on, and the element for other pages. */
  studio: {
    stamp: 'dist/web/.sources',
    sources: ['scripts/lib/setup.mjs', 'tsconfig.json', 'web', 'src/client', 'src/element'],
  },
};

/** Whether dist/ was made from the sources as they are now. */
export function isBuilt() {
  return Object.values(parts).every(isCurrent);
}

function isCurrent({ stamp, sources }) {
  const path = join(root, stamp);
  return existsSync(path) && readFileSync(path, 'utf8') === hashOf(sources);
}

/**
 * Each part is made in a folder beside its place and the two are swapped, so that a process which runs from dist/ never
 * meets half of it and files of deleted sources do not stay.
 *
 * @throws {SetupError} when a compiler finds errors; the part then stays as it was
 */
export function build() {
  removeAbandonedBuilds();
  if (!isCurrent(parts.program)) buildProgram();
  if (!isCurrent(parts.studio)) buildStudio();
}

function buildProgram() {
  say('Compiling …');
  buildInto('dist', (fresh) => {
    const hash = hashOf(parts.program.sources);
    // Code of pages has the types of a browser, everything else those of Node.
    for (const project of ['src/element', 'tsconfig.build.json']) {
      const status = runNode(['node_modules/typescript/bin/tsc', '-p', project, '--outDir', fresh]);
      if (status !== 0) throw new SetupError('The build failed; the errors above name the files and lines.');
    }
    const command = join(root, fresh, 'src/cli/main.js');
    if (existsSync(command)) chmodSync(command, 0o755);
    writeFileSync(join(root, fresh, '.sources'), hash);
    // The studio is a part of its own.
    if (existsSync(join(root, 'dist/web'))) renameSync(join(root, 'dist/web'), join(root, fresh, 'web'));
  });
}

function buildStudio() {
  say('Building the studio …');
  buildInto('dist/web', (fresh) => {
    const hash = hashOf(parts.studio.sources);
    const args = ['build', 'web', '--logLevel', 'warn', '--emptyOutDir', '--outDir', join(root, fresh)];
    if (runNode(['node_modules/vite/bin/vite.js', ...args]) !== 0) {
      throw new SetupError('The studio could not be built; the errors above name the files and lines.');
    }
    compressFiles(join(root, fresh));
    writeFileSync(join(root, fresh, '.sources'), hash);
  });
}

/** Beside each file what is sent to a browser that takes it: compressed once, as well as can be. */
function compressFiles(folder) {
  for (const name of readdirSync(folder, { recursive: true })) {
    if (!/\.(js|css|svg)$/.test(name)) continue;
    const content = readFileSync(join(folder, name));
    writeFileSync(join(folder, `${name}.br`), brotliCompressSync(content));
    writeFileSync(join(folder, `${name}.gz`), gzipSync(content, { level: 9 }));
  }
}

/** @param make fills the folder that it is given, a path below the root */
function buildInto(place, make) {
  const fresh = `dist.${process.pid}`;
  const [target, before] = [join(root, place), join(root, `${fresh}.before`)];
  try {
    make(fresh);
    if (existsSync(target)) renameSync(target, before);
    renameSync(join(root, fresh), target);
  } finally {
    for (const folder of [join(root, fresh), before]) rmSync(folder, { recursive: true, force: true });
  }
}

/** Makes `npx darkroom` work inside the repository: npm links the commands of dependencies, but not the root's own. */
export function linkCommand() {
  const [folder, target] = ['node_modules/.bin', '../../dist/src/cli/main.js'];
  if (process.platform === 'win32') {
    writeFileSync(join(root, folder, 'darkroom.cmd'), `@node "%~dp0${target.replaceAll('/', '\\')}" %*\r\n`);
  } else if (!lstatSync(join(root, folder, 'darkroom'), { throwIfNoEntry: false })) {
    symlinkSync(target, join(root, folder, 'darkroom'));
  }
}

/** What a build leaves behind that Ctrl-C ended: folders named after a process that is no more. */
function removeAbandonedBuilds() {
  for (const name of readdirSync(root)) {
    const pid = /^dist\.(\d+)/.exec(name)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    rmSync(join(root, name), { recursive: true, force: true });
  }
}

function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Of names and contents, not of times: a checkout or a copy touches files without changing them. */
function hashOf(sources) {
  const files = sources.flatMap((path) => filesBelow(path)).toSorted();
  const hash = createHash('sha256');
  for (const path of ['package-lock.json', ...files]) {
    const content = readFileSync(join(root, path));
    hash.update(`${path}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

/** The sources at a path: itself, or what a compiler reads of a folder. */
function filesBelow(path) {
  const found = statSync(join(root, path), { throwIfNoEntry: false });
  if (!found?.isDirectory()) return found ? [path] : [];
  return readdirSync(join(root, path), { withFileTypes: true }).flatMap((entry) => {
    // A Python plugin's environment holds tens of thousands of files, and none of ours.
    if (entry.isDirectory()) return entry.name === '.venv' ? [] : filesBelow(join(path, entry.name));
    return /\.([cm]?[jt]sx?|css|html|svg)$/.test(entry.name) ? [join(path, entry.name)] : [];
  });
}

function readJson(path, { comments = false } = {}) {
  const text = readFileSync(join(root, path), 'utf8');
  return JSON.parse(comments ? text.replaceAll(/^\s*\/\/.*$/gm, '') : text);
}
