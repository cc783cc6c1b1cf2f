/** What the gateway does, did last, and is made of. */
import type { JSX } from 'react';

import { useText } from '../../i18n';
import { Machinery } from './machinery';
import { ACTIVITY } from './messages';
import styles from './page.module.css';
import { Queue } from './queue';
import { RecentTasks } from './recent-tasks';

export default function ActivityPage(): JSX.Element {
  const text = useText(ACTIVITY);
  return (
    <div className={styles.page}>
      <h1>{text.title}</h1>
      <div className={styles.column}>
        <Queue />
        <RecentTasks />
      </div>
      <div className={styles.column}>
        <Machinery />
      </div>
    </div>
  );
}
