/** The first page: all concerts, and a search over them. */
import * as api from '../Page/api.js';
import { serverNow } from '../Page/clock.js';
import { badge, button, skeletonLines, stateView } from '../Page/components.js';
import { h, replace } from '../Page/dom.js';
import { shortDay, won } from '../Page/format.js';
import { icon } from '../Page/icons.js';
import { pagedList } from '../Page/pagedList.js';
import { go } from '../Page/router.js';
import { t } from '../Page/text.js';
import { poster } from './poster.js';

const pageSize = 24;
/** How long a fan's typing rests before it is searched for. */
const restMs = 250;

export async function open({ query, main, signal, title }) {
  title(t('concerts.title'));
  let words = query.get('q') ?? '';
  let showing = new AbortController();
  signal.addEventListener('abort', () => showing.abort(), { once: true });

  const results = h('div', { class: 'concerts-results' });
  const count = h('p', { class: 'visually-hidden', role: 'status' });
  const field = h('input', {
    id: 'search', class: 'input', type: 'search', name: 'q', value: words, maxlength: 100, autocomplete: 'off',
    placeholder: t('concerts.searchHint'), enterkeyhint: 'search',
  });
  let resting = 0;
  field.addEventListener('input', () => {
    clearTimeout(resting);
    resting = setTimeout(search, restMs);
  });
  signal.addEventListener('abort', () => clearTimeout(resting), { once: true });
  const form = h('form', {
    class: 'search', role: 'search', action: '/', on: { submit: (event) => { event.preventDefault(); search(); } },
  }, h('label', { for: 'search', class: 'visually-hidden' }, t('concerts.search')), icon('search'), field);

  replace(main, h('div', { class: 'page stack-loose' },
    h('div', { class: 'concerts-head' }, h('h1', null, t('concerts.heading')), form), count, results));
  show();

  function search() {
    clearTimeout(resting);
    if (field.value.trim() === words) return;
    words = field.value.trim();
    // The address follows without a page change, so that going back leaves the search at once.
    history.replaceState(history.state, '', words ? `/?${new URLSearchParams({ q: words })}` : '/');
    show();
  }

  function show() {
    showing.abort();
    showing = new AbortController();
    const { signal: current } = showing;
    count.textContent = '';
    replace(results, pagedList({
      load: (cursor) => api.concerts({ q: words, cursor, limit: pageSize, signal: current }),
      render: card, empty: nothing, skeleton: skeletons(), listClass: 'concerts', signal: current,
      onFirst: (items) => { count.textContent = words ? t('concerts.found', { n: items.length }) : ''; },
    }));
  }

  function nothing() {
    if (!words) return stateView({ icon: 'calendar', title: t('concerts.none'), text: t('concerts.noneText') });
    return stateView({
      icon: 'search', title: t('concerts.notFound', { words }), text: t('concerts.notFoundText'),
      actions: [button(t('concerts.all'), () => go('/'))],
    });
  }
}

function card(concert) {
  return h('li', { class: 'concert-card' },
    h('a', { href: `/concerts/${concert.id}` },
      poster(concert),
      h('div', { class: 'concert-text' },
        h('div', { class: 'concert-state' }, saleBadge(concert)),
        h('h2', null, concert.title),
        h('p', { class: 'soft' }, concert.artist),
        h('p', { class: 'soft small' }, concert.venue),
        concert.schedule && h('p', { class: 'concert-period soft small' }, period(concert.schedule)),
        concert.schedule && h('p', { class: 'concert-price numeric' }, prices(concert.schedule)))));
}

/** Where the sale stands, in one word. */
function saleBadge({ status, schedule }) {
  if (status === 'CANCELLED') return badge(t('concerts.cancelled'), 'danger');
  if (!schedule) return badge(t('concerts.soon'));
  const now = serverNow();
  if (now < Date.parse(schedule.saleOpensAt)) return badge(t('concerts.opensOn', { day: shortDay(schedule.saleOpensAt) }), 'accent');
  if (now < Date.parse(schedule.saleClosesAt)) return badge(t('concerts.onSale'), 'good');
  return badge(t('concerts.closed'));
}

function period({ firstStartsAt, lastStartsAt }) {
  const [first, last] = [shortDay(firstStartsAt), shortDay(lastStartsAt)];
  const unbroken = (text) => h('span', null, text);
  return first === last ? unbroken(first) : [unbroken(`${first} –`), ' ', unbroken(last)];
}

function prices({ priceMin, priceMax }) {
  if (priceMin === null) return null;
  return priceMin === priceMax ? won(priceMin) : t('concerts.from', { price: won(priceMin) });
}

function skeletons() {
  return h('div', { class: 'concerts' }, [0, 1, 2, 3].map(() => h('div', { class: 'concert-card' },
    h('div', { class: 'poster skeleton', 'aria-hidden': 'true' }), skeletonLines(40, 80, 60))));
}
