/** A date's sale as it runs: seats, money, queue and refusals, a few seconds old at most. */
import { openDate } from '../Catalog/StaffDateFrame.js';
import { serverNow } from '../Page/clock.js';
import { h, replace } from '../Page/dom.js';
import { banner, skeletonBlock } from '../Page/components.js';
import { exactTime, number, time, won } from '../Page/format.js';
import { poll } from '../Page/poll.js';
import * as api from '../Page/staffApi.js';
import { t } from '../Page/text.js';
import { gradeTable } from './GradeFigures.js';
import { barChart, everyMinute } from './SaleChart.js';
import { pauseSwitch } from './StaffQueue.js';

const everyMs = 2_000;
const windows = [30, 60, 120];

export async function open(context) {
  const { signal } = context;
  await openDate(context, 'sale', (date) => {
    const page = h('div', { class: 'stack-loose' }, skeletonBlock('7rem'), skeletonBlock('16rem'), skeletonBlock('16rem'));
    let view = null;
    const ask = async () => {
      const sales = await api.sales(date.id, signal);
      if (signal.aborted) return;
      if (!sales.grades.length) {
        replace(page, noLayout(date));
        view = null;
        return;
      }
      if (!view) {
        view = saleView(date, sales, signal);
        replace(page, view.node);
      }
      view.show(sales);
    };
    poll(ask, { everyMs, signal, onState: (problem) => {
      if (view) view.tell(problem);
      else if (problem) replace(page, banner('danger', problem.detail ?? t('problem.internal')));
    } });
    return page;
  });
}

function noLayout(date) {
  return h('div', { class: 'state' }, h('h2', null, t('staffSale.noLayout')), h('p', null, t('staffSale.noLayoutText')),
    h('div', { class: 'cluster' },
      h('a', { class: 'button button-primary', href: `/staff/dates/${date.id}/layout` }, t('staffSale.makeLayout'))));
}

function saleView(date, first, signal) {
  const state = h('p', { class: 'soft small numeric', role: 'status' });
  const tiles = tileRow(['revenue', 'sold', 'held', 'available']);
  const queueTiles = tileRow(['waiting', 'active', 'admittedPerSecond']);
  const grades = gradeTable();
  const charts = saleCharts(signal);
  const refusals = h('div');
  let lastAt = null;
  const admission = h('div');
  let wasPaused = null;

  function show(sales) {
    lastAt = serverNow();
    const sum = (name) => sales.grades.reduce((total, grade) => total + grade[name], 0);
    const total = sum('total');
    tiles.show({
      revenue: won(sales.revenue),
      sold: [number(sum('sold')), t('staffSale.ofTotal', { total, percent: percent(sum('sold'), total) })],
      held: number(sum('held')),
      available: [number(sum('available')), sum('blocked') ? t('staffSale.blockedCount', { count: sum('blocked') }) : null],
    });
    const { queue } = sales;
    queueTiles.show({
      waiting: number(queue.waiting), active: number(queue.active), admittedPerSecond: number(queue.admittedPerSecond),
    });
    // The switch keeps the focus while nothing about it changes.
    if (queue.paused !== wasPaused) replace(admission, pauseSwitch(date.id, queue));
    wasPaused = queue.paused;
    grades.show(sales.grades);
    charts.show(sales.minutes);
    showRefusals(refusals, sales.refusals ?? []);
  }

  const node = h('div', { class: 'stack-loose' },
    h('section', { class: 'stack-tight', 'aria-label': t('staffSale.seats') }, tiles.node, state),
    admission,
    h('div', { class: 'staff-columns' },
      h('div', { class: 'stack-loose' }, charts.node, grades.node),
      h('div', { class: 'stack-loose' },
        h('section', { class: 'card stack', 'aria-labelledby': 'queue-now' },
          h('h2', { id: 'queue-now' }, t('staffSale.queue')), queueTiles.node),
        h('section', { class: 'card stack', 'aria-labelledby': 'refusals' },
          h('h2', { id: 'refusals' }, t('staffSale.refusals')), refusals))));
  return {
    node, show,
    tell(problem) {
      state.textContent = problem
        ? t('staffSale.stale', { at: lastAt ? exactTime(lastAt) : '–' }) : t('staffSale.fresh', { at: exactTime(lastAt) });
      state.classList.toggle('is-stale', Boolean(problem));
      // Every two seconds would be too much to listen to: only a change of state is read out.
      state.setAttribute('aria-live', problem ? 'polite' : 'off');
    },
  };
}

function percent(part, whole) {
  return whole ? Math.round((part / whole) * 1000) / 10 : 0;
}

/** Large figures with their names. */
function tileRow(names) {
  const values = Object.fromEntries(names.map((name) => [name, {
    value: h('dd', { class: 'tile-value numeric' }, '–'), more: h('dd', { class: 'tile-more soft small numeric' }),
  }]));
  return {
    node: h('dl', { class: 'tiles' }, names.map((name) => h('div', { class: 'tile' },
      h('dt', { class: 'soft small' }, t(`staffSale.${name}`)), values[name].value, values[name].more))),
    show(figures) {
      for (const [name, figure] of Object.entries(figures)) {
        const [value, more] = [figure].flat();
        values[name].value.textContent = value;
        values[name].more.textContent = more ?? '';
      }
    },
  };
}

function saleCharts(signal) {
  const places = { tickets: h('div', { class: 'chart-place' }), revenue: h('div', { class: 'chart-place' }) };
  const charts = {
    tickets: barChart(places.tickets, {
      title: t('staffSale.ticketsChart'), signal,
      format: { value: (value) => t('staffSale.ticketCount', { count: value }), short: number, time },
    }),
    revenue: barChart(places.revenue, {
      title: t('staffSale.revenueChart'), signal, least: 100_000,
      format: { value: won, short: (value) => t('staffSale.shortWon', { value }), time },
    }),
  };
  let minuteCount = windows[0];
  let shown = [];
  const draw = () => {
    const rows = shown.map((row) => ({ ...row, startsAt: Date.parse(row.startsAt) }));
    const points = everyMinute(rows, { nowMs: serverNow(), minuteCount, fields: ['tickets', 'revenue'] });
    charts.tickets.show(points, 'tickets');
    charts.revenue.show(points, 'revenue');
  };
  const buttons = windows.map((minutes) => h('button', {
    type: 'button', 'aria-pressed': String(minutes === minuteCount),
    on: {
      click: () => {
        minuteCount = minutes;
        buttons.forEach((other, i) => other.setAttribute('aria-pressed', String(windows[i] === minutes)));
        draw();
      },
    },
  }, t('staffSale.minutes', { minutes })));
  return {
    node: h('section', { class: 'card stack', 'aria-labelledby': 'charts' },
      h('div', { class: 'spread charts-head' }, h('h2', { id: 'charts' }, t('staffSale.perMinute')),
        h('div', { class: 'segmented', role: 'group', 'aria-label': t('staffSale.window') }, buttons)),
      h('h3', { class: 'small soft' }, t('staffSale.ticketsChart')), places.tickets,
      h('h3', { class: 'small soft' }, t('staffSale.revenueChart')), places.revenue),
    show(minutes) {
      shown = minutes;
      draw();
    },
  };
}

function showRefusals(place, refusals) {
  if (!refusals.length) {
    replace(place, h('p', { class: 'soft' }, t('staffSale.noRefusals')));
    return;
  }
  const most = Math.max(...refusals.map(({ count }) => count));
  replace(place, h('ul', { role: 'list', class: 'stack-tight' }, refusals.map(({ code, count }) => h('li', { class: 'refusal' },
    h('div', { class: 'spread' }, h('span', null, refusalName(code)), h('span', { class: 'strong numeric' }, number(count))),
    h('div', { class: 'meter', 'aria-hidden': 'true' }, h('span', { style: { width: `${(count / most) * 100}%` } }))))),
  h('p', { class: 'soft small' }, t('staffSale.refusalsNote')));
}

/** In the words of the console; a code that it does not know yet is shown as it is. */
function refusalName(code) {
  const known = ['seatTaken', 'noSeatsLeft', 'tooManySeats', 'saleClosed', 'notAdmitted', 'queueTokenInvalid'];
  return known.includes(code) ? t(`staffSale.refusal.${code}`) : code;
}
