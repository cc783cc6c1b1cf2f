import { AsyncLocalStorage } from 'node:async_hooks';

/** Of the HTTP request that is being answered: the caller sees it in `x-request-id`, the log has it beside each fault. */
export const currentRequestId = new AsyncLocalStorage<string>();
