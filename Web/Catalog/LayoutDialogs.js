/** Where else a layout may come from: a beginning, another date, a file. */
import { h, replace } from '../Page/dom.js';
import { ask, showLoaded, skeletonLines } from '../Page/components.js';
import { dateTime } from '../Page/format.js';
import { select } from '../Page/staffParts.js';
import * as api from '../Page/staffApi.js';
import { t } from '../Page/text.js';
import { parse } from './LayoutCheck.js';
import { starts } from './LayoutStarts.js';
import { inLanguage } from './StaffConcerts.js';

/** A layout to begin with, or null. */
export async function askStart() {
  const chosen = await ask({
    title: t('staffLayout.startTitle'), body: t('staffLayout.startText'),
    actions: [
      { label: t('staff.back'), value: null },
      ...Object.keys(starts).map((key) => ({ label: t(`staffLayout.start.${key}`), value: key })),
    ],
  });
  return chosen && starts[chosen]();
}

/** The layout of another date, or null. `dateId` is the one that is being edited. */
export async function askOtherDate(dateId, signal) {
  const dates = h('div', { 'aria-live': 'polite' });
  let chosen = null;
  const showDates = (concertId) => {
    chosen = null;
    showLoaded(dates, skeletonLines(80, 60), () => api.dates(concertId, signal), ({ items }) => {
      const others = items.filter((date) => date.id !== dateId && date.seatsTotal > 0);
      if (!others.length) return h('p', { class: 'soft' }, t('staffLayout.noOtherDates'));
      chosen = others[0].id;
      return select({
        id: 'other-date', label: t('staffLayout.otherDate'), value: chosen,
        options: others.map((date) => ({
          value: date.id, label: t('staffLayout.otherDateSeats', { at: dateTime(date.startsAt), count: date.seatsTotal }),
        })),
        on: { change: ({ target }) => { chosen = target.value; } },
      }).node;
    }, signal);
  };
  const body = h('div', { class: 'stack' });
  showLoaded(body, skeletonLines(90, 70), () => api.concerts({ limit: 100, signal }), ({ items }) => {
    showDates(items[0].id);
    return [select({
      id: 'other-concert', label: t('staffLayout.otherConcert'), value: items[0].id,
      options: items.map((concert) => ({ value: concert.id, label: inLanguage(concert.title) })),
      on: { change: ({ target }) => showDates(target.value) },
    }).node, dates];
  }, signal);
  const answer = await ask({
    title: t('staffLayout.copyTitle'), body,
    actions: [
      { label: t('staff.back'), value: null },
      { label: t('staffLayout.copy'), value: 'yes', kind: 'primary' },
    ],
  });
  return answer && chosen ? api.layout(chosen, signal) : null;
}

const fileLengthMax = 8 * 1024 * 1024;

/** The layout in a file that the person chooses: `{layout}`, `{problem}`, or null when none was chosen. */
export function chooseFile() {
  return new Promise((resolve) => {
    const input = h('input', { type: 'file', accept: 'application/json,.json' });
    input.addEventListener('cancel', () => resolve(null));
    input.addEventListener('change', async () => {
      const [file] = input.files;
      if (!file) resolve(null);
      else if (file.size > fileLengthMax) resolve({ problem: { key: 'fileLarge' } });
      else resolve(parse(await file.text()));
    });
    input.click();
  });
}

/** Why a layout would be refused, with a way to each place; what is only odd stands after it. */
export function showProblems(place, found, goTo) {
  const errors = found.filter(({ isWarning }) => !isWarning);
  const warnings = found.filter(({ isWarning }) => isWarning);
  const list = (entries, kind, heading) => entries.length > 0 && h('div', { class: ['banner', `banner-${kind}`] },
    h('div', { class: 'grow stack-tight' }, h('p', { class: 'strong' }, heading),
      h('ul', { class: 'layout-problems' }, entries.slice(0, 8).map((entry) => h('li', null,
        entry.section === undefined && entry.grade === undefined ? problemText(entry)
          : h('button', { type: 'button', class: 'link-button', on: { click: () => goTo(entry) } }, problemText(entry))))),
      entries.length > 8 && h('p', null, t('staffLayout.moreProblems', { count: entries.length - 8 }))));
  replace(place, list(errors, 'danger', t('staffLayout.cannotSave')), list(warnings, 'warn', t('staffLayout.looksOdd')));
}

export function problemText({ key, values = {} }) {
  const shown = values.field ? { ...values, field: t(`staffLayout.${values.field}`) } : values;
  return t(`staffLayout.problem.${key}`, shown);
}
