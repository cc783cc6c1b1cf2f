/** Whether the parts of a model fit together. */
import { GatewayError } from '../errors/index.js';
import type { EmbeddingSpace, ImageDecoder, LanguageModel, VisionEncoder } from './contract.js';

interface Parts {
  readonly encoder: Pick<VisionEncoder, 'space'> | null;
  readonly languageModel: Pick<LanguageModel, 'reads' | 'writes'>;
  readonly decoders: Readonly<Record<'generation' | 'editing', Pick<ImageDecoder, 'reads' | 'supports'> | null>>;
}

/** What the configuration calls each part's plugin. */
interface PartNames {
  readonly encoder?: string | undefined;
  readonly languageModel: string;
  readonly generation?: string | undefined;
  readonly editing?: string | undefined;
}

/**
 * The embedding space that a model's parts share; null when pictures cross between them only as pixels and words.
 *
 * @throws {GatewayError} SPACE_MISMATCH naming both plugins and both spaces; CAPABILITY_MISSING for a decoder in the
 * role of editing that cannot edit
 */
export function checkSpaces(
  model: string,
  { encoder, languageModel, decoders }: Parts,
  names: PartNames,
): EmbeddingSpace | null {
  const { reads, writes } = languageModel;
  const encoded = {
    space: encoder?.space ?? null,
    by: encoder ? `its encoder ${names.encoder}` : 'the encoder, which it lacks,',
  };
  const written = { space: writes, by: `its language model ${names.languageModel}` };

  if (reads !== 'pixels') match(model, encoded, { space: reads, by: `language model ${names.languageModel}` });
  for (const role of ['generation', 'editing'] as const) {
    const decoder = decoders[role];
    if (!decoder) continue;
    const by = `${role} decoder ${names[role]}`;
    const { condition, reference } = decoder.reads;
    if (condition !== 'text') match(model, written, { space: condition, by });
    if (reference !== undefined && reference !== 'pixels') match(model, encoded, { space: reference, by });
    if (role === 'editing' && !(decoder.supports.edit && reference !== undefined)) {
      throw new GatewayError(
        'CAPABILITY_MISSING',
        `Model ${model}: its ${by} declares that it cannot edit, or reads no reference.`,
      );
    }
  }
  return encoder?.space ?? writes ?? (reads === 'pixels' ? null : reads);
}

interface Side {
  readonly space: EmbeddingSpace | null;
  readonly by: string;
}

function match(model: string, writer: Side, reader: Side): void {
  const isSame =
    writer.space?.id === reader.space?.id &&
    writer.space?.dimension === reader.space?.dimension &&
    writer.space?.imageTokens === reader.space?.imageTokens;
  if (isSame) return;
  throw new GatewayError(
    'SPACE_MISMATCH',
    `Model ${model}: its ${reader.by} reads ${describe(reader.space)}, ${writer.by} gives ${describe(writer.space)}.`,
  );
}

function describe(space: EmbeddingSpace | null): string {
  return space ? `the space ${space.id} (dimension ${space.dimension}, ${space.imageTokens} tokens)` : 'no embeddings';
}
