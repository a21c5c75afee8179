/**
 * Reservations of all fans, found by what a fan says on the phone. What was searched for stays out of the address: an
 * email is somebody's, and a ticket's code lets them in.
 */
import { dateName } from '../Catalog/dateNames.js';
import { datePicker } from '../Catalog/datePicker.js';
import { h } from '../Page/dom.js';
import { busy, button } from '../Page/components.js';
import { dateTime, won } from '../Page/format.js';
import { icon } from '../Page/icons.js';
import * as api from '../Page/staffApi.js';
import { emptyState, cursorList, pageHead, select, statusBadge } from '../Page/staffParts.js';
import { t } from '../Page/text.js';

const statuses = ['PENDING', 'CONFIRMED', 'PAID', 'EXPIRED', 'CANCELLED', 'REFUNDED'];

/** What was looked for last, for whoever comes back from one of them. It lives as long as the page. */
const last = { text: '', status: '', concertId: '', dateId: '' };

export async function open({ main, signal, title }) {
  title(t('staffReservations.title'));
  const list = h('div', { 'aria-live': 'polite' });
  const text = h('input', {
    class: 'input', id: 'search', type: 'search', maxlength: 320, autocomplete: 'off', autocapitalize: 'none',
    spellcheck: 'false', placeholder: t('staffReservations.placeholder'), '.value': last.text, 'aria-describedby': 'search-hint',
  });
  const status = select({
    id: 'status', label: t('staffReservations.status'), value: last.status,
    options: [{ value: '', label: t('staffReservations.anyStatus') },
      ...statuses.map((one) => ({ value: one, label: t(`staffStatus.reservation.${one}`) }))],
    on: { change: () => { last.status = status.input.value; find(); } },
  });
  const submit = button(t('staffReservations.search'), null, { kind: 'primary', type: 'submit' });
  let searching = null;
  const find = () => {
    searching?.abort();
    searching = new AbortController();
    const one = AbortSignal.any([signal, searching.signal]);
    const wanted = { ...last };
    return cursorList(list, {
      load: (cursor) => api.reservations({ text: wanted.text, status: wanted.status, dateId: wanted.dateId, cursor, signal: one }),
      row,
      empty: () => emptyState('search', t('staffReservations.none'), t('staffReservations.noneText')),
      signal: one,
    });
  };
  main.append(h('div', { class: 'page' }, pageHead({ title: t('staffReservations.title') }),
    h('form', {
      class: 'staff-form', role: 'search',
      on: { submit: (event) => { event.preventDefault(); last.text = text.value.trim(); busy(submit, find()); } },
    },
    h('div', { class: 'field' }, h('label', { for: 'search' }, t('staffReservations.label')),
      h('div', { class: 'cluster' }, h('div', { class: 'search-field' }, icon('search'), text), submit),
      h('p', { class: 'hint', id: 'search-hint' }, t('staffReservations.hint'))),
    h('div', { class: 'pair' }, status.node, datePicker({ chosen: last, changed: find, signal }))),
    h('h2', { class: 'visually-hidden' }, t('staffReservations.results')), list));
  await find();
}

function row(reservation) {
  const { seats, user } = reservation;
  const where = h('p', { class: 'soft small' }, ' ');
  dateName(reservation.dateId).then((name) => {
    where.textContent = name ? `${name.title} · ${name.at}` : t('staffReservations.dateGone');
  }, () => {});
  return h('li', { class: 'staff-row' },
    h('div', { class: 'grow' },
      h('a', { class: 'staff-row-title', href: `/staff/reservations/${reservation.id}` },
        user ? user.name : t('staffReservations.userGone')),
      h('p', { class: 'small reservation-email' }, user?.email), where),
    h('div', { class: 'reservation-sum' },
      h('p', { class: 'numeric' }, t('staffReservations.seats', { count: seats.length, amount: won(reservation.amount) })),
      h('p', { class: 'small soft' }, dateTime(reservation.createdAt))),
    statusBadge('reservation', reservation.status),
    h('span', { class: 'chevron' }, icon('chevron')));
}
