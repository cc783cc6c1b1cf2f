/**
 * Completes package-lock.json: `node scripts/mend-lockfile.mjs`, after every change of dependencies.
 *
 * Some packages carry one optional dependency per platform (@swc/core, sharp, unrs-resolver, …). Where a registry
 * mirror lacks a few of these, `npm install` leaves them out of the lock file, and `npm ci` then refuses the lock on
 * every machine: "Missing: … from lock file". An entry that names the version and the platform is enough for npm to
 * know it may skip the package elsewhere. With `--check`, writes nothing and exits with 1 when an entry is missing.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const lockUrl = new URL('../package-lock.json', import.meta.url);
const exactVersion = /^\d+\.\d+\.\d+(-[\w.]+)?$/;

const systems = ['openharmony', 'freebsd', 'android', 'darwin', 'netbsd', 'openbsd', 'linux', 'sunos', 'win32', 'aix'];
const architectures = ['loong64', 'riscv64', 'ppc64', 'arm64', 's390x', 'mips64el', 'ia32', 'arm', 'x64', 'wasm32'];

/** The platform that a package's name tells of, as npm keeps it: `os`, `cpu` and, for Linux, `libc`. */
function platformOf(name) {
  const words = name.split(/[/-]/);
  const os = systems.filter((system) => words.includes(system));
  const cpu = architectures.filter((architecture) => words.includes(architecture));
  return {
    ...(cpu.length > 0 && { cpu }),
    ...(os.includes('linux') && { libc: [name.includes('musl') ? 'musl' : 'glibc'] }),
    ...(os.length > 0 && { os }),
  };
}

/** Whether an entry of the lock serves `name` for the package at `from`, searched upwards as Node does. */
function isServed(packages, from, name) {
  for (let folder = from; ; folder = folder.slice(0, folder.lastIndexOf('/node_modules/'))) {
    if (`${folder}/node_modules/${name}` in packages) return true;
    if (!folder.includes('/node_modules/')) return `node_modules/${name}` in packages;
  }
}

const lock = JSON.parse(readFileSync(lockUrl, 'utf8'));
const added = {};
for (const [path, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (!exactVersion.test(version) || isServed(lock.packages, path, name)) continue;
    const { cpu, libc, os } = platformOf(name);
    // In npm's own order of keys, so that a later `npm install` leaves the file as it is.
    added[`node_modules/${name}`] = {
      version,
      ...(cpu && { cpu }),
      ...(entry.dev && { dev: true }),
      ...(libc && { libc }),
      optional: true,
      ...(os && { os }),
    };
  }
}

const names = Object.keys(added);
if (names.length === 0) {
  console.log('package-lock.json is complete.');
} else if (process.argv.includes('--check')) {
  console.error(`package-lock.json lacks ${names.join(', ')}. Run: npm run mend-lockfile`);
  process.exitCode = 1;
} else {
  const { '': root, ...packages } = lock.packages;
  const sorted = Object.entries({ ...packages, ...added }).toSorted(([a], [b]) => a.localeCompare(b, 'en'));
  writeFileSync(
    lockUrl,
    `${JSON.stringify({ ...lock, packages: { '': root, ...Object.fromEntries(sorted) } }, null, 2)}\n`,
  );
  console.log(`Added to package-lock.json: ${names.join(', ')}`);
}
