/**
 * The words of the pages. A group of words belongs to a page or feature; a shell loads only the files it names in
 * `data-words`. An entry is a text with `{names}`, or a function of the values where the grammar needs one.
 */
const languages = ['ko', 'en'];
const storageKey = 'jari.language';

const chosen = choose();
document.documentElement.lang = chosen;

const files = (document.documentElement.dataset.words ?? 'page').split(' ');
const modules = await Promise.all(files.map((file) => import(`./text/${chosen}/${file}.js`)));
const words = Object.assign({}, ...modules.map((module) => module.default));
const numbers = new Intl.NumberFormat(chosen);

/** 'ko' or 'en'. */
export function language() {
  return chosen;
}

/** Remembers the language and shows the page in it. */
export function setLanguage(code) {
  localStorage.setItem(storageKey, code);
  location.reload();
}

/** The text of `group.key`, with its values. Numbers are grouped as the language does. */
export function t(key, values = {}) {
  const entry = find(key);
  if (typeof entry === 'function') return entry(values, (number) => numbers.format(number));
  return entry.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? shown(values[name]) : whole));
}

/** Like `t`, for texts with links or emphasis in them: an array of texts and the nodes among the values. */
export function rich(key, values) {
  return find(key).split(/\{(\w+)\}/).map((part, i) => {
    if (i % 2 === 0) return part;
    return values[part] instanceof Node ? values[part] : shown(values[part]);
  });
}

function shown(value) {
  return typeof value === 'number' ? numbers.format(value) : String(value);
}

function find(key) {
  const entry = key.split('.').reduce((group, name) => group?.[name], words);
  if (entry === undefined) {
    // A missing word must not take the page down; the test of the words finds it.
    console.error(`No text ${key} in ${chosen}`);
    return key;
  }
  return entry;
}

/** What was chosen before, else the first language of the browser that we have; English for everybody else abroad. */
function choose() {
  const stored = localStorage.getItem(storageKey);
  if (languages.includes(stored)) return stored;
  const wanted = navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase());
  return wanted.find((code) => languages.includes(code)) ?? 'en';
}
