/**
 * A poster for every concert, drawn from its id: the same one always, and another one for the next concert. A few
 * printed colours, one figure, large type.
 */
import { h, svg } from '../Page/dom.js';
import { figures } from './posterFigures.js';

/** Ground, type and three inks. Type on its ground has a contrast of 4.5 and more. */
const papers = [
  { ground: '#16213f', type: '#f8f1e1', inks: ['#f2c14e', '#e4572e', '#7c8fd6'] },
  { ground: '#c23c1a', type: '#fff6e9', inks: ['#2b1436', '#f7b98b', '#ffe3c2'] },
  { ground: '#d3e3d8', type: '#14352a', inks: ['#2f6f5e', '#dd6a4b', '#f7f2df'] },
  { ground: '#35183f', type: '#fde9f1', inks: ['#ef6f9b', '#ffb86b', '#8d5bd0'] },
  { ground: '#f2e8d5', type: '#1d1c1a', inks: ['#cf352e', '#1f4e8c', '#e5ac3f'] },
  { ground: '#2443c4', type: '#ffffff', inks: ['#ffd23f', '#ff7a6b', '#a9c4ff'] },
  { ground: '#1e3021', type: '#f0f4d8', inks: ['#b7d36b', '#f2a541', '#5c8a3a'] },
  { ground: '#f6d9d2', type: '#47122a', inks: ['#c2185b', '#6d2a4a', '#fff5ef'] },
];

/** An element of three by four. It says nothing that the text beside it does not, so readers pass it over. */
export function poster(concert) {
  const random = randomFrom(concert.id);
  const paper = papers[Math.floor(random() * papers.length)];
  const draw = figures[Math.floor(random() * figures.length)];
  const art = svg('svg', { class: 'poster-art', viewBox: '0 0 300 400', preserveAspectRatio: 'xMidYMid slice' },
    svg('rect', { width: 300, height: 400, fill: paper.ground }), draw(random, paper));
  return h('div', { class: 'poster', 'aria-hidden': 'true', style: { color: paper.type, backgroundColor: paper.ground } },
    art,
    h('div', { class: 'poster-type' },
      h('div', { class: ['poster-title', `poster-title-${sizeOf(concert.title)}`] }, concert.title),
      h('div', { class: 'poster-artist' }, concert.artist)));
}

/** Hangul is as wide as two Latin letters. */
function sizeOf(title) {
  const width = [...title].reduce((sum, character) => sum + (character > 'ᄀ' ? 2 : 1), 0);
  return width <= 12 ? 'large' : width <= 26 ? 'middle' : 'small';
}

/** Numbers from 0 up to 1, the same ones for the same text: FNV-1a for the seed, then mulberry32. */
function randomFrom(text) {
  let state = 2166136261;
  for (const character of text) state = Math.imul(state ^ character.codePointAt(0), 16777619);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
