/**
 * The same seats as a list: sections that open, rows with a button for each seat. It needs no eye and no mouse, and it
 * makes buttons only for the section that is open, so that a stadium is as quick as a theatre.
 */
import { h, replace } from '../Page/dom.js';
import { number } from '../Page/format.js';
import { t } from '../Page/text.js';
import { gradeMark } from './GradeShapes.js';
import { priceRange, seatInFull } from './SeatWords.js';

/** Rows that are made at once. A section of two hundred rows is made in parts. */
const rowsAtOnce = 40;

/**
 * @returns {{node: HTMLElement, changed: (ordinals: number[]) => void, setWanted: (grade: number|null) => void}}
 */
export function seatList({ layout, states, choice, isMine, pick }) {
  const buttons = new Map();
  const entries = layout.sections.map((section) => sectionEntry(section));
  const nothing = h('p', { class: 'soft seat-list-nothing', hidden: true }, t('seats.listNothing'));
  const node = h('div', { class: 'seat-list', role: 'group', 'aria-label': t('seats.listLabel') },
    h('p', { class: 'visually-hidden' }, t('seats.listKeys')), entries.map((entry) => entry.node), nothing);
  const outdated = new Set();
  let frame = 0;
  let wantedGrade = null;

  choice.onChange(({ seat, seats = [] }) => {
    (seat === undefined ? seats : [seat]).forEach(showSeat);
    if (seat === undefined && seats.length === 0) [...buttons.keys()].forEach(showSeat);
  });

  function sectionEntry(section) {
    const free = h('span', { class: 'soft small numeric' });
    const rows = h('div', { class: 'seat-rows' });
    const details = h('details', { class: 'seat-section', name: 'seat-section' },
      h('summary', null, gradeMark(section.grades[0]), h('span', { class: 'strong grow' }, section.name),
        h('span', { class: 'seat-section-figures' }, h('span', { class: 'small' }, priceRange(section.prices)), free)),
      rows);
    details.addEventListener('toggle', () => {
      forget(section);
      replace(rows, details.open ? rowsFrom(section, section.rowStart) : null);
    });
    const showFree = () => {
      const count = states.freeIn[section.index];
      free.textContent = count ? t('seats.sectionFree', { n: number(count) }) : t('seats.sectionSoldOut');
      details.classList.toggle('is-sold-out', count === 0);
    };
    showFree();
    return { node: details, section, showFree };
  }

  /** The buttons that a section had are gone with its rows. */
  function forget(section) {
    for (let seat = section.start; seat < section.end; seat += 1) buttons.delete(seat);
  }

  function rowsFrom(section, first) {
    const end = Math.min(first + rowsAtOnce, section.rowEnd);
    const made = layout.rows.slice(first, end).map((row) => rowNode(section, row));
    if (end === section.rowEnd) return made;
    const more = h('button', {
      type: 'button', class: 'button', on: {
        click: () => {
          const next = rowsFrom(section, end);
          more.replaceWith(...next);
          next[0].querySelector('[tabindex="0"]')?.focus();
        },
      },
    }, t('seats.moreRows'));
    return [...made, more];
  }

  function rowNode(section, row) {
    const made = [];
    for (let seat = row.start; seat < row.end; seat += 1) made.push(seatButton(seat));
    const first = made.findIndex((button) => states.isFree(Number(button.dataset.seat)));
    made[Math.max(0, first)].tabIndex = 0;
    return h('div', { class: 'seat-row', role: 'group', 'aria-label': t('seats.row', { row: row.name }) },
      h('span', { class: 'seat-row-name', 'aria-hidden': 'true' }, t('seats.row', { row: row.name })),
      h('div', { class: 'seat-row-seats', on: { keydown: moveInRows, click: pressed } }, made));
  }

  function seatButton(seat) {
    const button = h('button', { type: 'button', class: 'seat-button', tabindex: -1, dataset: { seat } }, layout.numbers[seat]);
    buttons.set(seat, button);
    showSeat(seat);
    return button;
  }

  function showSeat(seat) {
    const button = buttons.get(seat);
    if (!button) return;
    const isChosen = choice.seats.has(seat);
    const isTaken = !states.isFree(seat) && !isChosen;
    button.setAttribute('aria-pressed', String(isChosen));
    if (isTaken) button.setAttribute('aria-disabled', 'true');
    else button.removeAttribute('aria-disabled');
    const state = isMine(seat) ? t('seats.stateMine') : isTaken ? t('seats.stateTaken') : null;
    const name = seatInFull(layout.label(seat));
    button.setAttribute('aria-label', state ? t('seats.cursor', { seat: name, state }) : name);
    button.classList.toggle('is-mine', isMine(seat));
  }

  function pressed(event) {
    const button = event.target.closest('.seat-button');
    if (button) pick(Number(button.dataset.seat));
  }

  /** One stop of the tabulator a row; arrows go from seat to seat and from row to row. */
  function moveInRows(event) {
    const button = event.target.closest('.seat-button');
    if (!button) return;
    const row = button.closest('.seat-row');
    const seats = [...row.querySelectorAll('.seat-button')];
    const index = seats.indexOf(button);
    const beside = (other) => other?.querySelectorAll('.seat-button')[Math.min(index, other.querySelectorAll('.seat-button').length - 1)];
    const target = {
      ArrowRight: () => seats[index + 1], ArrowLeft: () => seats[index - 1],
      ArrowDown: () => beside(row.nextElementSibling), ArrowUp: () => beside(row.previousElementSibling),
      Home: () => seats[0], End: () => seats.at(-1),
    }[event.key];
    if (!target) return;
    event.preventDefault();
    const next = target();
    if (!next) return;
    next.closest('.seat-row').querySelectorAll('[tabindex="0"]').forEach((each) => { each.tabIndex = -1; });
    next.tabIndex = 0;
    next.focus();
  }

  /** Many changes of one moment are shown once. */
  function changed(ordinals) {
    for (const seat of ordinals) outdated.add(seat);
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      const sections = new Set();
      for (const seat of outdated) {
        showSeat(seat);
        sections.add(layout.sectionOf[seat]);
      }
      outdated.clear();
      for (const index of sections) entries[index].showFree();
    });
  }

  function setWanted(grade) {
    wantedGrade = grade;
    for (const { node: entry, section } of entries) {
      entry.hidden = wantedGrade !== null && !section.grades.includes(wantedGrade);
    }
    nothing.hidden = entries.some(({ node: entry }) => !entry.hidden);
  }

  return { node, changed, setWanted };
}
