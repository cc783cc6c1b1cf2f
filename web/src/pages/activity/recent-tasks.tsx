/** The last tasks, and how long their steps took. */
import { useQuery } from '@tanstack/react-query';
import { RetryTaskDocument } from 'darkroom/client';
import { type JSX, useState } from 'react';
import { Link } from 'wouter';

import { Button } from '../../components/button';
import { Picture } from '../../components/picture';
import { Plot, type PlotPoint } from '../../components/plot';
import { useText, useTimeAgo } from '../../i18n';
import { COMMON, errorText } from '../../i18n/common';
import { gateway, queryClient } from '../../lib/gateway';
import { notify } from '../../lib/notices';
import { RecentTasksDocument, type RecentTasksQuery, type StepCountFragment } from './gql/graphql';
import { ACTIVITY } from './messages';
import styles from './page.module.css';
import { wordsOf } from './words';

type Task = RecentTasksQuery['tasks']['edges'][number]['node'];

/** Rows of the list before somebody wants more; the plot looks at all that were read. */
const SHOWN = 8;
const ASK_MS = 3_000;

export function RecentTasks(): JSX.Element | null {
  const text = useText(ACTIVITY);
  const [showsAll, setShowsAll] = useState(false);
  const { data } = useQuery({
    queryKey: ['tasks'],
    queryFn: ({ signal }) => gateway.request(RecentTasksDocument, {}, { signal }),
    refetchInterval: ASK_MS,
  });
  if (!data) return null;
  const ended = data.tasks.edges.map(({ node }) => node).filter((task) => task.finishedAt !== null);
  if (ended.length === 0) return null;
  const steps = stepTimes(ended);
  return (
    <section aria-labelledby="recent">
      <h2 id="recent">{text.recent}</h2>
      <Plot title={text.stepTimes} points={steps} unit="ms" label={text.stepTimesHelp} isFromZero />
      <ul className={styles.tasks}>
        {ended.slice(0, showsAll ? undefined : SHOWN).map((task) => (
          <EndedTask key={task.id} task={task} />
        ))}
      </ul>
      {!showsAll && ended.length > SHOWN && (
        <div>
          <Button look="quiet" onClick={() => setShowsAll(true)}>
            {text.showMore(ended.length - SHOWN)}
          </Button>
        </div>
      )}
    </section>
  );
}

function EndedTask({ task }: { readonly task: Task }): JSX.Element {
  const text = useText(ACTIVITY);
  const common = useText(COMMON);
  const ago = useTimeAgo();
  const images = imagesOf(task);
  const retry = async () => {
    try {
      await gateway.request(RetryTaskDocument, { input: { taskId: task.id } });
      void queryClient.invalidateQueries({ queryKey: ['queue'] });
    } catch (error) {
      notify(errorText(common, error), 'problem');
    }
  };
  const hasFailed = task.status === 'FAILED' || task.status === 'CANCELLED';
  return (
    <li className={styles.task}>
      <span className={styles.thumbnails}>
        {images.slice(0, 1).map((image) => (
          <Link key={image.id} href={`/image/${encodeURIComponent(image.id)}`}>
            <Picture image={image} url={image.smallUrl} alt={common.picture} />
          </Link>
        ))}
      </span>
      <div className={styles.taskHead}>
        <span className={styles.words}>
          {wordsOf(task) ?? images[0]?.recipe?.prompt ?? task.conversation?.title ?? text.reply}
        </span>
        <span className={styles.faint}>
          {text.kinds[task.__typename]} · {task.model.name}
          {task.attempt > 1 && ` · ${common.attempt(task.attempt)}`}
          {task.error && <span className={styles.problem}> · {errorText(common, task.error)}</span>}
        </span>
      </div>
      <span className={styles.figure}>
        {text.status[task.status]}
        {task.timings.totalMs != null && ` · ${text.took(task.timings.totalMs)}`}
        {task.finishedAt !== null && <span className={styles.faint}> · {ago(task.finishedAt)}</span>}
      </span>
      {hasFailed && (
        <Button look="quiet" isSmall icon="retry" onClick={retry}>
          {common.retry}
        </Button>
      )}
    </li>
  );
}

function imagesOf(task: Task): readonly StepCountFragment[] {
  if (task.__typename === 'ReplyTask') {
    return task.message.parts.flatMap((part) => (part.__typename === 'ImagePart' && part.image ? [part.image] : []));
  }
  return 'images' in task ? task.images : [];
}

/** Milliseconds of a denoising step in each task that drew, oldest first. */
function stepTimes(tasks: readonly Task[]): readonly PlotPoint[] {
  return tasks
    .flatMap((task) => {
      const steps = imagesOf(task).reduce((sum, { recipe }) => sum + (recipe?.settings.numInferenceSteps ?? 0), 0);
      const { denoiseMs } = task.timings;
      if (task.status !== 'SUCCEEDED' || denoiseMs == null || steps === 0 || task.finishedAt === null) return [];
      return [{ at: Date.parse(task.finishedAt), value: denoiseMs / steps }];
    })
    .toReversed();
}
