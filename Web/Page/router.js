/**
 * Which page a path shows. A page is a module with `open({params, query, main, signal, title})`; it renders into
 * `main`, and `signal` aborts when it is left, which ends its timers, streams and listeners.
 */
import { replace } from './dom.js';

const routes = [];
let current = null;
let surroundings = null;

/**
 * @param {string} pattern Such as `/concerts/:id`.
 * @param {() => Promise<{open: Function}>} loadPage Imports the page's module when it is first wanted.
 */
export function route(pattern, loadPage) {
  const names = [];
  const source = pattern.replace(/:([a-zA-Z]+)/g, (_, name) => { names.push(name); return '([^/]+)'; });
  routes.push({ expression: new RegExp(`^${source}/?$`), names, loadPage });
}

/**
 * Shows the page of the address, and from now on takes over every link to one of the routes.
 *
 * @param {object} shell
 * @param {HTMLElement} shell.main Where pages are rendered.
 * @param {HTMLElement} shell.announcer A live region that is told the title of each page.
 * @param {(problem: Error, retry: () => void) => Node} shell.failed What to show when a page cannot be opened.
 * @param {() => Node} shell.missing What to show for a path that no route has.
 * @param {(title: string) => string} shell.titled The document's title for that of a page.
 */
export function startRouter(shell) {
  surroundings = shell;
  history.scrollRestoration = 'manual';
  document.addEventListener('click', takeOver);
  addEventListener('popstate', (event) => show({ scrollTop: event.state?.scrollTop ?? 0 }));
  addEventListener('pagehide', rememberScroll);
  return show({ scrollTop: history.state?.scrollTop ?? 0, isFirst: true });
}

/**
 * Goes to a path of this site, as its links do. With `replace`, going back does not come here again; a link says so by
 * `data-history="replace"`.
 */
export function go(path, { replace: replaces = false } = {}) {
  if (!replaces) rememberScroll();
  history[replaces ? 'replaceState' : 'pushState']({ scrollTop: 0 }, '', path);
  return show({ scrollTop: 0 });
}

/** Opens the page of the address anew. */
export function reopen() {
  rememberScroll();
  return show({ scrollTop: scrollY });
}

/** Runs when another page is shown. `listener` gets the path. */
export function onPage(listener) {
  pageListeners.add(listener);
}

const pageListeners = new Set();

function rememberScroll() {
  history.replaceState({ ...history.state, scrollTop: scrollY }, '');
}

function find(path) {
  for (const { expression, names, loadPage } of routes) {
    const match = expression.exec(path);
    if (!match) continue;
    return { loadPage, params: Object.fromEntries(names.map((name, i) => [name, decoded(match[i + 1])])) };
  }
  return null;
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

async function show({ scrollTop, isFirst = false }) {
  current?.abort();
  const leaving = new AbortController();
  current = leaving;
  const { main, failed, missing } = surroundings;
  const found = find(location.pathname);
  const context = {
    params: found?.params ?? {}, query: new URLSearchParams(location.search), main, signal: leaving.signal,
    title: (text) => { if (!leaving.signal.aborted) entitle(text); },
  };
  pageListeners.forEach((listener) => listener(location.pathname));
  try {
    if (!found) {
      replace(main, missing());
    } else {
      main.setAttribute('aria-busy', 'true');
      const page = await found.loadPage();
      if (leaving.signal.aborted) return;
      replace(main);
      scrollTo(0, 0);
      await page.open(context);
    }
  } catch (problem) {
    if (leaving.signal.aborted || problem.name === 'AbortError') return;
    replace(main, failed(problem, () => show({ scrollTop: 0 })));
  } finally {
    if (!leaving.signal.aborted) {
      main.removeAttribute('aria-busy');
      // The first page has the reader's attention already; a later one must be found by keyboard and screen reader.
      if (!isFirst) focusHeading(main);
      if (scrollTop > 0) scrollTo(0, scrollTop);
    }
  }
}

function entitle(text) {
  document.title = surroundings.titled(text);
  surroundings.announcer.textContent = text;
}

function focusHeading(main) {
  // A page that has put the focus somewhere itself knows better.
  if (main.contains(document.activeElement)) return;
  const heading = main.querySelector('h1') ?? main;
  if (!heading.hasAttribute('tabindex')) heading.setAttribute('tabindex', '-1');
  heading.focus({ preventScroll: true });
}

function takeOver(event) {
  if (event.defaultPrevented || event.button !== 0) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = event.target.closest?.('a[href]');
  if (!link || link.target || link.hasAttribute('download')) return;
  const address = new URL(link.href, location.href);
  if (address.origin !== location.origin || !find(address.pathname)) return;
  if (address.hash && address.pathname === location.pathname && address.search === location.search) return;
  event.preventDefault();
  go(address.pathname + address.search, { replace: link.dataset.history === 'replace' });
}
