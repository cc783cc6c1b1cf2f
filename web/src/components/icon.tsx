/** Line drawings of 20 x 20, drawn here so that the page loads none. They say nothing to a screen reader: what they stand on has a name. */
import type { JSX } from 'react';

const PATHS = {
  conversations: 'M3 4.5h14v9H9l-4 3v-3H3z',
  gallery: 'M3 4h6v5H3zM11 4h6v5h-6zM3 11h6v5H3zM11 11h6v5h-6z',
  activity: 'M2.5 10h3.5l2-5 4 10 2-5h3.5',
  send: 'M10 16V4M5 9l5-5 5 5',
  attach: 'M3 5h14v10H3zM3 13l4-4 4 4 2-2 4 3M13.5 8h.01',
  settings: 'M3 6h8M15 6h2M3 14h2M9 14h8M13 4v4M7 12v4',
  close: 'M5 5l10 10M15 5L5 15',
  stop: 'M6 6h8v8H6z',
  retry: 'M15.5 8A6 6 0 1 0 16 11.5M16 4v4h-4',
  vary: 'M3 6h3l7 8h4M3 14h3l2-2.3M11 8.300L13 6h4M15 4l2 2-2 2M15 12l2 2-2 2',
  edit: 'M4 16l1-4 8-8 3 3-8 8zM11.500 5.500l3 3',
  copy: 'M7 7h9v9H7zM4 13V4h9',
  play: 'M6 4l10 6-10 6z',
  pause: 'M7 4v12M13 4v12',
  more: 'M5 10h.01M10 10h.01M15 10h.01',
  add: 'M10 4v12M4 10h12',
  search: 'M9 4a5 5 0 1 1 0 10A5 5 0 0 1 9 4M13 13l4 4',
  remove: 'M4 6h12M8 6V4h4v2M6 6l1 11h6l1-11',
  rename: 'M4 16h12M6 12l7-7 2 2-7 7-3 1z',
  download: 'M10 3v10M6 9l4 4 4-4M4 17h12',
  compare: 'M10 3v14M3 5h14v10H3zM6 10h1M13 10h1',
  theme: 'M10 3a7 7 0 1 0 0 14zM10 3a7 7 0 0 1 0 14',
  language: 'M3 5h8M7 3v2c0 3-1.500 6-4 7M5 8c1 2 3 3.500 5 4M10 17l3.500-8 3.500 8M11.200 14.500h4.600',
  list: 'M3 5h14M3 10h14M3 15h14',
  back: 'M12 4l-6 6 6 6',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { readonly name: IconName }): JSX.Element {
  return (
    <svg
      width="20"
      height="20"
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
