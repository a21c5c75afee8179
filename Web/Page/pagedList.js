/** A list that the API gives page by page, with its states: being fetched, nothing there, failed, more to come. */
import { button, problemView, toast } from './components.js';
import { h, replace } from './dom.js';
import { t } from './text.js';

/**
 * @param {object} list
 * @param {(cursor: string|null) => Promise<{items: any[], nextCursor: string|null}>} list.load
 * @param {(item: any) => HTMLElement} list.render One `li`.
 * @param {() => Node} list.empty
 * @param {Node} list.skeleton
 * @param {string} list.listClass
 * @param {AbortSignal} list.signal
 * @param {(items: any[]) => void} [list.onFirst] Told of the first page.
 */
export function pagedList({ load, render, empty, skeleton, listClass, signal, onFirst = () => {} }) {
  const place = h('div', { class: 'stack-loose' });

  async function showFirst() {
    replace(place, skeleton);
    place.setAttribute('aria-busy', 'true');
    try {
      const page = await load(null);
      if (signal.aborted) return;
      replace(place, page.items.length ? filled(page) : empty());
      onFirst(page.items);
    } catch (problem) {
      if (signal.aborted || problem.name === 'AbortError') return;
      if (problem.name !== 'Problem') console.error(problem);
      replace(place, problemView(problem, showFirst));
    } finally {
      place.removeAttribute('aria-busy');
    }
  }

  function filled(page) {
    const items = h('ul', { role: 'list', class: listClass }, page.items.map(render));
    const more = h('div', { class: 'center' });
    const offer = (cursor) => replace(more, cursor && button(t('page.more'), async () => {
      try {
        const next = await load(cursor);
        if (signal.aborted) return;
        const before = items.children.length;
        items.append(...next.items.map(render));
        // The button goes away or moves down; reading goes on at the first that is new.
        const first = items.children[before];
        first?.querySelector('a, button')?.focus();
        offer(next.nextCursor);
      } catch (problem) {
        if (!signal.aborted) toast(problem.detail ?? t('problem.internal'), { icon: 'alert' });
      }
    }));
    offer(page.nextCursor);
    return [items, more];
  }

  showFirst();
  return place;
}
