/** Small things that every service does with records. */
import { GatewayError } from '../errors/index.js';

/** Records in the order of the ids that were asked for; null where there is none. */
export function inOrderOf<Item extends { readonly id: string }>(
  ids: readonly string[],
  records: readonly Item[],
): (Item | null)[] {
  const byId = new Map(records.map((record) => [record.id, record]));
  return ids.map((id) => byId.get(id) ?? null);
}

/** @throws GatewayError NOT_FOUND */
export function existing<Item>(record: Item | null | undefined, what: string, id: string): Item {
  if (record == null) throw new GatewayError('NOT_FOUND', `There is no ${what} ${id}.`);
  return record;
}
