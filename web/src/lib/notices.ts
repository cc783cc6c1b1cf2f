/** Short messages at the edge of the page, read out by screen readers. */
import { createStore } from './store';

export interface Notice {
  readonly id: number;
  readonly text: string;
  readonly tone: 'plain' | 'problem';
}

const SHOWN_MS = 6_000;
let lastId = 0;

export const noticeStore = createStore<readonly Notice[]>([]);

export function notify(text: string, tone: Notice['tone'] = 'plain'): void {
  const id = (lastId += 1);
  // The same words twice are one notice that stays longer.
  noticeStore.set((notices) => [...notices.filter((notice) => notice.text !== text), { id, text, tone }]);
  // A problem takes longer to read and may want copying.
  setTimeout(() => dismissNotice(id), tone === 'problem' ? 2 * SHOWN_MS : SHOWN_MS);
}

export function dismissNotice(id: number): void {
  noticeStore.set((notices) => notices.filter((notice) => notice.id !== id));
}
