/**
 * The only way in which pages make elements. Texts become text nodes, never markup, so that whatever an organiser or a
 * fan typed is shown as it was typed. There is no innerHTML anywhere in Web/, and a test keeps it so.
 */

const svgNamespace = 'http://www.w3.org/2000/svg';

/**
 * Makes an HTML element.
 *
 * @param {string} tag
 * @param {object|null} attributes Plain attributes, and: `class` (a string, or an array whose empty entries are passed
 *   over), `dataset`, `style` (an object: the content security policy forbids style attributes, but not this), `on`
 *   ({click: f}). `true` sets an attribute without a value; `false`, null and undefined leave it out. What starts with
 *   a dot is a property: `.value`.
 * @param {...(Node|string|number|Array|null|undefined|false)} children
 */
export function h(tag, attributes, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** The same for SVG. */
export function svg(tag, attributes, ...children) {
  return filled(document.createElementNS(svgNamespace, tag), attributes, children);
}

/** Puts these children in the place of those that a node has. */
export function replace(node, ...children) {
  node.replaceChildren(...flattened(children));
  return node;
}

/** Shows a node in the page's main element, alone. */
export function mount(node) {
  return replace(document.getElementById('main'), node);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === false || value === null || value === undefined) continue;
    if (name === 'class') element.setAttribute('class', [value].flat().filter(Boolean).join(' '));
    else if (name === 'dataset') Object.assign(element.dataset, value);
    else if (name === 'style') setStyle(element, value);
    else if (name === 'on') for (const [type, listen] of Object.entries(value)) element.addEventListener(type, listen);
    else if (name.startsWith('.')) element[name.slice(1)] = value;
    else if (name.startsWith('on')) throw new TypeError(`${name}: listeners go into on: {}`);
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...flattened(children));
  return element;
}

function setStyle(element, style) {
  for (const [name, value] of Object.entries(style)) {
    if (name.startsWith('--') || name.includes('-')) element.style.setProperty(name, value);
    else element.style[name] = value;
  }
}

function flattened(children) {
  return children.flat(Infinity)
    .filter((child) => child !== null && child !== undefined && child !== false && child !== true)
    .map((child) => (child instanceof Node ? child : String(child)));
}
