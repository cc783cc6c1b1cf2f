/** Which pictures the gallery shows. It stands in the address, so that a reload, the way back and a link find the same ones. */
import type { ImageOrigin } from 'darkroom/client';

export interface Wish {
  readonly words: string;
  /** Whether the words are looked for in prompts, or a picture that looks like them. */
  readonly by: 'prompt' | 'look';
  /** Null: whatever it is. */
  readonly origin: ImageOrigin | null;
  /** Id of a picture whose like is wanted; goes before words. */
  readonly like: string | null;
}

const ORIGINS: readonly ImageOrigin[] = ['GENERATED', 'EDITED', 'UPLOADED'];

export function wishOf(search: string): Wish {
  const parameters = new URLSearchParams(search);
  return {
    words: parameters.get('q') ?? '',
    by: parameters.get('by') === 'look' ? 'look' : 'prompt',
    origin: ORIGINS.find((origin) => origin === parameters.get('origin')) ?? null,
    like: parameters.get('like'),
  };
}

export function addressOf({ words, by, origin, like }: Wish): string {
  const parameters = new URLSearchParams();
  if (words !== '') parameters.set('q', words);
  if (by !== 'prompt') parameters.set('by', by);
  if (origin) parameters.set('origin', origin);
  if (like) parameters.set('like', like);
  const search = parameters.toString();
  return search === '' ? '/gallery' : `/gallery?${search}`;
}
