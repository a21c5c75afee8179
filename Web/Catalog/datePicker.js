/** A concert, and then one of its dates: two fields that stand where the page wants them. */
import { h } from '../Page/dom.js';
import { dateTime } from '../Page/format.js';
import * as api from '../Page/staffApi.js';
import { select } from '../Page/staffParts.js';
import { t } from '../Page/text.js';
import { inLanguage } from './StaffConcerts.js';

/**
 * @param {object} picker
 * @param {{concertId: string, dateId: string}} picker.chosen What is chosen at first; it is kept up to date.
 * @param {() => void} picker.changed Told when another date, or none, is chosen.
 * @param {(problem: Error) => void} [picker.failed] What else to do without the lists; by itself nothing.
 */
export function datePicker({ chosen, changed, failed = () => {}, signal }) {
  const concert = select({
    id: 'concert', label: t('staffReservations.concert'), options: [{ value: '', label: t('staffReservations.anyConcert') }],
    on: { change: chooseConcert },
  });
  const date = select({
    id: 'date', label: t('staffReservations.date'), options: [{ value: '', label: t('staffReservations.anyDate') }],
    on: { change: () => { chosen.dateId = date.input.value; changed(); } },
  });
  date.node.hidden = true;

  async function chooseConcert() {
    const hadDate = chosen.dateId;
    chosen.concertId = concert.input.value;
    chosen.dateId = '';
    await fillDates();
    if (hadDate) changed();
  }

  async function fillDates() {
    const items = chosen.concertId ? (await api.dates(chosen.concertId, signal)).items : [];
    date.input.replaceChildren(h('option', { value: '' }, t('staffReservations.anyDate')), ...items.map((one) =>
      h('option', { value: one.id, '.selected': one.id === chosen.dateId }, dateTime(one.startsAt))));
    date.node.hidden = !items.length;
  }

  async function fill() {
    const { items } = await api.concerts({ limit: 100, signal });
    concert.input.append(...items.map((one) =>
      h('option', { value: one.id, '.selected': one.id === chosen.concertId }, inLanguage(one.title))));
    if (items.every((one) => one.id !== chosen.concertId)) chosen.concertId = '';
    await fillDates();
    if (date.input.value === chosen.dateId) return;
    chosen.dateId = '';
    changed();
  }

  fill().catch((problem) => { if (!signal.aborted) failed(problem); });
  return h('div', { class: 'stack' }, concert.node, date.node);
}
