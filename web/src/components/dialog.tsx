/** A question that wants an answer before anything else: the browser's own dialog, which keeps the focus and closes with Escape. */
import { type JSX, type ReactNode, useId, useLayoutEffect, useRef } from 'react';

import styles from './dialog.module.css';

export interface DialogProps {
  readonly title: string;
  readonly children: ReactNode;
  readonly onClose: () => void;
}

/** Open for as long as it is rendered. */
export function Dialog({ title, children, onClose }: DialogProps): JSX.Element {
  const ref = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  // Closed while it is still in the page: only then the browser gives the focus back to where it was.
  useLayoutEffect(() => {
    const dialog = ref.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      ref={ref}
      className={styles.dialog}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <div className={styles.body}>
        <h2 id={titleId}>{title}</h2>
        {children}
      </div>
    </dialog>
  );
}

/** Why what was asked for was not done. A notice would stand behind the dialog, where nobody reads it. */
export function DialogError({ children }: { readonly children: string | null }): JSX.Element {
  return (
    <p role="alert" className={styles.error}>
      {children}
    </p>
  );
}

export function DialogActions({ children }: { readonly children: ReactNode }): JSX.Element {
  return <div className={styles.actions}>{children}</div>;
}
