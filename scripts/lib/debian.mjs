/** The programs that test/servers needs, from Debian's packages. */
import { existsSync, readdirSync } from 'node:fs';
import { isOnPath, run } from './run.mjs';
import { SetupError, say } from './say.mjs';

const programs = [
  {
    name: 'chromium',
    isThere: () => ['/usr/bin/chromium', '/usr/bin/chromium-browser'].some((path) => existsSync(path)),
  },
  { name: 'postgresql', isThere: () => isOnPath('postgres') || serverFolders().length > 0 },
  { name: 'redis-server', isThere: () => isOnPath('redis-server') },
];

/** Debian keeps each version of PostgreSQL's server in a folder of its own, outside PATH. */
function serverFolders() {
  const base = '/usr/lib/postgresql';
  return existsSync(base) ? readdirSync(base) : [];
}

/**
 * Chromium, PostgreSQL and Redis are on this machine afterwards.
 *
 * @throws {SetupError} naming what to install, when that is not ours to do
 */
export function ensureServers() {
  const missing = programs.filter(({ isThere }) => !isThere()).map(({ name }) => name);
  if (missing.length > 0) installDebian(missing);
}

/** @throws {SetupError} when the packages are missing and this user or system can't install them */
export function installDebian(packages) {
  const mayInstall = process.getuid?.() === 0 && isOnPath('apt-get');
  if (!mayInstall) {
    throw new SetupError(
      `Please install ${packages.join(', ')}, on Debian: sudo apt-get install ${packages.join(' ')}`,
    );
  }
  say(`Installing ${packages.join(', ')} with apt-get …`);
  // The run level of a machine under maintenance: the packages' own services are not started, the tests start theirs.
  const env = { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const status =
    run('apt-get', ['update', '-q'], { env }) ||
    run('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...packages], { env });
  if (status !== 0)
    throw new SetupError(`apt-get could not install ${packages.join(', ')}; its messages above say why.`);
}
