/** A workflow as ComfyUI exports it for its API, with placeholders where a request's values go. */
import { readFile } from 'node:fs/promises';
import { GatewayError } from 'darkroom/plugin';

export const PLACEHOLDERS = [
  'prompt',
  'negativePrompt',
  'seed',
  'steps',
  'width',
  'height',
  'guidanceScale',
  'trueCfgScale',
  'image',
] as const;
export type Placeholder = (typeof PLACEHOLDERS)[number];
export type WorkflowValues = Readonly<Record<Exclude<Placeholder, 'image'>, string | number>> & {
  readonly image?: string | undefined;
};

export interface Workflow {
  readonly has: ReadonlySet<Placeholder>;
  /** A whole text `{{seed}}` becomes the value itself, a placeholder within a text becomes a part of it. */
  with(values: WorkflowValues): unknown;
}

const PATTERN = /\{\{\s*(\w+)\s*\}\}/g;

/** @throws {GatewayError} CONFIG_INVALID when the file cannot be read, is no workflow, or has a placeholder that there is not */
export async function readWorkflow(path: string): Promise<Workflow> {
  let template: unknown;
  try {
    template = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new GatewayError('CONFIG_INVALID', `The workflow ${path} cannot be read as JSON.`, { cause });
  }
  const nodes = typeof template === 'object' && template !== null ? Object.values(template) : [];
  const isWorkflow =
    nodes.length > 0 && nodes.every((node) => typeof node === 'object' && node && 'class_type' in node);
  if (!isWorkflow)
    throw new GatewayError(
      'CONFIG_INVALID',
      `The workflow ${path} is not in the format of ComfyUI's API: every node has a class_type. Export it with "Export (API)".`,
    );
  const has = new Set<Placeholder>();
  for (const [, name = ''] of JSON.stringify(template).matchAll(PATTERN)) {
    if (!isPlaceholder(name))
      throw new GatewayError(
        'CONFIG_INVALID',
        `The workflow ${path} has the placeholder {{${name}}}; there are ${PLACEHOLDERS.join(', ')}.`,
      );
    has.add(name);
  }
  if (!has.has('prompt'))
    throw new GatewayError(
      'CONFIG_INVALID',
      `The workflow ${path} has no {{prompt}}, so it would always draw the same.`,
    );
  return { has, with: (values) => filled(template, values) };
}

function filled(value: unknown, values: WorkflowValues): unknown {
  if (Array.isArray(value)) return value.map((item) => filled(item, values));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, filled(item, values)]));
  if (typeof value !== 'string') return value;
  const whole = /^\{\{\s*(\w+)\s*\}\}$/.exec(value)?.[1];
  if (whole !== undefined && isPlaceholder(whole)) return values[whole] ?? '';
  return value.replace(PATTERN, (_, name: string) => (isPlaceholder(name) ? String(values[name] ?? '') : ''));
}

function isPlaceholder(name: string): name is Placeholder {
  return (PLACEHOLDERS as readonly string[]).includes(name);
}
