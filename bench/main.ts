/**
 * `npm run bench`: all benches, or those that are named. Prints tables and one line of JSON for each; a run of all of
 * them, with all repetitions, also writes docs/benchmarks.md, and `--update` puts single ones into it. Missing a goal is a result, not an error.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { Argument, Command } from 'commander';

import { wholeNumber } from '../src/cli/arguments.js';
import { packageRoot } from '../src/plugin/package-root.js';
import { coldStart } from './benches/cold-start.js';
import { eventLoop } from './benches/event-loop.js';
import { generateOverhead } from './benches/generate-overhead.js';
import { imageBlockBench } from './benches/image-block.js';
import { memory } from './benches/memory.js';
import { modulation } from './benches/modulation.js';
import { pluginBoundary } from './benches/plugin-boundary.js';
import { previews } from './benches/previews.js';
import { reads } from './benches/reads.js';
import { similarImages } from './benches/similar-images.js';
import { studio } from './benches/studio.js';
import { subscribers } from './benches/subscribers.js';
import { type BenchRun, jsonLine, renderPage, textTable, updatePage } from './lib/page.js';
import { openSetting, provenanceOf } from './lib/setting.js';

const BENCHES = [
  generateOverhead,
  previews,
  pluginBoundary,
  imageBlockBench,
  modulation,
  coldStart,
  memory,
  eventLoop,
  subscribers,
  reads,
  similarImages,
  studio,
];

interface Options {
  readonly bundle: string;
  readonly steps?: number;
  readonly threads: number;
  readonly quick: boolean;
  readonly page: string | false;
  readonly update: boolean;
}

await new Command('npm run bench --')
  .description('measure the gateway and its engine')
  .addArgument(new Argument('[benches...]', 'which; all when none is named').choices(BENCHES.map(({ name }) => name)))
  .option('--bundle <folder>', 'bundle of the model', join(packageRoot, 'models/nexus-nano'))
  .option('--steps <number>', 'denoiser steps (default: of the bundle)', wholeNumber(1, 10_000))
  .option(
    '--threads <number>',
    'inside one operator, in every process; 0: one per physical core',
    wholeNumber(0, 256),
    0,
  )
  .option('--quick', 'few repetitions: to see that the benches work', false)
  .option('--page <file>', 'what a whole run writes', join(packageRoot, 'docs/benchmarks.md'))
  .option('--no-page', 'write none')
  .option('--update', 'put the benches that are named into the page, in place of their older results', false)
  .addHelpText('after', `\nBenches:\n${BENCHES.map(({ name, title }) => `  ${name.padEnd(20)}${title}`).join('\n')}`)
  .action(runBenches)
  .parseAsync();

async function runBenches(names: readonly string[], { quick, page, update, ...options }: Options): Promise<void> {
  const setting = await openSetting({ ...options, bundle: resolve(options.bundle), isQuick: quick });
  const provenance = provenanceOf(setting);
  console.log(`${provenance.bundle} on ${provenance.processor}, commit ${provenance.commit}`);

  const runs: BenchRun[] = [];
  for (const bench of BENCHES.filter(({ name }) => names.length === 0 || names.includes(name))) {
    console.log(`\n── ${bench.name}: ${bench.title}\n`);
    const findings = await bench.run(setting);
    for (const table of findings.tables) console.log(`${textTable(table)}\n`);
    for (const sentence of findings.reading) console.log(sentence);
    console.log(`\n${jsonLine({ bench, findings }, provenance)}`);
    runs.push({ bench, findings });
  }

  if (quick || page === false || (names.length > 0 && !update)) return;
  const written = update
    ? updatePage(await readFile(page, 'utf8'), provenance, runs)
    : renderPage(setting, provenance, runs);
  await writeFile(page, written);
  console.log(`\nWritten: ${page}`);
}
