/** The schema's options as a list. */
import { z } from 'zod';

import { configSchema, OPTION_METAS, type OptionMeta } from './schema.js';

export interface OptionEntry extends OptionMeta {
  /** For instance `['limits', 'uploadBytes']`. */
  readonly path: readonly string[];
  /** For instance `DARKROOM_LIMITS_UPLOAD_BYTES`. */
  readonly variable: string;
  readonly schema: z.ZodType;
  /** Whether its environment variable holds the value as it is; any other kind is read as JSON. */
  readonly isText: boolean;
  readonly defaultValue: unknown;
}

/** In the order of the schema. An option without a meaning does not exist: a test holds the two equal. */
export const OPTIONS: readonly OptionEntry[] = walk(configSchema, []);

function walk(schema: z.ZodType, path: readonly string[]): OptionEntry[] {
  if (schema instanceof z.ZodPrefault) return walk(asType(schema.unwrap()), path);
  if (schema instanceof z.ZodObject) {
    return Object.entries(schema.shape).flatMap(([key, inner]) => walk(asType(inner), [...path, key]));
  }
  const meta = OPTION_METAS.get(schema);
  if (meta === undefined) throw new TypeError(`Option ${path.join('.')} has no meaning.`);
  const inner = schema instanceof z.ZodDefault || schema instanceof z.ZodOptional ? schema.unwrap() : schema;
  const isText = inner instanceof z.ZodString || inner instanceof z.ZodURL || inner instanceof z.ZodEnum;
  const parsed = schema.safeParse(undefined);
  return [
    {
      ...meta,
      path,
      variable: variableOf(path),
      schema,
      isText,
      defaultValue: parsed.success ? parsed.data : undefined,
    },
  ];
}

function variableOf(path: readonly string[]): string {
  return ['darkroom', ...path].map((word) => word.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()).join('_');
}

/** zod hands inner schemas out as its core type. */
function asType(schema: unknown): z.ZodType {
  if (schema instanceof z.ZodType) return schema;
  throw new TypeError('An option has a schema of an unknown kind.');
}
