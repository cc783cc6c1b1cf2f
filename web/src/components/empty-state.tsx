/** What stands where there is nothing yet, or nothing any more. */
import type { JSX, ReactNode } from 'react';

import styles from './message.module.css';

export interface EmptyStateProps {
  readonly title: string;
  readonly children?: ReactNode;
}

export function EmptyState({ title, children }: EmptyStateProps): JSX.Element {
  return (
    <div className={styles.message}>
      <h2>{title}</h2>
      {children}
    </div>
  );
}
