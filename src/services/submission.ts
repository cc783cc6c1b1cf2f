/** What the services that start work have in common. */
import { createHash, randomInt } from 'node:crypto';

import { GatewayError } from '../errors/index.js';
import { MAX_SEED } from '../pipelines/index.js';
import type { SamplingOptions } from '../plugin/contract.js';
import { findImages } from '../storage/images.js';
import type { Storage } from '../storage/index.js';
import type { NewTask } from '../tasks/store.js';
import type { Capability, ImageRecord, ModelRecord, SubmitOptions } from './domain.js';

const MAX_KEY_CHARS = 200;
const MAX_PRIORITY = 100;

/** @throws GatewayError BAD_INPUT */
export function checkPriority(priority = 0): number {
  if (Number.isInteger(priority) && Math.abs(priority) <= MAX_PRIORITY) return priority;
  throw new GatewayError(
    'BAD_INPUT',
    `\`priority\` must be a whole number from -${MAX_PRIORITY} to ${MAX_PRIORITY}, not ${priority}.`,
  );
}

/**
 * The key with a fingerprint of all that was asked for; what the gateway chooses by itself, such as a random seed, is no part of it.
 *
 * @throws GatewayError BAD_INPUT
 */
export function idempotencyOf(kind: string, input: Omit<SubmitOptions, 'modelId'> & object): NewTask['idempotency'] {
  const { idempotencyKey, ...rest } = input;
  if (idempotencyKey === undefined) return undefined;
  if (idempotencyKey.length === 0 || idempotencyKey.length > MAX_KEY_CHARS) {
    throw new GatewayError(
      'BAD_INPUT',
      `\`idempotencyKey\` must have from 1 to ${MAX_KEY_CHARS} characters, not ${idempotencyKey.length}.`,
    );
  }
  return {
    key: idempotencyKey,
    hash: createHash('sha256')
      .update(canonicalJson([kind, rest]))
      .digest('hex'),
  };
}

/** JSON that does not depend on the order of keys, and leaves out what is undefined. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

/** A seed for the words too, so that another attempt says the same. */
export function withSeed(sampling: SamplingOptions | undefined, seed: number | undefined): SamplingOptions {
  return { seed: seed ?? randomInt(MAX_SEED), ...sampling };
}

/** @throws GatewayError CAPABILITY_MISSING */
export function requireCapability(model: ModelRecord, capability: Capability): void {
  if (model.capabilities.includes(capability)) return;
  throw new GatewayError(
    'CAPABILITY_MISSING',
    `Model ${model.id} cannot ${capability.toLowerCase()}; it can ${model.capabilities.join(', ').toLowerCase() || 'only talk'}.`,
  );
}

/** @throws GatewayError NOT_FOUND naming the first that is missing */
export async function requireImages(storage: Storage, ids: readonly string[]): Promise<ImageRecord[]> {
  const found = new Map((await findImages(storage.db, [...new Set(ids)])).map((image) => [image.id, image]));
  return ids.map((id) => {
    const image = found.get(id);
    if (image === undefined) throw new GatewayError('NOT_FOUND', `There is no image ${id}.`);
    return image;
  });
}
