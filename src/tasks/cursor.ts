/** Event cursors: opaque to callers, sortable as text, the same before and after a restart. */
import { GatewayError } from '../errors/index.js';
import { isId } from '../storage/index.js';

/** @param eventId sortable id of the event */
export function toEventCursor(eventId: string): string {
  return eventId.toLowerCase();
}

/** @throws GatewayError CURSOR_INVALID */
export function fromEventCursor(cursor: string): string {
  const eventId = cursor.toUpperCase();
  if (isId(eventId) && toEventCursor(eventId) === cursor) return eventId;
  throw new GatewayError('CURSOR_INVALID', '`after` was not made by this gateway; pass the `cursor` of an event.');
}
