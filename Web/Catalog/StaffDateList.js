/** The dates of a concert, and a form for one more. */
import { h, replace } from '../Page/dom.js';
import { busy, button, field, showLoaded, skeletonBlock } from '../Page/components.js';
import { dateTime } from '../Page/format.js';
import { icon } from '../Page/icons.js';
import { go } from '../Page/router.js';
import { formProblem, statusBadge } from '../Page/staffParts.js';
import * as api from '../Page/staffApi.js';
import { t } from '../Page/text.js';
import { fromInput, inDays, toInput } from '../Page/venueTime.js';

export function dateList(concert, signal) {
  const rows = h('div');
  const adding = h('div');
  const add = button(t('staffDates.add'), () => {
    add.hidden = true;
    replace(adding, newDateForm(concert, () => { replace(adding); add.hidden = false; add.focus(); }));
    adding.querySelector('input').focus();
  }, { icon: 'plus' });
  showLoaded(rows, skeletonBlock('5rem'), () => api.dates(concert.id, signal), ({ items }) =>
    items.length ? h('ul', { role: 'list', class: 'stack-tight' }, items.map(row))
      : h('p', { class: 'soft' }, t('staffDates.none')), signal);
  return h('section', { class: 'stack', 'aria-labelledby': 'dates' },
    h('div', { class: 'spread' }, h('h2', { id: 'dates' }, t('staffDates.title')), add), adding, rows);
}

function row(date) {
  const sold = date.seatsTotal - date.seatsAvailable;
  return h('li', { class: 'staff-row' },
    h('div', { class: 'grow' },
      h('a', { class: 'staff-row-title', href: `/staff/dates/${date.id}` }, dateTime(date.startsAt)),
      h('p', { class: 'soft small numeric' }, date.seatsTotal
        ? t('staffDates.seats', { gone: sold, total: date.seatsTotal }) : t('staffDates.noLayout'))),
    h('p', { class: 'small soft' }, t('staffDates.opens', { at: dateTime(date.saleOpensAt) })),
    statusBadge('date', date.status),
    h('span', { class: 'chevron' }, icon('chevron')));
}

function newDateForm(concert, close) {
  const key = api.newKey();
  const times = timeFields({ startsAt: inDays(30, 19), saleOpensAt: inDays(7, 20), saleClosesAt: inDays(30, 18) });
  const submit = button(t('staffDates.create'), null, { kind: 'primary', type: 'submit' });
  const problem = formProblem();
  const send = async () => {
    problem.show(null);
    const fields = times.read();
    if (!fields) return;
    try {
      const date = await api.createDate(concert.id, fields, key);
      await go(`/staff/dates/${date.id}/layout`);
    } catch (failure) {
      if (failure.name !== 'Problem') throw failure;
      problem.show(failure.detail);
    }
  };
  return h('form', {
    class: 'card staff-form', novalidate: true,
    on: { submit: (event) => { event.preventDefault(); busy(submit, send()); } },
  }, h('h3', null, t('staffDates.new')), problem.node, times.node, h('div', { class: 'staff-form-actions' },
    submit, button(t('staff.cancel'), close)));
}

/** When a date starts and sells, in the venue's time. `read` gives the API's fields, or null and says what is missing. */
export function timeFields(values) {
  const names = ['startsAt', 'saleOpensAt', 'saleClosesAt'];
  const fields = Object.fromEntries(names.map((name) => [name, field({
    id: name, type: 'datetime-local', required: true, label: t(`staffDates.${name}`), hint: t(`staffDates.${name}Hint`),
    '.value': values[name].includes('Z') ? toInput(values[name]) : values[name],
  })]));
  const read = () => {
    const times = {};
    for (const name of names) {
      times[name] = fromInput(fields[name].input.value);
      if (times[name]) continue;
      fields[name].fail(t('staffDates.timeMissing'));
      fields[name].input.focus();
      return null;
    }
    if (Date.parse(times.saleOpensAt) >= Date.parse(times.saleClosesAt)) {
      fields.saleClosesAt.fail(t('staffDates.closesBefore'));
      fields.saleClosesAt.input.focus();
      return null;
    }
    return times;
  };
  return {
    node: h('div', { class: 'staff-form' }, fields.startsAt.node,
      h('div', { class: 'pair' }, fields.saleOpensAt.node, fields.saleClosesAt.node),
      h('p', { class: 'soft small' }, t('staffDates.zone'))),
    read,
  };
}

