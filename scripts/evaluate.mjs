/**
 * `node scripts/evaluate.mjs FOLDER BUNDLE [STEPS]`: run the cases of FOLDER/cases.jsonl through the built engine.
 *
 * A case is {id, task, words, seed}, with FOLDER/ID.source.png where it reads a picture. Pictures go to FOLDER/ID.png, answers to
 * FOLDER/answers.jsonl as [id, words]. Called by `darkroom-toolkit evaluate`, which makes the cases and judges the results.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { withModel } from '../dist/src/cli/local-models.js';
import { processTerminal } from '../dist/src/cli/terminal.js';
import { answerMany, edit, generate, resolveSettings } from '../dist/src/pipelines/index.js';
import { decodePicture, encodePng } from '../dist/src/services/image-codec.js';
import { root } from './lib/run.mjs';

const QUESTIONS_AT_ONCE = 8;

const [folder, bundle, steps] = process.argv.slice(2);
if (folder === undefined || bundle === undefined) {
  process.stderr.write('usage: node scripts/evaluate.mjs FOLDER BUNDLE [STEPS]\n');
  process.exit(2);
}
const lines = (await readFile(join(folder, 'cases.jsonl'), 'utf8')).trim().split('\n');
const cases = lines.map((line) => JSON.parse(line));

const config = join(folder, 'darkroom.config.json');
await writeFile(config, JSON.stringify(configOf(bundle)));
await withModel({ config }, processTerminal, async ({ parts, limits, signal }) => {
  const source = ({ id }) => decodePicture(join(folder, `${id}.source.png`), limits.maxPixels);
  const answers = [];
  const questions = cases.filter(({ task }) => task === 'understand');
  for (let start = 0; start < questions.length; start += QUESTIONS_AT_ONCE) {
    const some = questions.slice(start, start + QUESTIONS_AT_ONCE);
    const asked = await Promise.all(some.map(async (one) => ({ image: await source(one), question: one.words })));
    const said = await answerMany(parts, asked, signal);
    said.forEach((answer, index) => answers.push([some[index].id, typeof answer === 'string' ? answer : '']));
    progress('understand', start + some.length, questions.length);
  }
  await writeFile(join(folder, 'answers.jsonl'), answers.map((answer) => `${JSON.stringify(answer)}\n`).join(''));

  for (const [task, decoder] of [
    ['generate', 'generation'],
    ['edit', 'editing'],
  ]) {
    const some = cases.filter((one) => one.task === task);
    for (const [index, one] of some.entries()) {
      const asked = { seed: one.seed, ...(steps === undefined ? {} : { numInferenceSteps: Number(steps) }) };
      const settings = resolveSettings(parts, decoder, asked, limits);
      const call = {
        signal,
        emit: async (event) => {
          if (event.type === 'imageFinished')
            await writeFile(join(folder, `${one.id}.png`), await encodePng(event.image));
        },
      };
      if (task === 'generate') await generate(parts, { prompt: one.words, settings }, call);
      else await edit(parts, { source: await source(one), instruction: one.words, settings }, call);
      progress(task, index + 1, some.length);
    }
  }
});

/** The four Nexus plugins over one bundle. */
function configOf(bundle) {
  const names = ['nexus-encoder', 'nexus-language', 'nexus-generation-decoder', 'nexus-editing-decoder'];
  const [encoder, languageModel, generation, editing] = names;
  return {
    plugins: names.map((name) => ({ name, path: join(root, 'plugins', name), options: { bundle } })),
    models: [{ id: 'evaluated', name: 'Evaluated', encoder, languageModel, decoders: { generation, editing } }],
  };
}

function progress(task, done, total) {
  if (done % 20 === 0 || done === total) process.stderr.write(`${task}: ${done} of ${total}\n`);
}
