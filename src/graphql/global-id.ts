/**
 * Global ids: base64url of `Type:raw`, opaque to clients. Services know only raw ids.
 */
import { GatewayError } from '../errors/index.js';

/** What an id can stand for. All kinds of task share one, so an id does not change its meaning with the task's type. */
export const NODE_TYPES = ['Conversation', 'Message', 'Image', 'Task'] as const;
export type NodeType = (typeof NODE_TYPES)[number];

export function toGlobalId(type: NodeType, rawId: string): string {
  return Buffer.from(`${type}:${rawId}`, 'utf8').toString('base64url');
}

/** The parts of a global id; null when it is not one of ours. */
export function parseGlobalId(globalId: string): { readonly type: NodeType; readonly rawId: string } | null {
  const text = Buffer.from(globalId, 'base64url').toString('utf8');
  const colon = text.indexOf(':');
  const type = NODE_TYPES.find((candidate) => candidate === text.slice(0, colon));
  const rawId = text.slice(colon + 1);
  // Decoding is lenient, so `toGlobalId` decides: one object has one id.
  return type !== undefined && rawId !== '' && toGlobalId(type, rawId) === globalId ? { type, rawId } : null;
}

/**
 * The raw id of a `type` that an argument must name.
 *
 * @param argument name of the argument, for the message
 * @throws GatewayError BAD_INPUT for anything that is not an id of that type
 */
export function rawIdOf(type: NodeType, globalId: string, argument: string): string {
  const parsed = parseGlobalId(globalId);
  if (parsed?.type === type) return parsed.rawId;
  const came = parsed === null ? 'something that is no id of this gateway' : `the id of a ${parsed.type}`;
  throw new GatewayError('BAD_INPUT', `\`${argument}\` must be the \`id\` of a ${type}; it is ${came}.`);
}
