/** Tasks that run, with what they show of themselves, and those that wait. */
import { useQuery } from '@tanstack/react-query';
import { CancelTaskDocument } from 'darkroom/client';
import type { JSX } from 'react';
import { Link } from 'wouter';

import { Button } from '../../components/button';
import { DevelopingPicture } from '../../components/developing-picture';
import { useText } from '../../i18n';
import { COMMON, errorText } from '../../i18n/common';
import { useTaskWatch } from '../../lib/development';
import { gateway, queryClient } from '../../lib/gateway';
import { notify } from '../../lib/notices';
import { type ActivityTaskFragment, QueueDocument } from './gql/graphql';
import { ACTIVITY } from './messages';
import styles from './page.module.css';
import { wordsOf } from './words';

const ASK_MS = 1_000;

export function Queue(): JSX.Element | null {
  const text = useText(ACTIVITY);
  const common = useText(COMMON);
  const { data, error } = useQuery({
    queryKey: ['queue'],
    queryFn: ({ signal }) => gateway.request(QueueDocument, {}, { signal }),
    refetchInterval: ASK_MS,
  });
  const running = data?.running.edges.map(({ node }) => node) ?? [];
  // The API lists the newest first; who waits wants to know who is next.
  const queued = (data?.queued.edges.map(({ node }) => node) ?? []).toSorted(
    (left, right) => (left.queuePosition ?? 0) - (right.queuePosition ?? 0),
  );
  if (!data) return error ? <p>{errorText(common, error)}</p> : null;
  const { status } = data;
  return (
    <section aria-labelledby="now">
      <h2 id="now">{text.now}</h2>
      <p className={styles.status}>
        {text.counts(status.running, status.queued)} · {text.up(status.uptimeSeconds)} · Darkroom {status.version}
      </p>
      {/* As large with tasks as without: what stands below stays where it is. */}
      <div className={styles.panel}>
        {running.length > 0 && (
          <ul className={styles.running} aria-label={text.running}>
            {running.map((task) => (
              <RunningTask key={task.id} task={task} />
            ))}
          </ul>
        )}
        {queued.length > 0 && (
          <ol className={styles.waiting} aria-label={text.waiting}>
            {queued.map((task) => (
              <QueuedTask key={task.id} task={task} />
            ))}
            {data.queued.totalCount > queued.length && (
              <li className={styles.note}>{text.more(data.queued.totalCount - queued.length)}</li>
            )}
          </ol>
        )}
        {running.length + queued.length === 0 && <p className={styles.note}>{text.idle}</p>}
      </div>
    </section>
  );
}

function useCancel(taskId: string): () => Promise<void> {
  const common = useText(COMMON);
  return async () => {
    try {
      await gateway.request(CancelTaskDocument, { input: { taskId } });
      void queryClient.invalidateQueries({ queryKey: ['queue'] });
    } catch (error) {
      notify(errorText(common, error), 'problem');
    }
  };
}

function RunningTask({ task }: { readonly task: ActivityTaskFragment }): JSX.Element {
  const text = useText(ACTIVITY);
  const common = useText(COMMON);
  const development = useTaskWatch(task.id, true);
  const words = wordsOf(task) ?? text.reply;
  const cancel = useCancel(task.id);
  const pictures = development?.images.filter(({ image }) => image === null) ?? [];
  return (
    <li className={styles.runningTask}>
      <TaskHead task={task} words={words} />
      {development && pictures.length > 0 ? (
        pictures.map((image) => (
          <DevelopingPicture key={image.index} development={development} image={image} alt={words} onCancel={cancel} />
        ))
      ) : (
        <div className={styles.line}>
          <span className={styles.words}>{development?.text || `${common.exposing} …`}</span>
          <Button look="quiet" isSmall icon="stop" onClick={cancel}>
            {common.cancel}
          </Button>
        </div>
      )}
    </li>
  );
}

function QueuedTask({ task }: { readonly task: ActivityTaskFragment }): JSX.Element {
  const text = useText(ACTIVITY);
  const common = useText(COMMON);
  const cancel = useCancel(task.id);
  return (
    <li className={styles.task}>
      <span className={styles.place}>{(task.queuePosition ?? 0) + 1}</span>
      <TaskHead task={task} words={wordsOf(task) ?? text.reply} />
      <span className={styles.figure}>{task.etaSeconds == null ? '' : text.eta(task.etaSeconds)}</span>
      <Button look="quiet" isSmall icon="stop" onClick={cancel}>
        {common.cancel}
      </Button>
    </li>
  );
}

function TaskHead({ task, words }: { readonly task: ActivityTaskFragment; readonly words: string }): JSX.Element {
  const text = useText(ACTIVITY);
  return (
    <div className={styles.taskHead}>
      <span className={styles.words}>{words}</span>
      <span className={styles.faint}>
        {text.kinds[task.__typename]} · {task.model.name}
        {task.priority !== 0 && ` · ${text.priority(task.priority)}`}
        {task.conversation && (
          <>
            {' · '}
            <Link href={`/c/${encodeURIComponent(task.conversation.id)}`}>
              {task.conversation.title || text.conversation}
            </Link>
          </>
        )}
      </span>
    </div>
  );
}
