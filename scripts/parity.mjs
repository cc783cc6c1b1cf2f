/**
 * `npm run parity`: measure how far every part lies from the public implementations, and write docs/parity.md.
 *
 * The engine's own parity tests and those of converted checkpoints run first; the toolkit then measures its modules and the ONNX graphs
 * and makes one page of all. Fails when an error is beyond its tolerance; the page shows it in bold.
 */
import { makeConverted } from './lib/converted.mjs';
import { python, toolkit } from './lib/python.mjs';
import { run, runNode } from './lib/run.mjs';
import { report } from './lib/say.mjs';
import { setUp } from './lib/setup.mjs';

const jest = ['--experimental-vm-modules', '--no-warnings=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];

try {
  setUp();
  makeConverted();
  const engine = runNode([
    ...jest,
    '--selectProjects',
    'everyday',
    'converted',
    '--testPathPatterns',
    'test/(parity|converted)/',
  ]);
  const modules = run(python, ['-m', 'darkroom_toolkit', 'parity'], { cwd: toolkit });
  process.exitCode = engine || modules;
} catch (error) {
  report(error);
}
