/** What the fan's pages and the staff console share around their pages: router, network, clock, footer. */
import * as colours from './colours.js';
import { whenJumped } from './clock.js';
import { problemView, stateView, link } from './components.js';
import { h, replace } from './dom.js';
import { icon } from './icons.js';
import * as api from './api.js';
import { startRouter } from './router.js';
import { language, setLanguage, t } from './text.js';

/** Fills the shell's HTML and shows the first page. Routes must be known already. */
export function start({ home = '/', siteName = t('page.name') } = {}) {
  const main = document.getElementById('main');
  document.body.prepend(h('a', {
    class: 'skip-link', href: '#main',
    on: { click: (event) => { event.preventDefault(); main.focus(); main.scrollIntoView(); } },
  }, t('page.skip')));
  replace(document.getElementById('footer'), footer());
  watchNetwork();
  // Any answer carries the time.
  whenJumped(() => { api.concerts({ limit: 1 }).catch(() => {}); });
  return startRouter({
    main,
    announcer: document.getElementById('announcer'),
    titled: (text) => `${text} · ${siteName}`,
    failed: (error, retry) => h('div', { class: 'page' }, problemView(asProblem(error),
      // Some browsers remember for ever that a module could not be fetched.
      isUnfetched(error) ? () => location.reload() : retry, { level: 'h1' })),
    missing: () => {
      document.title = `${t('problem.notFoundTitle')} · ${siteName}`;
      return h('div', { class: 'page' }, stateView({
        icon: 'search', level: 'h1', title: t('problem.notFoundTitle'), text: t('problem.notFound'),
        actions: [link(home, t('page.home'), 'primary')],
      }));
    },
  });
}

/** A module that could not be fetched is a network that is gone; any other surprise is ours. */
function asProblem(error) {
  if (error.name === 'Problem') return error;
  if (isUnfetched(error)) return { code: 'offline', detail: t('problem.offline') };
  console.error(error);
  return { code: 'internal', detail: t('problem.internal') };
}

function isUnfetched(error) {
  return error instanceof TypeError && /import|fetch|module/i.test(error.message);
}

function footer() {
  const segmented = (label, choices, chosen, choose) => {
    const buttons = choices.map(([value, text, lang]) => h('button', {
      type: 'button', lang, 'aria-pressed': String(value === chosen),
      on: {
        click: () => {
          buttons.forEach((other, i) => other.setAttribute('aria-pressed', String(choices[i][0] === value)));
          choose(value);
        },
      },
    }, text));
    return h('div', { class: 'segmented', role: 'group', 'aria-label': label }, buttons);
  };
  return h('div', { class: 'footer-inner' },
    h('a', { href: '/docs' }, t('page.docs')),
    segmented(t('page.theme'), [[null, t('page.themeSystem')], ['light', t('page.themeLight')], ['dark', t('page.themeDark')]],
      colours.theme(), colours.setTheme),
    segmented(t('page.language'), [['ko', '한국어', 'ko'], ['en', 'English', 'en']], language(), setLanguage));
}

function watchNetwork() {
  const note = h('div', { class: 'offline', role: 'status', hidden: navigator.onLine },
    h('div', null, icon('offline'), t('page.offline')));
  document.body.append(note);
  addEventListener('offline', () => { note.hidden = false; });
  addEventListener('online', () => { note.hidden = true; });
}
