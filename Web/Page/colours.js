/** The tokens' colours for what is drawn and not styled: a canvas does not know `light-dark()`. */

const probe = document.createElement('span');
probe.hidden = true;
document.documentElement.append(probe);

/** What a token such as `--accent` is now, as `rgb(…)`. */
export function colour(token) {
  probe.style.color = `var(${token})`;
  return getComputedStyle(probe).color;
}

const dark = matchMedia('(prefers-color-scheme: dark)');

/** Runs `listener` when the colours change: by the system, or by the reader's choice. */
export function onColours(listener, signal) {
  dark.addEventListener('change', listener, { signal });
  const observer = new MutationObserver(listener);
  observer.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  signal?.addEventListener('abort', () => observer.disconnect(), { once: true });
}

/** 'light', 'dark', or null when the page follows the system. */
export function theme() {
  return document.documentElement.dataset.theme ?? null;
}

export function setTheme(name) {
  if (name) {
    document.documentElement.dataset.theme = name;
    localStorage.setItem('jari.theme', name);
  } else {
    delete document.documentElement.dataset.theme;
    localStorage.removeItem('jari.theme');
  }
}
