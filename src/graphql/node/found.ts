import { GatewayError } from '../../errors/index.js';
import { type NodeType, toGlobalId } from '../global-id.js';

/** A record that another one points to. @throws GatewayError NOT_FOUND when it has gone in the meantime */
export function found<Record>(record: Record | null, type: NodeType, rawId: string): Record {
  if (record === null)
    throw new GatewayError('NOT_FOUND', `The ${type} \`${toGlobalId(type, rawId)}\` is not there any more.`);
  return record;
}
