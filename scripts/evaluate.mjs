/**
 * `node scripts/evaluate.mjs FOLDER BUNDLE [--steps=N] [--workers=N]`: run the cases of FOLDER/cases.jsonl through the built engine.
 *
 * A case is {id, task, words, seed}: the words of one turn or more, and FOLDER/ID.source.png where it reads a picture. What comes of
 * it is a line on standard output, {id, replies, error?}: a reply a turn, {text, picture}, whose picture is FOLDER/ID.TURN.png; an
 * error is its code and message. Lines come as cases end. Called by `darkroom-toolkit evaluate`, which makes the cases and judges
 * what comes of them.
 *
 * Every worker is an engine of its own, with plugin hosts of one thread: cases side by side use the cores better than threads inside
 * an operator do, and a case's result does not depend on its company.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { withModel } from '../dist/src/cli/local-models.js';
import { processTerminal } from '../dist/src/cli/terminal.js';
import { GatewayError } from '../dist/src/errors/index.js';
import { answerMany, edit, generate, reply, resolveSettings } from '../dist/src/pipelines/index.js';
import { decodePicture, encodePng } from '../dist/src/services/image-codec.js';
import { root } from './lib/run.mjs';

const QUESTIONS_AT_ONCE = 8;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { steps: { type: 'string' }, workers: { type: 'string' } },
});
const [folder, bundle] = positionals;
if (folder === undefined || bundle === undefined) {
  process.stderr.write('usage: node scripts/evaluate.mjs FOLDER BUNDLE [--steps=N] [--workers=N]\n');
  process.exit(2);
}
/** By task: what is said in each turn, {text, image}. */
const TURNS = {
  async *generate({ words, seed }, model) {
    yield collect(model, (call) =>
      generate(model.parts, { prompt: words[0], settings: settingsOf('generation', seed, model) }, call),
    );
  },
  async *edit(case_, model) {
    const source = await sourceOf(case_, model);
    yield collect(model, (call) =>
      edit(
        model.parts,
        { source, instruction: case_.words[0], settings: settingsOf('editing', case_.seed, model) },
        call,
      ),
    );
  },
  async *round_trip({ words, seed }, model) {
    const drawn = await collect(model, (call) =>
      generate(model.parts, { prompt: words[0], settings: settingsOf('generation', seed, model) }, call),
    );
    yield drawn;
    const [said] = await answerMany(model.parts, [{ image: drawn.image, question: words[1] }], model.signal);
    if (typeof said !== 'string') throw said;
    yield { text: said };
  },
  conversation: converse,
  outside: converse,
};

const lines = (await readFile(join(folder, 'cases.jsonl'), 'utf8')).trim().split('\n');
const jobs = jobsOf(lines.map((line) => JSON.parse(line)));
const workers = Math.min(Number(values.workers ?? availableParallelism()), jobs.length);

const config = join(folder, 'darkroom.config.json');
await writeFile(config, JSON.stringify(configOf(bundle)));
let isBroken = false;
await Promise.all(
  Array.from({ length: workers }, () => withModel({ config }, processTerminal, work)).map((worker) =>
    worker.catch((error) => {
      // One line: why it cannot start is the same for all of them.
      if (!isBroken) process.stderr.write(`${error instanceof GatewayError ? error.message : error.stack}\n`);
      isBroken = true;
      process.exitCode = 1;
    }),
  ),
);

/** Takes jobs until none is left. */
async function work({ parts, limits, signal }) {
  const model = { parts, limits, signal };
  for (let job = jobs.shift(); job !== undefined && !isBroken; job = jobs.shift()) {
    const outcomes = job[0].task === 'understand' ? await answer(job, model) : [await one(job[0], model)];
    // What an interruption leaves unfinished is not wrong: it is to be done again.
    signal.throwIfAborted();
    for (const outcome of outcomes) process.stdout.write(`${JSON.stringify(outcome)}\n`);
  }
}

/** Questions are answered several at a time; everything else is a job of its own. */
function jobsOf(cases) {
  const questions = cases.filter(({ task }) => task === 'understand');
  const batches = [];
  for (let start = 0; start < questions.length; start += QUESTIONS_AT_ONCE) {
    batches.push(questions.slice(start, start + QUESTIONS_AT_ONCE));
  }
  const others = cases.filter(({ task }) => task !== 'understand').map((one) => [one]);
  // Evenly mixed, so that an interrupted run has some of every row.
  const place = (list) => list.map((job, index) => ({ job, at: (index + 0.5) / list.length }));
  return [...place(batches), ...place(others)].sort((a, b) => a.at - b.at).map(({ job }) => job);
}

async function answer(questions, model) {
  const asked = await Promise.all(
    questions.map(async (case_) => ({ image: await sourceOf(case_, model), question: case_.words[0] })),
  );
  const answers = await answerMany(model.parts, asked, model.signal).catch((error) => asked.map(() => error));
  return answers.map((said, index) => {
    const { id } = questions[index];
    return typeof said === 'string' ? { id, replies: [{ text: said, picture: false }] } : failed(id, [], said);
  });
}

/** A case that draws or talks: its turns one after the other, up to the first that fails. */
async function one(case_, model) {
  const replies = [];
  try {
    for await (const said of TURNS[case_.task](case_, model)) {
      if (said.image !== undefined) {
        await writeFile(join(folder, `${case_.id}.${replies.length + 1}.png`), await encodePng(said.image));
      }
      replies.push({ text: said.text, picture: said.image !== undefined });
    }
    return { id: case_.id, replies };
  } catch (error) {
    return failed(case_.id, replies, error);
  }
}

/** @throws what is no fault of the model: it would be the runner's own, and nobody's answer is wrong for it */
function failed(id, replies, error) {
  if (!(error instanceof GatewayError)) throw error;
  return { id, replies, error: `${error.code}: ${error.message}` };
}

/** Each turn through the pipeline of `sendMessage`, over all that was said before. */
async function* converse({ words, seed }, model) {
  const settings = {
    generation: settingsOf('generation', seed, model),
    editing: settingsOf('editing', seed, model),
  };
  const messages = [];
  for (const text of words) {
    messages.push({ role: 'user', parts: [{ type: 'text', text }] });
    const said = await collect(model, (call) => reply(model.parts, { messages, settings, sampling: { seed } }, call));
    messages.push({ role: 'assistant', parts: said.parts });
    yield said;
  }
}

/** Runs a pipeline. @returns all its words, its last picture, and both in the order in which they came, as parts of a message */
async function collect({ signal }, run) {
  const parts = [];
  let text = '';
  let image;
  await run({
    signal,
    emit(event) {
      if (event.type === 'imageFinished') {
        image = event.image;
        parts.push({ type: 'image', image });
      } else if (event.type === 'text') {
        text += event.text;
        const last = parts.at(-1);
        if (last?.type === 'text') last.text += event.text;
        else parts.push({ type: 'text', text: event.text });
      }
    },
  });
  return { text, image, parts };
}

function settingsOf(decoder, seed, { parts, limits }) {
  const asked = { seed, ...(values.steps === undefined ? {} : { numInferenceSteps: Number(values.steps) }) };
  return resolveSettings(parts, decoder, asked, limits);
}

function sourceOf({ id }, { limits }) {
  return decodePicture(join(folder, `${id}.source.png`), limits.maxPixels);
}

/** The four Nexus plugins over one bundle. */
function configOf(bundle) {
  const names = ['nexus-encoder', 'nexus-language', 'nexus-generation-decoder', 'nexus-editing-decoder'];
  const [encoder, languageModel, generation, editing] = names;
  return {
    plugins: names.map((name) => ({ name, path: join(root, 'plugins', name), options: { bundle, threads: 1 } })),
    models: [{ id: 'evaluated', name: 'Evaluated', encoder, languageModel, decoders: { generation, editing } }],
  };
}
