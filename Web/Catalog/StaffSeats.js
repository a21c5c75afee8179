/** The seats of a date as they sell, and which of them staff keep back: before the sale and while it runs. */
import { followSeats } from '../Holds/SeatNews.js';
import { SeatLayout } from '../Holds/SeatLayout.js';
import { SeatStates, available, blocked, held, sold } from '../Holds/SeatStates.js';
import { seatMap } from '../Page/api.js';
import { onColours } from '../Page/colours.js';
import { h, replace } from '../Page/dom.js';
import { button, field, link, showLoaded, skeletonBlock, stateView, toast } from '../Page/components.js';
import * as api from '../Page/staffApi.js';
import { formProblem, select } from '../Page/staffParts.js';
import { t } from '../Page/text.js';
import { canvasFrame, gradeColourCount, palette, surroundings } from './LayoutPreview.js';
import { seatCanvas } from './SeatCanvas.js';
import { openDate } from './StaffDateFrame.js';

const seatCountMax = 1_000;

export async function open(context) {
  const { signal } = context;
  await openDate(context, 'seats', (date, concert) => {
    // Fans do not see the seats of a draft, and this page sees what fans see.
    if (!date.seatsTotal || concert.status === 'DRAFT') return notYet(date);
    const place = h('div');
    showLoaded(place, skeletonBlock('32rem'), async () => {
      const layout = new SeatLayout(await seatMap(date.id, date.layoutVersion, signal));
      const states = new SeatStates(layout);
      let view = null;
      await followSeats({ dateId: date.id, states, signal, changed: () => view?.draw() });
      view = seatsView(date, layout, states, signal);
      return view;
    }, (view) => view.node, signal);
    return place;
  });
}

function notYet(date) {
  return stateView({
    icon: 'seat', title: t('staffSeats.notYet'), text: t('staffSeats.notYetText'),
    actions: [link(`/staff/dates/${date.id}/layout`, t('staffSeats.toLayout'), 'primary')],
  });
}

function seatsView(date, layout, states, signal) {
  const chosen = new Set();
  const canvas = h('canvas', { role: 'img', 'aria-label': t('staffSeats.map') });
  const view = seatCanvas(canvas, {
    signal,
    on: {
      pick: (ordinal) => choose(ordinal < 0 ? [] : [ordinal], { toggles: true }),
      marquee: (ordinals) => choose(ordinals, { toggles: false }),
    },
  });
  const figures = h('p', { class: 'numeric', role: 'status' });
  const bar = h('div', { class: 'card seats-bar spread' });
  const problem = formProblem();
  const reason = field({
    id: 'reason', label: t('staffSeats.reason'), maxlength: 200, autocomplete: 'off', placeholder: t('staffSeats.reasonExample'),
  });

  function choose(ordinals, { toggles }) {
    for (const ordinal of ordinals) {
      const can = states.of(ordinal) === available || states.of(ordinal) === blocked;
      if (toggles && chosen.delete(ordinal)) continue;
      if (can && chosen.size < seatCountMax) chosen.add(ordinal);
      else if (toggles && !can) toast(t('staffSeats.taken', label(ordinal)), { icon: 'alert' });
    }
    draw();
  }

  const label = (ordinal) => layout.label(ordinal);

  function draw() {
    const colours = palette();
    const groups = new Map();
    for (let ordinal = 0; ordinal < layout.count; ordinal += 1) {
      const state = states.of(ordinal);
      const key = chosen.has(ordinal) ? `chosen ${state}` : state === available ? `free ${layout.gradeOf[ordinal]}` : `${state}`;
      if (!groups.has(key)) groups.set(key, []);
      groups.get(key).push(ordinal);
    }
    view.show({
      x: layout.x, y: layout.y, bounds: layout.bounds, groups: [...groups].map(([key, ordinals]) => look(key, ordinals, colours)),
      names: [], ...surroundings(colours),
    });
    const counts = [available, held, sold, blocked].map((state) => states.states.reduce((sum, one) => sum + (one === state), 0));
    replace(figures, t('staffSeats.figures', { free: counts[0], held: counts[1], sold: counts[2], blocked: counts[3] }));
    showBar();
  }

  let shownBar = '';
  function showBar() {
    const ordinals = [...chosen];
    const free = ordinals.filter((ordinal) => states.of(ordinal) === available);
    const kept = ordinals.filter((ordinal) => states.of(ordinal) === blocked);
    const state = `${free.length} ${kept.length}`;
    if (state === shownBar) return;
    shownBar = state;
    replace(bar,
      h('div', { class: 'grow', 'aria-live': 'polite' }, h('p', { class: 'strong' }, chosen.size
        ? t('staffSeats.chosen', { count: chosen.size }) : t('staffSeats.noneChosen'))),
      h('div', { class: 'cluster' },
        chosen.size > 0 && button(t('staffSeats.clear'), () => { chosen.clear(); draw(); }, { kind: 'quiet' }),
        kept.length > 0 && button(t('staffSeats.unblock', { count: kept.length }), () => change(kept, false)),
        free.length > 0 && button(t('staffSeats.block', { count: free.length }), () => change(free, true), { kind: 'primary' })));
  }

  async function change(ordinals, isBlocked) {
    problem.show(null);
    const seatIds = ordinals.map((ordinal) => layout.ids[ordinal]);
    try {
      await (isBlocked ? api.blockSeats : api.unblockSeats)(date.id, seatIds, reason.input.value.trim());
      toast(t(isBlocked ? 'staffSeats.blockedDone' : 'staffSeats.unblockedDone', { count: ordinals.length }));
      ordinals.forEach((ordinal) => chosen.delete(ordinal));
    } catch (failure) {
      if (failure.name !== 'Problem') throw failure;
      problem.show(failure.detail);
      // Somebody was quicker: what they have is not chosen any more.
      (failure.body.seatIds ?? []).forEach((id) => chosen.delete(layout.ordinalOf(id)));
    }
    shownBar = '';
    draw();
  }

  view.setMode('marquee');
  onColours(draw, signal);
  queueMicrotask(draw);
  return {
    draw,
    node: h('div', { class: 'stack' },
      h('div', { class: 'spread' }, figures, legend()),
      canvasFrame(canvas, view, { isLow: true, label: t('staffLayout.tools') }),
      h('p', { class: 'soft small' }, t('staffSeats.hint')),
      pickForm(layout, (ordinals) => choose(ordinals, { toggles: false })),
      reason.node, problem.node, bar),
  };
}

function look(key, ordinals, colours) {
  const [name, grade] = key.split(' ');
  if (name === 'free') return { ordinals, colour: colours.grades[Number(grade) % gradeColourCount] };
  if (name === 'chosen') return { ordinals, colour: colours.ink, mark: { colour: colours.surface, shape: 'ring' } };
  if (Number(name) === blocked) return { ordinals, colour: colours.line, mark: { colour: colours.ink, shape: 'cross' } };
  if (Number(name) === held) return { ordinals, colour: colours.line, mark: { colour: colours.warn, shape: 'slash' } };
  return { ordinals, colour: colours.strong, alpha: 0.4 };
}

function legend() {
  return h('ul', { role: 'list', class: 'legend small' }, ['available', 'held', 'sold', 'blocked'].map((name) =>
    h('li', null, h('span', { class: ['seat-key', `seat-key-${name}`], 'aria-hidden': 'true' }), t(`staffSale.${name}`))));
}

/** The same by keyboard: a section, a row, from one seat to another. */
function pickForm(layout, choose) {
  const section = select({
    id: 'pick-section', label: t('staffSeats.section'), value: '0',
    options: layout.sections.map(({ name }, index) => ({ value: String(index), label: name })),
    on: { change: () => fillRows() },
  });
  const row = select({ id: 'pick-row', label: t('staffSeats.row'), options: [] });
  const [from, to] = ['from', 'to'].map((name) =>
    field({ id: `pick-${name}`, label: t(`staffSeats.${name}`), inputmode: 'numeric', maxlength: 8, autocomplete: 'off' }));
  function fillRows() {
    const { rowStart, rowEnd } = layout.sections[Number(section.input.value)];
    replace(row.input, layout.rows.slice(rowStart, rowEnd).map(({ name }, index) =>
      h('option', { value: String(rowStart + index) }, name)));
  }
  fillRows();
  const add = () => {
    const { start, end } = layout.rows[Number(row.input.value)];
    const names = layout.numbers.slice(start, end);
    const [first, last] = [from.input.value.trim(), to.input.value.trim()].map((name) => names.indexOf(name));
    if (from.input.value.trim() && first < 0) { from.fail(t('staffSeats.noSeat')); return; }
    if (to.input.value.trim() && last < 0) { to.fail(t('staffSeats.noSeat')); return; }
    const begin = first < 0 ? 0 : first;
    const [low, high] = [begin, last < 0 ? (first < 0 ? names.length - 1 : begin) : last].sort((one, other) => one - other);
    choose(Array.from({ length: high - low + 1 }, (_, index) => start + low + index));
  };
  return h('details', { class: 'card' }, h('summary', { class: 'strong' }, t('staffSeats.pick')),
    h('form', { class: 'seats-pick', on: { submit: (event) => { event.preventDefault(); add(); } } },
      section.node, row.node, from.node, to.node, button(t('staffSeats.add'), null, { type: 'submit' })));
}
