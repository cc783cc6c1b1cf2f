/** A question that wants an answer before anything else: the browser's own dialog, which keeps the focus and closes with Escape. */
import { type JSX, type ReactNode, useEffect, useId, useRef } from 'react';

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
  useEffect(() => {
    const dialog = ref.current;
    // Where there is no return to, the browser would put the focus on the page's body.
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

export function DialogActions({ children }: { readonly children: ReactNode }): JSX.Element {
  return <div className={styles.actions}>{children}</div>;
}
