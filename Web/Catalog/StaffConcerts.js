/** All concerts of the house, drafts too. */
import { h } from '../Page/dom.js';
import { link } from '../Page/components.js';
import { icon } from '../Page/icons.js';
import { emptyState, cursorList, pageHead, statusBadge } from '../Page/staffParts.js';
import * as api from '../Page/staffApi.js';
import { language, t } from '../Page/text.js';

export async function open({ main, signal, title }) {
  title(t('staffConcerts.title'));
  const add = () => link('/staff/concerts/new', t('staffConcerts.add'), 'primary', { icon: 'plus' });
  const list = h('div');
  main.append(h('div', { class: 'page' },
    pageHead({ title: t('staffConcerts.title'), note: t('staffConcerts.note'), actions: [add()] }), list));
  await cursorList(list, {
    load: (cursor) => api.concerts({ cursor, signal }),
    row,
    empty: () => emptyState('calendar', t('staffConcerts.none'), t('staffConcerts.noneText'), [add()]),
    signal,
  });
}

function row(concert) {
  const [artist, venue] = [inLanguage(concert.artist), inLanguage(concert.venue)];
  return h('li', { class: 'staff-row' },
    h('div', { class: 'grow' },
      h('a', { class: 'staff-row-title', href: `/staff/concerts/${concert.id}` }, inLanguage(concert.title)),
      h('p', { class: 'soft small' }, [artist, venue].filter(Boolean).join(' · '))),
    statusBadge('concert', concert.status),
    h('span', { class: 'chevron' }, icon('chevron')));
}

/** A text of both languages in the reader's; in the other one where that is empty. */
export function inLanguage(text) {
  return text[language()] || text.ko || text.en;
}
