/** What stands around every page: the way between pages, theme and language, notices; and which address shows which page. */
import { type JSX, Suspense, lazy, useEffect, useRef } from 'react';
import { Link, Route, Switch, useLocation } from 'wouter';

import styles from './app.module.css';
import { IconButton } from './components/button';
import { EmptyState } from './components/empty-state';
import { Icon, type IconName } from './components/icon';
import { Notices, ReachNotice } from './components/notices';
import { LANGUAGES, LANGUAGE_NAMES, chooseLanguage, languageStore, useText } from './i18n';
import { COMMON } from './i18n/common';
import { useStore } from './lib/store';
import { THEMES, chooseTheme, themeStore } from './lib/theme';

const PAGES = {
  conversation: () => import('./pages/conversation/page'),
  gallery: () => import('./pages/gallery/page'),
  image: () => import('./pages/gallery/image-page'),
  activity: () => import('./pages/activity/page'),
};
const ConversationPage = lazy(PAGES.conversation);
const GalleryPage = lazy(PAGES.gallery);
const ImagePage = lazy(PAGES.image);
const ActivityPage = lazy(PAGES.activity);

/** Once the first page stands: the others open at once, also while the gateway is away or after it was replaced by a newer one. */
export async function loadOtherPages(): Promise<void> {
  await Promise.allSettled(Object.values(PAGES).map((load) => load()));
}

export function App(): JSX.Element {
  const text = useText(COMMON);
  const main = useRef<HTMLElement>(null);
  return (
    <div className={styles.app}>
      <div className={styles.reach}>
        <a
          className={styles.skip}
          href="#main"
          onClick={(event) => {
            event.preventDefault();
            main.current?.focus();
          }}
        >
          {text.skip}
        </a>
        <ReachNotice />
      </div>
      <main id="main" ref={main} className={styles.main} tabIndex={-1}>
        <Suspense fallback={null}>
          <Switch>
            <Route path="/">
              <ConversationPage id={null} />
            </Route>
            <Route path="/c/:id">{({ id }) => <ConversationPage id={decodeURIComponent(id)} />}</Route>
            <Route path="/gallery" component={GalleryPage} />
            <Route path="/image/:id">{({ id }) => <ImagePage id={decodeURIComponent(id)} />}</Route>
            <Route path="/activity" component={ActivityPage} />
            <Route>
              <EmptyState title={text.notFound}>
                <p>{text.notFoundHelp}</p>
                <Link href="/">{text.toStart}</Link>
              </EmptyState>
            </Route>
          </Switch>
        </Suspense>
      </main>
      <Navigation />
      <Notices />
    </div>
  );
}

function Navigation(): JSX.Element {
  const text = useText(COMMON);
  const [path] = useLocation();
  const pages: readonly {
    readonly href: string;
    readonly icon: IconName;
    readonly name: string;
    readonly isHere: boolean;
  }[] = [
    { href: '/', icon: 'conversations', name: text.conversations, isHere: path === '/' || path.startsWith('/c/') },
    {
      href: '/gallery',
      icon: 'gallery',
      name: text.gallery,
      isHere: path === '/gallery' || path.startsWith('/image/'),
    },
    { href: '/activity', icon: 'activity', name: text.activity, isHere: path === '/activity' },
  ];
  const here = pages.find(({ isHere }) => isHere)?.name;
  useEffect(() => {
    document.title = here === undefined ? text.name : `${here} · ${text.name}`;
  }, [here, text]);
  return (
    <nav className={styles.nav} aria-label={text.pages}>
      <span className={styles.brand} aria-hidden="true" />
      <div className={styles.pages}>
        {pages.map(({ href, icon, name, isHere }) => (
          <Link key={href} href={href} className={styles.link} aria-current={isHere ? 'page' : undefined}>
            <Icon name={icon} />
            {name}
          </Link>
        ))}
      </div>
      <Choices />
    </nav>
  );
}

/** Each press goes on to the next choice, and says which it is. */
function Choices(): JSX.Element {
  const text = useText(COMMON);
  const theme = useStore(themeStore);
  const language = useStore(languageStore);
  const otherLanguage = LANGUAGES.find((other) => other !== language) ?? language;
  return (
    <div className={styles.choices}>
      <IconButton
        icon="theme"
        label={`${text.theme}: ${text.themes[theme]}`}
        onClick={() => chooseTheme(THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'system')}
      />
      <IconButton
        icon="language"
        lang={otherLanguage}
        label={`${text.language}: ${LANGUAGE_NAMES[otherLanguage]}`}
        onClick={() => chooseLanguage(otherLanguage)}
      />
    </div>
  );
}
