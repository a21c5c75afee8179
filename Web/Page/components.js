/** Parts that more than one page shows, made of elements. */
import { h, replace } from './dom.js';
import { icon } from './icons.js';
import { t } from './text.js';

const toastMs = 6000;

/** Says something that has happened, over the page, and to screen readers. */
export function toast(text, { icon: name = 'check' } = {}) {
  const place = document.getElementById('toasts');
  const node = h('div', { class: 'toast' }, icon(name), h('span', null, text));
  place.append(node);
  setTimeout(() => node.remove(), toastMs);
}

/**
 * Asks something. Resolves with the `value` of the button that was pressed, or null when the dialog was closed.
 *
 * @param {{title: string, body: any, actions: {label: string, value: any, kind?: string}[]}} question The last action
 *   is the one that is meant; it stands last, where thumbs and eyes end. `kind` is a button's class without `button-`.
 */
export function ask({ title, body, actions }) {
  return new Promise((resolve) => {
    const heading = h('h2', { id: 'dialog-title' }, title);
    const buttons = actions.map(({ label, value, kind }) =>
      h('button', { type: 'button', class: ['button', kind && `button-${kind}`], on: { click: () => end(value) } }, label));
    const dialog = h('dialog', { class: 'dialog', 'aria-labelledby': 'dialog-title' },
      h('div', { class: 'stack' }, heading, typeof body === 'string' ? h('p', { class: 'soft' }, body) : body),
      h('div', { class: 'dialog-actions' }, buttons));
    let answer = null;
    const end = (value) => { answer = value; dialog.close(); };
    dialog.addEventListener('close', () => { dialog.remove(); resolve(answer); });
    document.body.append(dialog);
    dialog.showModal();
    // Losing something must not be one careless Enter away.
    buttons[0].focus();
  });
}

/** What stands where a list or a page would: nothing there, something failed. */
export function stateView({ icon: name, title, text, actions = [], level = 'h2' }) {
  return h('div', { class: 'state' }, icon(name, { size: 48 }), h(level, null, title), text && h('p', null, text),
    actions.length > 0 && h('div', { class: 'cluster' }, actions));
}

/** What went wrong with a call, in words that say what to do, and a button that does it. */
export function problemView(problem, retry, { level = 'h2' } = {}) {
  const isOffline = problem.code === 'offline';
  const known = problem.detail ?? t('problem.internal');
  return h('div', { role: 'alert' }, stateView({
    level, icon: isOffline ? 'offline' : 'alert',
    title: isOffline ? t('problem.offlineTitle') : problem.status === 404 ? t('problem.notFoundTitle') : t('problem.title'),
    text: problem.status === 404 ? t('problem.notFound') : known,
    actions: problem.status === 404
      ? [link('/', t('problem.toConcerts'), 'primary')] : retry ? [button(t('problem.retry'), retry, { kind: 'primary' })] : [],
  }));
}

/**
 * Shows what `load` gives, a skeleton until then, and the problem with a way to try again when it fails.
 *
 * @param {HTMLElement} place
 * @param {Node} skeleton
 * @param {() => Promise<any>} load
 * @param {(value: any) => Node|Node[]} render
 */
export async function showLoaded(place, skeleton, load, render, signal) {
  replace(place, skeleton);
  place.setAttribute('aria-busy', 'true');
  try {
    const value = await load();
    if (!signal?.aborted) replace(place, render(value));
  } catch (problem) {
    if (signal?.aborted || problem.name === 'AbortError') return;
    if (problem.name !== 'Problem') console.error(problem);
    replace(place, problemView(problem, () => showLoaded(place, skeleton, load, render, signal)));
  } finally {
    place.removeAttribute('aria-busy');
  }
}

export function banner(kind, text, { icon: name = kind === 'good' ? 'check' : kind === 'info' ? 'info' : 'alert' } = {}) {
  return h('div', { class: ['banner', kind !== 'info' && `banner-${kind}`] }, icon(name), h('div', { class: 'grow' }, text));
}

export function badge(text, kind) {
  return h('span', { class: ['badge', kind && `badge-${kind}`] }, text);
}

/** A button. While the promise of `act` is open it shows so and cannot be pressed again. */
export function button(label, act, { kind, icon: name, block, large, type = 'button', ...attributes } = {}) {
  const node = h('button', {
    type, class: ['button', kind && `button-${kind}`, block && 'button-block', large && 'button-large'], ...attributes,
    on: { click: (event) => { if (act) busy(node, act(event)); } },
  }, name && icon(name), label);
  return node;
}

/** A link that looks like a button. */
export function link(href, label, kind, { icon: name, large, block } = {}) {
  return h('a', { href, class: ['button', kind && `button-${kind}`, large && 'button-large', block && 'button-block'] },
    name && icon(name), label);
}

/** Shows that a button works until the promise settles. A second press meanwhile does nothing. */
export async function busy(node, promise) {
  if (!(promise instanceof Promise)) return promise;
  node.setAttribute('aria-busy', 'true');
  node.disabled = true;
  try {
    return await promise;
  } finally {
    node.removeAttribute('aria-busy');
    node.disabled = false;
  }
}

/**
 * A labelled input with room for a hint and an error.
 * @returns {{node: HTMLElement, input: HTMLInputElement, fail: (text: string|null) => void}}
 */
export function field({ id, label, hint, tag = 'input', ...attributes }) {
  const error = h('p', { class: 'error', id: `${id}-error`, hidden: true });
  const described = [hint && `${id}-hint`, `${id}-error`].filter(Boolean).join(' ');
  const input = h(tag, { id, name: id, class: 'input', 'aria-describedby': described, ...attributes });
  const fail = (text) => {
    error.textContent = text ?? '';
    error.hidden = !text;
    if (text) input.setAttribute('aria-invalid', 'true');
    else input.removeAttribute('aria-invalid');
  };
  input.addEventListener('input', () => fail(null));
  const node = h('div', { class: 'field' }, h('label', { for: id }, label), input,
    hint && h('p', { class: 'hint', id: `${id}-hint` }, hint), error);
  return { node, input, fail };
}

/** Grey lines as wide as texts will be, in percent. */
export function skeletonLines(...widths) {
  return h('div', { 'aria-hidden': 'true' },
    widths.map((width) => h('div', { class: 'skeleton skeleton-line', style: { width: `${width}%` } })));
}

/** A grey block of this height. */
export function skeletonBlock(height) {
  return h('div', { class: 'skeleton', 'aria-hidden': 'true', style: { height } });
}
