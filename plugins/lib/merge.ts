/** Several streams as one, each item as soon as it is there. Leaving early ends all of them. */
export async function* merge<Item>(sources: readonly AsyncIterable<Item>[]): AsyncGenerator<Item, void> {
  const iterators = sources.map((source) => source[Symbol.asyncIterator]());
  const next = (place: number) => iterators[place]?.next().then((result) => ({ place, result }));
  const waiting = new Map(iterators.map((_, place) => [place, next(place)]));
  try {
    while (waiting.size > 0) {
      const first = await Promise.race(waiting.values());
      if (first === undefined) return;
      if (first.result.done === true) {
        waiting.delete(first.place);
        continue;
      }
      waiting.set(first.place, next(first.place));
      yield first.result.value;
    }
  } finally {
    for (const promise of waiting.values()) promise?.catch(() => undefined);
    for (const iterator of iterators) void iterator.return?.().catch(() => undefined);
  }
}
