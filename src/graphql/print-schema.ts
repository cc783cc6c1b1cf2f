import { lexicographicSortSchema, printSchema } from 'graphql';

import { buildGatewaySchema } from './schema.js';

/** The API as text, in an order that does not depend on that of the code: what schema/schema.graphql holds. */
export function printGatewaySchema(): string {
  return `${printSchema(lexicographicSortSchema(buildGatewaySchema()))}\n`;
}
