/** Dark or light: as the system has it, unless the user chose. public/theme.js applies the choice before the first paint. */
import { readStored, writeStored } from './storage';
import { createStore } from './store';

export const THEMES = ['system', 'dark', 'light'] as const;
export type Theme = (typeof THEMES)[number];

const stored = readStored('theme');
export const themeStore = createStore<Theme>(stored === 'dark' || stored === 'light' ? stored : 'system');

export function chooseTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
  writeStored('theme', theme === 'system' ? null : theme);
  themeStore.set(theme);
}
