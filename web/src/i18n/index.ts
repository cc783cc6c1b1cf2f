/** English and Chinese. Every page has a catalogue of its own; TypeScript sees to it that both languages say everything. */
import { readStored, writeStored } from '../lib/storage';
import { createStore, useStore } from '../lib/store';

export const LANGUAGES = ['en', 'zh'] as const;
export type Language = (typeof LANGUAGES)[number];
export type Catalogue<Messages> = Readonly<Record<Language, Messages>>;

/** Written in themselves, for the one who cannot read the other. */
export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = { en: 'English', zh: '中文' };

export const languageStore = createStore<Language>(firstLanguage());
document.documentElement.lang = languageStore.get();

export function chooseLanguage(language: Language): void {
  document.documentElement.lang = language;
  writeStored('language', language);
  languageStore.set(language);
}

/** The messages of a catalogue in the language of the page. */
export function useText<Messages>(catalogue: Catalogue<Messages>): Messages {
  return catalogue[useStore(languageStore)];
}

function firstLanguage(): Language {
  const stored = readStored('language');
  const wanted = stored === null ? navigator.languages : [stored];
  for (const tag of wanted) {
    const language = LANGUAGES.find((known) => tag.toLowerCase().startsWith(known));
    if (language) return language;
  }
  return 'en';
}

/** "3 minutes ago", "yesterday", in the language of the page. */
export function useTimeAgo(): (iso: string) => string {
  const language = useStore(languageStore);
  const format = new Intl.RelativeTimeFormat(language, { numeric: 'auto', style: 'short' });
  return (iso) => {
    const seconds = (Date.parse(iso) - Date.now()) / 1_000;
    const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? (['second', 1] as const);
    return format.format(Math.round(seconds / size), unit);
  };
}

const UNITS = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const;
