/** What a call has been answered and its reader has not taken yet. It holds at most the call's own answers, which have an end. */
export class AnswerQueue<Item> implements AsyncIterable<Item> {
  #items: Item[] = [];
  #end: { readonly error?: unknown } | undefined;
  #wake: (() => void) | undefined;

  push(item: Item): void {
    if (this.#end !== undefined) return;
    this.#items.push(item);
    this.#signal();
  }

  /** Nothing more comes; what waits is still read. */
  end(): void {
    this.#end ??= {};
    this.#signal();
  }

  /** The reader is told at its next read, and gets nothing that waits. */
  fail(error: unknown): void {
    this.#end = { error };
    this.#items = [];
    this.#signal();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void> {
    for (;;) {
      const items = this.#items;
      this.#items = [];
      for (const item of items) {
        if (this.#end !== undefined && 'error' in this.#end) break;
        yield item;
      }
      if (this.#items.length > 0) continue;
      if (this.#end !== undefined) {
        if ('error' in this.#end) throw this.#end.error;
        return;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #signal(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}
