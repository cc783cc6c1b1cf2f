import { Ctx, Query, Resolver } from 'type-graphql';

import type { StatusRecord } from '../../services/domain.js';
import type { GraphQLContext } from '../context.js';
import { GatewayStatus } from './status.type.js';

@Resolver()
export class StatusResolver {
  @Query(() => GatewayStatus, { description: 'How the gateway does.' })
  status(@Ctx() { services }: GraphQLContext): Promise<StatusRecord> {
    return services.status();
  }
}
