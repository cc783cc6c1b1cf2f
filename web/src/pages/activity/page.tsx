/** What the gateway does, and did last. */
import { useQuery } from '@tanstack/react-query';
import type { JSX } from 'react';

import { EmptyState } from '../../components/empty-state';
import { useText } from '../../i18n';
import { COMMON, errorText } from '../../i18n/common';
import { gateway } from '../../lib/gateway';
import { RecentTasksDocument, type RecentTasksQuery } from './gql/graphql';
import { ACTIVITY } from './messages';
import styles from './page.module.css';

type Task = RecentTasksQuery['tasks']['edges'][number]['node'];

export default function ActivityPage(): JSX.Element {
  const text = useText(ACTIVITY);
  const common = useText(COMMON);
  const { data, error } = useQuery({
    queryKey: ['tasks'],
    queryFn: ({ signal }) => gateway.request(RecentTasksDocument, {}, { signal }),
    refetchInterval: 2_000,
  });
  if (error && !data) return <EmptyState title={errorText(common, error)} />;
  if (data?.tasks.totalCount === 0) return <EmptyState title={text.empty} />;
  return (
    <div className={styles.page}>
      <div className={styles.head}>
        <h1>{text.title}</h1>
        {data && <span>{text.count(data.tasks.totalCount)}</span>}
      </div>
      <ul>
        {data?.tasks.edges.map(({ node }) => (
          <li key={node.id} className={styles.task}>
            <span>{wordsOf(node) ?? text.reply}</span>
            <span className={styles.status}>{text.status[node.status]}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function wordsOf(task: Task): string | null {
  if ('prompt' in task) return task.prompt;
  if ('instruction' in task) return task.instruction;
  return 'question' in task ? task.question : null;
}
