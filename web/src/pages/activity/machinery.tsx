/** The models and the plugins that they are made of. */
import { useQuery } from '@tanstack/react-query';
import type { JSX } from 'react';

import { Plot } from '../../components/plot';
import { useText } from '../../i18n';
import { gateway } from '../../lib/gateway';
import { useStore } from '../../lib/store';
import { MachineryDocument, type MachineryQuery } from './gql/graphql';
import { ACTIVITY } from './messages';
import styles from './page.module.css';
import { NO_SAMPLES, noteSamples, samplesStore } from './samples';

type Plugin = MachineryQuery['plugins'][number];
type Model = MachineryQuery['models'][number];

const ASK_MS = 2_000;

export function Machinery(): JSX.Element | null {
  const text = useText(ACTIVITY);
  const { data } = useQuery({
    queryKey: ['machinery'],
    queryFn: async ({ signal }) => {
      const machinery = await gateway.request(MachineryDocument, {}, { signal });
      noteSamples(machinery.plugins, Date.now());
      return machinery;
    },
    refetchInterval: ASK_MS,
  });
  if (!data) return null;
  return (
    <>
      <section aria-labelledby="plugins">
        <h2 id="plugins">{text.plugins}</h2>
        <ul className={styles.cards}>
          {data.plugins.map((plugin) => (
            <PluginCard key={plugin.name} plugin={plugin} />
          ))}
        </ul>
      </section>
      <section aria-labelledby="models">
        <h2 id="models">{text.models}</h2>
        <ul className={styles.cards}>
          {data.models.map((model) => (
            <ModelCard key={model.id} model={model} />
          ))}
        </ul>
      </section>
    </>
  );
}

function PluginCard({ plugin }: { readonly plugin: Plugin }): JSX.Element {
  const text = useText(ACTIVITY);
  const samples = useStore(samplesStore).get(plugin.name) ?? NO_SAMPLES;
  const { metrics } = plugin;
  const rows: readonly (readonly [string, string])[] = [
    [text.calls, text.callCounts(metrics.calls, metrics.failedCalls)],
    [text.underWay, text.counts(metrics.runningCalls, metrics.waitingCalls)],
    [text.callTime, metrics.medianMs === null ? '–' : text.percentiles(metrics.medianMs, metrics.p95Ms)],
    [text.batch, metrics.meanBatch === null ? '–' : metrics.meanBatch.toFixed(1)],
    [text.memory, plugin.memoryBytes === null ? '–' : `${Math.round(plugin.memoryBytes / 1e6)} MB`],
    [text.restarts, String(plugin.restarts)],
    ...metrics.own.map(({ name, value }) => [name, String(Number(value.toPrecision(4)))] as const),
    ...plugin.addresses.map(
      ({ address, isReady, lastError }) =>
        [address, isReady ? text.states.READY : (lastError ?? text.states.RESTARTING)] as const,
    ),
  ];
  return (
    <li className={styles.card}>
      <h3>
        {plugin.name} <span className={styles.faint}>{plugin.version}</span>
        <span className={`${styles.state} ${styles[plugin.state.toLowerCase()] ?? ''}`}>
          {text.states[plugin.state]}
        </span>
      </h3>
      <p className={styles.faint}>{text.pluginKinds[plugin.kind]}</p>
      {plugin.lastError !== null && <p className={styles.problem}>{plugin.lastError}</p>}
      <Figures rows={rows} />
      <div className={styles.plots}>
        <Plot
          title={text.callTime}
          label={text.callTimeHelp(plugin.name)}
          points={samples.callMs}
          unit="ms"
          isFromZero
        />
        <Plot title={text.memory} label={text.memoryHelp(plugin.name)} points={samples.memoryMb} unit="MB" />
      </div>
    </li>
  );
}

function ModelCard({ model }: { readonly model: Model }): JSX.Element {
  const text = useText(ACTIVITY);
  const { limits } = model;
  const parts = [model.encoder, model.languageModel, ...model.imageDecoders].flatMap((part) => part?.name ?? []);
  return (
    <li className={styles.card}>
      <h3>
        {model.name} <span className={styles.faint}>{model.id}</span>
      </h3>
      <Figures
        rows={[
          [text.can, model.capabilities.map((capability) => text.capabilities[capability]).join(', ')],
          [text.parts, [...new Set(parts)].join(', ')],
          [text.space, model.embeddingSpace?.id ?? '–'],
          [text.upTo, text.limits(limits.maxWidth, limits.maxHeight, limits.maxSteps)],
        ]}
      />
    </li>
  );
}

function Figures({ rows }: { readonly rows: readonly (readonly [string, string])[] }): JSX.Element {
  return (
    <dl className={styles.figures}>
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
