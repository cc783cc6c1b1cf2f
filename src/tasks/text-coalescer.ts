/**
 * Gathers the pieces in which a language model writes (often one character each) so that the event log gets one TextDelta every
 * 50 ms or so instead of hundreds a second.
 */
export interface TextCoalescer {
  /** Never waits; a failed write is thrown by the next `flush`. */
  add(text: string): void;
  /** Writes what is gathered and waits until all of it is written. */
  flush(): Promise<void>;
}

export interface TextCoalescerOptions {
  /** How long a piece waits for company. */
  readonly flushMs: number;
  /** @param offset UTF-16 offset of `text` in all that was added */
  readonly write: (text: string, offset: number) => Promise<void>;
  /** Called once, as soon as a write failed. */
  readonly onError: (error: unknown) => void;
}

export function createTextCoalescer({ flushMs, write, onError }: TextCoalescerOptions): TextCoalescer {
  let gathered = '';
  let offset = 0;
  let timer: NodeJS.Timeout | undefined;
  let writes: Promise<void> = Promise.resolve();
  let failure: { readonly error: unknown } | undefined;

  const writeGathered = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (gathered === '') return;
    const text = gathered;
    const at = offset;
    gathered = '';
    offset += text.length;
    writes = writes
      .then(() => (failure === undefined ? write(text, at) : undefined))
      .catch((error: unknown) => {
        failure = { error };
        onError(error);
      });
  };

  return {
    add(text) {
      gathered += text;
      timer ??= setTimeout(writeGathered, flushMs);
    },
    async flush() {
      writeGathered();
      await writes;
      if (failure !== undefined) throw failure.error;
    },
  };
}
