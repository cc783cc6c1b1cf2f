/** The one live region of the page, and the line about a gateway that does not answer. */
import type { JSX } from 'react';

import { useText } from '../i18n';
import { COMMON } from '../i18n/common';
import { reachStore } from '../lib/gateway';
import { dismissNotice, noticeStore } from '../lib/notices';
import { useStore } from '../lib/store';
import { IconButton } from './button';
import styles from './notices.module.css';

export function Notices(): JSX.Element {
  const text = useText(COMMON);
  const notices = useStore(noticeStore);
  return (
    <output className={styles.region} aria-live="polite">
      {notices.map(({ id, text: said, tone }) => (
        <div key={id} className={`${styles.notice} ${tone === 'problem' ? styles.problem : ''}`}>
          <span>{said}</span>
          <IconButton icon="close" label={text.close} onClick={() => dismissNotice(id)} />
        </div>
      ))}
    </output>
  );
}

export function ReachNotice(): JSX.Element {
  const text = useText(COMMON);
  const reach = useStore(reachStore);
  return (
    <output aria-live="polite">
      {reach !== 'online' && (
        <p className={`${styles.reach} ${reach === 'back' ? styles.back : ''}`}>
          {reach === 'offline' ? text.offline : text.back}
        </p>
      )}
    </output>
  );
}
