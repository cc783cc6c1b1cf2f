import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';

import type { GraphQLContext } from '../context.js';
import { rawIdOf } from '../global-id.js';
import { RetryTaskInput, RetryTaskPayload } from './retry.type.js';

@Resolver()
export class RetryResolver {
  @Mutation(() => RetryTaskPayload, { description: 'Does the work of a task that failed or was cancelled once more.' })
  async retryTask(
    @Arg('input', () => RetryTaskInput, { description: 'Which one.' })
    { taskId, idempotencyKey, priority }: RetryTaskInput,
    @Ctx() { services }: GraphQLContext,
  ): Promise<RetryTaskPayload> {
    const task = await services.tasks.retry({
      taskId: rawIdOf('Task', taskId, 'taskId'),
      idempotencyKey: idempotencyKey ?? undefined,
      priority: priority ?? undefined,
    });
    return { task };
  }
}
