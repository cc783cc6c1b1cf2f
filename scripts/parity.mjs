/**
 * `npm run parity`: measure how far every part lies from the public implementations, and write docs/parity.md.
 *
 * The engine's own parity tests run first; the toolkit then measures its modules and the ONNX graphs and makes one page of both. Fails
 * when an error is beyond its tolerance; the page shows it in bold.
 */
import { ensureToolkit, python, toolkit } from './lib/python.mjs';
import { run, runNode } from './lib/run.mjs';
import { report } from './lib/say.mjs';
import { setUp } from './lib/setup.mjs';

const jest = ['--experimental-vm-modules', '--no-warnings=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];

try {
  setUp();
  ensureToolkit();
  const engine = runNode([...jest, '--selectProjects', 'everyday', '--testPathPatterns', 'test/parity/']);
  const modules = run(python, ['-m', 'darkroom_toolkit', 'parity'], { cwd: toolkit });
  process.exitCode = engine || modules;
} catch (error) {
  report(error);
}
