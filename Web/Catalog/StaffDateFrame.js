/** What stands around every page about one date: which one it is, and the ways to the others. */
import { h, replace } from '../Page/dom.js';
import { showLoaded, skeletonBlock } from '../Page/components.js';
import { dateTime } from '../Page/format.js';
import { pageHead, statusBadge } from '../Page/staffParts.js';
import * as api from '../Page/staffApi.js';
import { t } from '../Page/text.js';
import { inLanguage } from './StaffConcerts.js';

const tabs = [
  { path: '', key: 'sale' }, { path: '/layout', key: 'layout' }, { path: '/seats', key: 'seats' },
  { path: '/queue', key: 'queue' }, { path: '/times', key: 'times' },
];

/**
 * Shows the head and the tabs, and under them what `render` makes of the date.
 *
 * @param {object} context What the router gave.
 * @param {string} current The key of the tab.
 * @param {(date: object, concert: object) => Node|Node[]} render
 */
export async function openDate({ params, main, signal, title }, current, render) {
  const page = h('div', { class: 'page' });
  main.append(page);
  const skeleton = h('div', { class: 'stack' }, skeletonBlock('6rem'), skeletonBlock('20rem'));
  await showLoaded(page, skeleton, async () => {
    const date = await api.date(params.id, signal);
    return { date, concert: await api.concert(date.concertId, signal) };
  }, ({ date, concert }) => {
    title(`${t(`staffDate.${current}`)} · ${inLanguage(concert.title)}`);
    const head = h('div');
    showHead(head, date, concert);
    return [head, tabRow(date, current), render(date, concert, (changed) => showHead(head, changed, concert))];
  }, signal);
}

function showHead(head, date, concert) {
  replace(head, pageHead({
    title: [dateTime(date.startsAt), statusBadge('date', date.status)],
    back: { href: `/staff/concerts/${concert.id}`, label: inLanguage(concert.title) },
    note: concert.status === 'PUBLISHED' ? null : t(`staffDate.concert${concert.status === 'DRAFT' ? 'Draft' : 'Cancelled'}`),
  }));
}

function tabRow(date, current) {
  return h('nav', { class: 'tabs', 'aria-label': t('staffDate.tabs') }, tabs.map(({ path, key }) =>
    h('a', { class: 'tab', href: `/staff/dates/${date.id}${path}`, 'aria-current': key === current ? 'page' : null },
      t(`staffDate.${key}`))));
}
