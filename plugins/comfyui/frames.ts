/** What comes over ComfyUI's WebSocket. */
import { z } from 'darkroom/plugin';

const PREVIEW = 1;
const PREVIEW_WITH_METADATA = 4;

export type Frame =
  | { readonly type: 'message'; readonly name: string; readonly data: MessageData }
  /** A JPEG or PNG of the picture on its way. */
  | { readonly type: 'preview'; readonly file: Buffer; readonly promptId: string | undefined };

const dataSchema = z.looseObject({
  prompt_id: z.string().nullish(),
  value: z.number().optional(),
  max: z.number().optional(),
  node: z.string().nullish(),
  node_id: z.string().nullish(),
  node_type: z.string().nullish(),
  exception_message: z.string().nullish(),
});
export type MessageData = z.output<typeof dataSchema>;
const messageSchema = z.object({ type: z.string(), data: dataSchema.default({}) });

/** Undefined for what is of no use here, unknown types among it: a newer server may send more. */
export function parseFrame(bytes: Buffer, isBinary: boolean): Frame | undefined {
  if (!isBinary) {
    const parsed = messageSchema.safeParse(parseJson(bytes.toString('utf8')));
    return parsed.success ? { type: 'message', name: parsed.data.type, data: parsed.data.data } : undefined;
  }
  if (bytes.length < 8) return undefined;
  const [kind, second] = [bytes.readUInt32BE(0), bytes.readUInt32BE(4)];
  if (kind === PREVIEW) return { type: 'preview', file: bytes.subarray(8), promptId: undefined };
  if (kind !== PREVIEW_WITH_METADATA || bytes.length < 8 + second) return undefined;
  const metadata = dataSchema.safeParse(parseJson(bytes.toString('utf8', 8, 8 + second)));
  if (!metadata.success) return undefined;
  return { type: 'preview', file: bytes.subarray(8 + second), promptId: metadata.data.prompt_id ?? undefined };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
