/** Parts that the pages of the console share. */
import { h, replace } from './dom.js';
import { badge, button, problemView, skeletonBlock, stateView } from './components.js';
import { icon } from './icons.js';
import { t } from './text.js';

/** The head of a page: where it belongs, its name, what it can do. */
export function pageHead({ title, back, note, actions = [] }) {
  return h('header', { class: 'staff-head' },
    back && h('a', { class: 'staff-back', href: back.href }, icon('back', { size: 18 }), back.label),
    h('div', { class: 'staff-head-line' },
      h('div', { class: 'grow' }, h('h1', null, title), note && h('p', { class: 'soft' }, note)),
      actions.length > 0 && h('div', { class: 'cluster' }, actions)));
}

const kinds = {
  DRAFT: null, PUBLISHED: 'good', SCHEDULED: null, ON_SALE: 'accent', CLOSED: null, CANCELLED: 'danger',
  PENDING: 'warn', CONFIRMED: 'warn', PAID: 'good', EXPIRED: null, REFUNDED: null,
  REQUESTED: 'warn', CAPTURED: 'good', DECLINED: 'danger', UNKNOWN: 'warn', PARTIALLY_REFUNDED: 'warn',
  VALID: 'good', USED: 'accent', VOID: null, DELIVERED: 'good', FAILED: 'danger', DONE: 'good',
};

/** A state of the API in words. A state that this console does not know yet is shown as the API spells it. */
export function statusBadge(group, status) {
  const key = `staffStatus.${group}.${status}`;
  const text = status in kinds ? t(key) : status;
  return badge(text, kinds[status]);
}

/**
 * A list that is fetched page by page.
 *
 * @param {HTMLElement} place
 * @param {object} list
 * @param {(cursor: string|null) => Promise<{items: any[], nextCursor: string|null}>} list.load
 * @param {(item: any) => Node} list.row
 * @param {() => Node} list.empty
 * @param {(rows: HTMLElement) => Node} [list.around] What the rows stand in: by default a list.
 * @param {AbortSignal} list.signal
 */
export async function cursorList(place, { load, row, empty, around, rows = h('ul', { role: 'list', class: 'stack-tight' }), signal }) {
  const more = h('div', { class: 'staff-more' });
  replace(place, h('div', { class: 'stack-tight', 'aria-hidden': 'true' }, [1, 2, 3].map(() => skeletonBlock('4.5rem'))));
  place.setAttribute('aria-busy', 'true');
  let count = 0;
  const next = async (cursor) => {
    try {
      // A page may be empty and still have one behind it, where the server looked through many rows in vain.
      let page = await load(cursor);
      for (let tries = 0; tries < 5 && !page.items.length && page.nextCursor; tries += 1) page = await load(page.nextCursor);
      if (signal.aborted) return;
      if (!cursor) replace(place, around ? around(rows) : rows, more);
      rows.append(...page.items.map(row));
      count += page.items.length;
      if (!count && !page.nextCursor) replace(place, empty());
      replace(more, page.nextCursor && button(t('staff.more'), () => next(page.nextCursor)));
    } catch (problem) {
      if (signal.aborted || problem.name === 'AbortError') return;
      if (problem.name !== 'Problem') console.error(problem);
      replace(cursor ? more : place, problemView(problem, () => next(cursor)));
    } finally {
      place.removeAttribute('aria-busy');
    }
  };
  await next(null);
}

export function emptyState(name, title, text, actions) {
  return stateView({ icon: name, title, text, actions });
}

/** Where a form says why it was not taken. It is read out at once. */
export function formProblem() {
  const node = h('div', { role: 'alert' });
  return {
    node,
    show(text) {
      replace(node, text && h('div', { class: 'banner banner-danger' }, icon('alert'), h('div', { class: 'grow' }, text)));
      if (text) node.scrollIntoView({ block: 'nearest' });
    },
  };
}

/** A switch: a checkbox that looks like what it is. */
export function toggle({ id, label, hint, checked = false, on = {} }) {
  const input = h('input', { id, type: 'checkbox', class: 'toggle-input', '.checked': checked, on });
  const node = h('label', { class: 'toggle', for: id }, input, h('span', { class: 'toggle-track', 'aria-hidden': 'true' }),
    h('span', { class: 'grow' }, h('span', { class: 'strong' }, label), hint && h('span', { class: 'hint' }, hint)));
  return { node, input };
}

/** A choice from a list, as a field. */
export function select({ id, label, hint, options, value, on = {} }) {
  const input = h('select', { id, name: id, class: 'input', 'aria-describedby': hint && `${id}-hint`, on },
    options.map((option) => h('option', { value: option.value, '.selected': option.value === value }, option.label)));
  const node = h('div', { class: 'field' }, h('label', { for: id }, label), input,
    hint && h('p', { class: 'hint', id: `${id}-hint` }, hint));
  return { node, input };
}
