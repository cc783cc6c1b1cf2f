/** Where a picture was opened from: for the way back, and on to its neighbours. */
import { createStore } from '../../lib/store';

export interface Trail {
  /** Of the gallery, with its search. */
  readonly address: string;
  readonly imageIds: readonly string[];
  /** Pixels that the gallery was scrolled. */
  readonly scrolled: number;
}

export const trailStore = createStore<Trail>({ address: '/gallery', imageIds: [], scrolled: 0 });
