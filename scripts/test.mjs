/**
 * `npm test [-- paths or options of jest]`: packages, build, lint, format, types, then the everyday tests.
 * `npm run test:all` adds the tests that need servers (test/servers), those of converted checkpoints (test/converted), and those
 * in Python: of the plugin SDK (sdk/python, test/python) and of the toolkit.
 *
 * Once the packages are there, every step runs, whatever became of the one before it. The last line of the output is
 * `N passed, N failed`, over the tests of all steps, with any other step that failed counted as one failed test.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { makeConverted } from './lib/converted.mjs';
import { ensureServers } from './lib/debian.mjs';
import { ensureEngines } from './lib/engines.mjs';
import { ensureDiffusers, ensureSdk, ensureToolkit, pythonOf, sdk, toolkit } from './lib/python.mjs';
import { root, run, runNode } from './lib/run.mjs';
import { report, say } from './lib/say.mjs';
import { build, install, isBuilt, isInstalled, linkCommand, requireNode } from './lib/setup.mjs';

const wantsAll = process.argv.includes('--all');
const jestArgs = process.argv.slice(2).filter((argument) => argument !== '--all');
const reports = mkdtempSync(join(tmpdir(), 'darkroom-tests-'));

const packages = { name: 'Packages', run: ensurePackages };
const steps = [
  { name: 'Build', run: ensureBuild },
  { name: 'Lint', run: () => check('node_modules/oxlint/bin/oxlint') },
  { name: 'Format', run: () => check('node_modules/@biomejs/biome/bin/biome', 'format') },
  { name: 'Types', run: () => check('node_modules/typescript/bin/tsc', '--noEmit') },
  {
    name: 'Types of the element',
    run: () => check('node_modules/typescript/bin/tsc', '-p', 'src/element', '--noEmit'),
  },
  { name: 'Types of the studio', run: () => check('node_modules/typescript/bin/tsc', '-p', 'web') },
  { name: 'Tests', run: () => jest('everyday', jestArgs) },
];
if (wantsAll) {
  steps.push(
    { name: 'Tests with servers', run: testWithServers },
    { name: 'Converted checkpoints', run: testConverted },
    { name: 'Python SDK', run: testSdk },
    { name: 'Python plugins', run: testPythonPlugins },
    { name: 'Toolkit tests', run: testToolkit },
  );
}

const installed = runStep(packages);
const results = installed.failed > 0 ? [installed] : [installed, ...steps.map((step) => runStep(step))];
rmSync(reports, { recursive: true, force: true });
summarize(results);

// ── Steps ────────────────────────────────────────────────────────────────────────────────────────────────────────────

function runStep({ name, run: runIt }) {
  say(`${name} …`);
  try {
    return { name, ...runIt() };
  } catch (error) {
    report(error);
    return { name, ...failedCheck() };
  }
}

function ensurePackages() {
  requireNode();
  if (!isInstalled()) install();
  return passedTests(0);
}

function ensureBuild() {
  if (!isBuilt()) build();
  linkCommand();
  return passedTests(0);
}

function check(...args) {
  return runNode(args) === 0 ? passedTests(0) : failedCheck();
}

/** jest's own exit status counts too: a suite that cannot be loaded has no failed test. */
function jest(project, args = []) {
  const output = join(reports, `${project}.json`);
  const status = runNode([
    '--experimental-vm-modules',
    '--no-warnings=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    '--selectProjects',
    project,
    '--passWithNoTests',
    '--json',
    '--outputFile',
    output,
    ...args,
  ]);
  if (!existsSync(output)) return failedCheck();
  const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(readFileSync(output, 'utf8'));
  const failed = numFailedTests + numRuntimeErrorTestSuites;
  return { passed: numPassedTests, failed: status === 0 ? failed : Math.max(failed, 1) };
}

function testWithServers() {
  if (!hasTests('test/servers', '.test.ts')) return passedTests(0);
  ensureServers();
  ensureEngines();
  return jest('servers');
}

function testConverted() {
  makeConverted();
  return jest('converted');
}

function testSdk() {
  ensureSdk();
  return pytest(sdk);
}

function testPythonPlugins() {
  ensureSdk();
  ensureDiffusers();
  return jest('python');
}

function testToolkit() {
  if (!existsSync(join(toolkit, 'pyproject.toml'))) return passedTests(0);
  ensureToolkit();
  return pytest(toolkit);
}

function pytest(project) {
  const output = join(reports, `${basename(project)}.xml`);
  const status = run(pythonOf(project), ['-m', 'pytest', '-q', `--junit-xml=${output}`], { cwd: project });
  if (!existsSync(output)) return failedCheck();
  const suite = /<testsuite [^>]*>/.exec(readFileSync(output, 'utf8'))?.[0] ?? '';
  const count = (attribute) => Number(new RegExp(`\\b${attribute}="(\\d+)"`).exec(suite)?.[1] ?? 0);
  const failed = count('failures') + count('errors');
  const passed = count('tests') - failed - count('skipped');
  return { passed, failed: status === 0 ? failed : Math.max(failed, 1) };
}

function hasTests(folder, ending) {
  const path = join(root, folder);
  return existsSync(path) && readdirSync(path, { recursive: true }).some((name) => name.endsWith(ending));
}

// ── Results ──────────────────────────────────────────────────────────────────────────────────────────────────────────

function passedTests(passed) {
  return { passed, failed: 0 };
}

function failedCheck() {
  return { passed: 0, failed: 1 };
}

function summarize(all) {
  console.log('');
  for (const { name, passed, failed } of all) {
    if (passed + failed === 0) say(`${name}: good`);
    else say(`${name}: ${passed} passed, ${failed} failed`);
  }
  const total = (key) => all.reduce((sum, result) => sum + result[key], 0);
  const [passed, failed] = [total('passed'), total('failed')];
  console.log(`\n${passed} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
}
