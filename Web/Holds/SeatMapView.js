/** The map with what is around it: buttons to zoom, the name of the seat under the mouse, and what keys do. */
import { h, replace } from '../Page/dom.js';
import { won } from '../Page/format.js';
import { icon } from '../Page/icons.js';
import { t } from '../Page/text.js';
import { gradeMark } from './GradeShapes.js';
import { SeatMapCanvas } from './SeatMapCanvas.js';
import { watchGestures } from './SeatMapGestures.js';
import { mapWords, seatInFull, seatName } from './SeatWords.js';

/** Where seats are smaller than this, a finger cannot mean one: a tap comes nearer instead. */
const touchScaleMin = 15;
const mouseScaleMin = 7;
const nearScale = 26;

/**
 * @param choice A `SeatChoice`.
 * @param say Says something to screen readers.
 * @returns {{node: HTMLElement, map: () => SeatMapCanvas, start: () => void}} `start` wants the node in the document.
 */
export function seatMapView({ layout, states, choice, say, pick, signal }) {
  const canvas = h('canvas', {
    tabindex: 0, role: 'application', 'aria-label': t('seats.mapLabel'), 'aria-describedby': 'seat-map-keys',
  });
  const tip = h('div', { class: 'seat-tip', hidden: true, 'aria-hidden': 'true' });
  const place = h('div', { class: 'map-place', hidden: true, 'aria-hidden': 'true' });
  const zoom = (name, label, act) => h('button', { type: 'button', 'aria-label': label, on: { click: act } }, icon(name));
  const glides = [undefined, undefined, { glides: true }];
  const nearer = zoom('plus', t('seats.zoomIn'), () => map.camera.zoomBy(1.8, ...glides));
  const farther = zoom('minus', t('seats.zoomOut'), () => map.camera.zoomBy(1 / 1.8, ...glides));
  const all = zoom('map', t('seats.showAll'), () => map.camera.showAll());
  const node = h('div', { class: 'seat-map' }, canvas, place, tip, h('div', { class: 'map-controls' }, nearer, farther, all),
    h('p', { id: 'seat-map-keys', class: 'visually-hidden' }, t('seats.mapKeys')));
  let map = null;

  function start() {
    map = new SeatMapCanvas({ canvas, layout, states, chosen: choice.seats, words: mapWords, onView: viewChanged, signal });
    // The benchmark and the tests find seats on the canvas by it.
    canvas.seatMap = map;
    choice.onChange(() => map.request());
    watchGestures(map, { tap, hover, leave, key }, signal);
    viewChanged();
  }

  function viewChanged() {
    if (!map) return;
    const { camera } = map;
    nearer.disabled = camera.scale >= camera.scaleMax * 0.999;
    farther.disabled = camera.scale <= camera.fitScale * 1.001;
    const isClose = map.showsSeats && camera.scale > camera.fitScale * 1.5;
    const middle = isClose && layout.sectionAt(camera.x, camera.y);
    place.hidden = !middle;
    if (middle) place.textContent = t('seats.placeOnMap', { section: middle.name, n: states.freeIn[middle.index] });
  }

  function tap(x, y, kind) {
    const isTouch = kind !== 'mouse';
    map.cursor = -1;
    if (map.showsSeats) {
      const seat = map.seatAt(x, y, isTouch ? 22 : 6);
      if (seat >= 0) {
        if (map.camera.scale >= (isTouch ? touchScaleMin : mouseScaleMin)) pick(seat);
        else map.showSeat(seat, nearScale);
        return;
      }
    }
    const section = map.sectionAt(x, y);
    if (!section) return;
    if (!map.showsSeats) map.showSection(section.index);
    else map.camera.zoomBy(2, x, y, { glides: true });
  }

  function hover(x, y) {
    const seat = map.showsSeats ? map.seatAt(x, y) : -1;
    const section = seat < 0 && !map.showsSeats ? map.sectionAt(x, y) : undefined;
    canvas.classList.toggle('is-over-seat', seat >= 0 || section !== undefined);
    if (seat !== map.hovered || (section?.index ?? -1) !== map.hoveredSection) {
      map.hovered = seat;
      map.hoveredSection = section?.index ?? -1;
      map.request();
      if (seat >= 0) showTip(seat);
    }
    tip.hidden = seat < 0;
    if (seat >= 0) {
      const [left, top] = [Math.min(x + 14, map.camera.width - tip.offsetWidth - 8), y - tip.offsetHeight - 12];
      tip.style.transform = `translate(${Math.max(8, left)}px, ${top < 8 ? y + 18 : top}px)`;
    }
  }

  function showTip(seat) {
    const label = layout.label(seat);
    replace(tip, h('strong', null, seatName(label)),
      h('span', null, gradeMark(layout.gradeOf[seat]), `${label.grade} · ${won(label.price)}`),
      !states.isFree(seat) && h('span', { class: 'soft' }, stateName(seat)));
  }

  function leave() {
    tip.hidden = true;
    if (map.hovered < 0 && map.hoveredSection < 0) return;
    map.hovered = -1;
    map.hoveredSection = -1;
    map.request();
  }

  function stateName(seat) {
    if (choice.seats.has(seat)) return t('seats.stateChosen');
    if (map.mine.has(seat)) return t('seats.stateMine');
    return t(['seats.stateFree', 'seats.stateHeld', 'seats.stateSold', 'seats.stateBlocked'][states.of(seat)]);
  }

  /** With the map in focus, arrows go from seat to seat, and Enter takes the one that is framed. */
  function key(event) {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (event.key === 'Escape' && map.cursor >= 0) {
      map.cursor = -1;
      map.request();
      return true;
    }
    if (event.shiftKey && step) return false;
    if (step) {
      move(map.cursor < 0 ? firstSeat() : neighbour(map.cursor, step));
      return true;
    }
    if ((event.key === 'Enter' || event.key === ' ') && map.cursor >= 0) {
      pick(map.cursor);
      return true;
    }
    return false;
  }

  function move(seat) {
    if (seat < 0) return;
    map.cursor = seat;
    if (map.camera.scale < touchScaleMin) map.showSeat(seat, nearScale);
    else map.camera.reveal(layout.x[seat], layout.y[seat]);
    map.request();
    say(t('seats.cursor', { seat: seatInFull(layout.label(seat)), state: stateName(seat) }));
  }

  /** Where the keyboard begins: a chosen seat, else the free seat that is nearest to what is looked at. */
  function firstSeat() {
    const chosen = [...choice.seats].at(-1);
    if (chosen !== undefined) return chosen;
    const { camera } = map;
    for (let distance = 4; distance < 1_000; distance *= 2) {
      const seat = layout.grid.nearest(camera.x, camera.y, distance, (each) => states.isFree(each));
      if (seat >= 0) return seat;
    }
    return -1;
  }

  /** The next seat in a direction: the one that deviates least for its distance. In a row that is the one beside. */
  function neighbour(seat, [dx, dy]) {
    const [fromX, fromY] = [layout.x[seat], layout.y[seat]];
    let [found, best] = [-1, Infinity];
    for (let reach = 4; reach <= 64 && found < 0; reach *= 2) {
      layout.grid.each(fromX - reach, fromY - reach, fromX + reach, fromY + reach, (each) => {
        const [x, y] = [layout.x[each] - fromX, layout.y[each] - fromY];
        const ahead = x * dx + y * dy;
        const beside = Math.abs(x * dy) + Math.abs(y * dx);
        if (ahead < 0.2 || beside > ahead * 1.5) return;
        const cost = ahead + beside * 2;
        if (cost < best) [found, best] = [each, cost];
      });
    }
    return found < 0 ? seat : found;
  }

  return { node, map: () => map, start };
}
