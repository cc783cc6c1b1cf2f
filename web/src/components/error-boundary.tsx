/** Where an error of the page itself ends: it says what to do, and what happened. */
import { Component, type JSX, type ReactNode } from 'react';

import { useText } from '../i18n';
import { COMMON } from '../i18n/common';
import { Button } from './button';
import styles from './message.module.css';

interface State {
  readonly error: Error | null;
}

export class ErrorBoundary extends Component<{ readonly children: ReactNode }, State> {
  override state: State = { error: null };

  static getDerivedStateFromError(error: Error): State {
    return { error };
  }

  override render(): ReactNode {
    return this.state.error === null ? this.props.children : <Crashed error={this.state.error} />;
  }
}

function Crashed({ error }: { readonly error: Error }): JSX.Element {
  const text = useText(COMMON);
  return (
    <main className={styles.message}>
      <h1>{text.crashed}</h1>
      <p>{text.crashedHelp}</p>
      <Button look="primary" onClick={() => location.reload()}>
        {text.reload}
      </Button>
      <pre className={styles.detail}>{error.stack ?? error.message}</pre>
    </main>
  );
}
