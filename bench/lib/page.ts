/** docs/benchmarks.md, from results alone: the same results give the same page. */
import type { Bench, Findings, Goal, Table } from './result.js';
import type { Provenance, Setting } from './setting.js';

export interface BenchRun {
  readonly bench: Bench;
  readonly findings: Findings;
}

/** More than this many processes that want a core, for each core there is, and the numbers say as much of them as of us. */
const BUSY_SHARE = 0.25;

export function renderPage(setting: Setting, provenance: Provenance, runs: readonly BenchRun[]): string {
  const goals = runs.flatMap(({ findings }) => findings.goals);
  const missed = goals.filter(({ isMet }) => !isMet);
  const parts = [
    '# Benchmarks',
    `Written by \`npm run bench -- --bundle models/${provenance.bundle}\`; run it again rather than edit it. Each bench runs alone by its name, for
instance \`npm run bench -- previews\`; \`npm run bench -- --help\` lists them. Middle half is the range from the lower to the upper quartile.`,
    markdownTable({ columns: ['', ''], rows: settingRows(setting, provenance) }),
    ...(isBusy(provenance) ? [BUSY_NOTE] : []),
    '## Goals',
    markdownTable({
      columns: ['goal', 'wanted', 'measured', 'met'],
      rows: goals.map(goalRow),
    }),
    told(
      missed.map(({ what }) => what),
      goals.length,
    ),
    ...runs.flatMap((run) => section(run)),
    '## As JSON',
    'One line for each bench, with every number that the tables round; durations in milliseconds.',
    ['```json', ...runs.map((run) => jsonLine(run, provenance)), '```'].join('\n'),
  ];
  return `${parts.join('\n\n')}\n`;
}

/**
 * The page with the sections, goals and lines of these runs in place of older ones; the rest stays as it was measured.
 *
 * @param page what `renderPage` wrote
 */
export function updatePage(page: string, provenance: Provenance, runs: readonly BenchRun[]): string {
  const [head = '', ...sections] = page.split(/^(?=## )/m);
  const put = (title: string, text: string): void => {
    const known = sections.findIndex((each) => each.startsWith(`## ${title}\n`));
    if (known >= 0) sections[known] = text;
    else
      sections.splice(
        sections.findIndex((each) => each.startsWith('## As JSON')),
        0,
        text,
      );
  };
  const change = (title: string, edit: (text: string) => string): void => {
    const found = sections.findIndex((each) => each.startsWith(`## ${title}\n`));
    sections[found] = edit(sections[found] ?? '');
  };
  for (const run of runs) {
    const { name, title } = run.bench;
    const { commit, loadBefore } = provenance;
    const note = `Measured by itself at commit ${commit}, load average before ${loadBefore.toFixed(1)}.`;
    put(title, `${[...section(run), note].join('\n\n')}\n\n`);
    change('As JSON', (text) => {
      const others = text.split('\n').filter((line) => !line.startsWith(`{"bench":"${name}"`));
      return [...others.slice(0, others.lastIndexOf('```')), jsonLine(run, provenance), '```', ''].join('\n');
    });
    change('Goals', (text) => withGoals(text, run.findings.goals));
  }
  return [head, ...sections].join('');
}

function withGoals(text: string, goals: readonly Goal[]): string {
  const lines = text.split('\n');
  const rows = lines.filter((line) => line.startsWith('| ') && !line.startsWith('| goal |'));
  const kept = rows.filter((row) => !goals.some(({ what }) => row.startsWith(`| ${what} |`)));
  const all = [...kept, ...goals.map((goal) => rowLine(goalRow(goal)))];
  const missed = all.filter((row) => row.endsWith('| **no** |')).map((row) => row.split(' | ')[0]?.slice(2) ?? '');
  const table = ['| goal | wanted | measured | met |', '|---|---|---|---|', ...all];
  return ['## Goals', '', ...table, '', told(missed, all.length), '', ''].join('\n');
}

/** The whole of a bench's numbers in one line. */
export function jsonLine(
  { bench, findings }: BenchRun,
  { bundle, bundleSha256, commit, loadBefore }: Provenance,
): string {
  const { figures, goals } = findings;
  return JSON.stringify({ bench: bench.name, bundle, bundleSha256, commit, loadBefore, figures, goals }, rounded);
}

/** As it stands on a terminal: columns as wide as their widest cell. */
export function textTable({ columns, rows }: Table): string {
  const widths = columns.map((_, column) => Math.max(...[columns, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [line(columns), ...rows.map(line)].join('\n');
}

function goalRow({ what, wanted, measured, isMet }: Goal): string[] {
  return [what, wanted, measured, isMet ? 'yes' : '**no**'];
}

function told(missed: readonly string[], goals: number): string {
  if (missed.length === 0) return 'All goals were met in this run.';
  return `${missed.length} of ${goals} goals ${missed.length === 1 ? 'was' : 'were'} not met in this run: ${missed.join('; ')}. The readings below say by how much.`;
}

function section({ bench: { name, title, explanation }, findings: { tables, reading } }: BenchRun): string[] {
  return [
    `## ${title}`,
    `\`npm run bench -- ${name}\``,
    explanation,
    ...tables.map(markdownTable),
    reading.map((sentence) => `- ${sentence}`).join('\n'),
  ];
}

function settingRows(setting: Setting, provenance: Provenance): string[][] {
  const { steps, width, height, trueCfgScale, threads, prompt } = setting;
  const { processor, memoryGb, system, node, onnxruntime, darkroom, commit, bundle, bundleSha256, loadBefore } =
    provenance;
  const passes = trueCfgScale === 1 ? 'one denoiser pass' : 'two denoiser passes';
  return [
    ['processor', processor],
    ['memory', `${memoryGb} GB`],
    ['system', system],
    ['Node', node],
    ['onnxruntime-node', `${onnxruntime}, CPU, float32`],
    ['threads in an operator', threads === 0 ? 'one per physical core' : String(threads)],
    ['Darkroom', `${darkroom}, commit ${commit}`],
    ['bundle', `${bundle}, manifest sha256 ${bundleSha256}…`],
    ['picture', `"${prompt}", ${width} x ${height}, ${steps} steps, ${passes} a step`],
    ['load average before', loadBefore.toFixed(1)],
  ];
}

const BUSY_NOTE = `**The machine was busy with other work when this run began.** Durations, spreads and the longest delays are worse than on an idle machine. So is
the API's side of a comparison with the bare engine: it runs in several processes, and each of them has to wait for a core.`;

function isBusy({ loadBefore, processor }: Provenance): boolean {
  return loadBefore > BUSY_SHARE * Number.parseInt(processor, 10);
}

function markdownTable({ columns, rows }: Table): string {
  return [rowLine(columns), `|${columns.map(() => '---|').join('')}`, ...rows.map(rowLine)].join('\n');
}

function rowLine(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

/** Five digits are more than any of this is good for. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(5)) : value;
}
