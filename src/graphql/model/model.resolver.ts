import { Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';

import { GatewayError } from '../../errors/index.js';
import type { ModelRecord, PluginRecord, Services } from '../../services/domain.js';
import type { GraphQLContext } from '../context.js';
import { Model, Plugin } from './model.type.js';

@Resolver(() => Model)
export class ModelResolver {
  @Query(() => [Model], {
    description:
      'Every model this gateway serves: a vision encoder, a language model and image decoders that share an embedding space.',
  })
  models(@Ctx() { services }: GraphQLContext): readonly ModelRecord[] {
    return services.models.list();
  }

  @Query(() => [Plugin], { description: 'Every plugin of the gateway, and how its process does.' })
  plugins(@Ctx() { services }: GraphQLContext): readonly PluginRecord[] {
    return services.plugins.list();
  }

  @FieldResolver(() => Plugin, {
    nullable: true,
    description: 'Turns pictures into embeddings; null when the language model reads pixels.',
  })
  encoder(@Root() { encoder }: ModelRecord, @Ctx() { services }: GraphQLContext): PluginRecord | null {
    return encoder === null ? null : pluginNamed(encoder, services);
  }

  @FieldResolver(() => Plugin, { description: 'Reads and writes.' })
  languageModel(@Root() { languageModel }: ModelRecord, @Ctx() { services }: GraphQLContext): PluginRecord {
    return pluginNamed(languageModel, services);
  }

  @FieldResolver(() => [Plugin], { description: 'Turn embeddings, or words, into pictures.' })
  imageDecoders(@Root() { imageDecoders }: ModelRecord, @Ctx() { services }: GraphQLContext): PluginRecord[] {
    return imageDecoders.map((name) => pluginNamed(name, services));
  }
}

function pluginNamed(name: string, { plugins }: Services): PluginRecord {
  const plugin = plugins.list().find((candidate) => candidate.name === name);
  if (!plugin) throw new GatewayError('PLUGIN_UNAVAILABLE', `The plugin \`${name}\` is not running.`, { plugin: name });
  return plugin;
}
