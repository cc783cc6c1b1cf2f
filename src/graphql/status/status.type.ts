import { Field, Float, Int, ObjectType } from 'type-graphql';

@ObjectType({ description: 'How the gateway does.' })
export class GatewayStatus {
  @Field(() => String, { description: 'Of Darkroom.' })
  version!: string;

  @Field(() => Float, { description: 'Seconds since it was started.' })
  uptimeSeconds!: number;

  @Field(() => Int, { description: 'Tasks that wait; 0 or more.' })
  queued!: number;

  @Field(() => Int, { description: 'Tasks that are worked on; 0 or more.' })
  running!: number;
}
