/** Choosing seats: map or list, grades, the best ones in one tap, what is chosen, and how long there is for it. */
import * as api from '../Page/api.js';
import { countdown } from '../Page/clock.js';
import { banner, link, toast } from '../Page/components.js';
import { h, replace } from '../Page/dom.js';
import { dateTime, remaining } from '../Page/format.js';
import { icon } from '../Page/icons.js';
import { go } from '../Page/router.js';
import { t } from '../Page/text.js';
import { forgetPlace } from '../WaitingRoom/WaitingRoom.js';
import { bestAvailable } from './BestAvailable.js';
import { chosenSeats } from './ChosenSeats.js';
import { gradeChips } from './GradeChips.js';
import { SeatChoice } from './SeatChoice.js';
import { seatKey } from './SeatKey.js';
import { seatList } from './SeatList.js';
import { seatMapView } from './SeatMapView.js';
import { heldSeats } from './heldSeats.js';
import { followSeats } from './SeatNews.js';
import { seatName } from './SeatWords.js';

const viewKey = 'jari.seatView';
/** The last minute is said aloud and shown in another colour. */
const lastMinuteMs = 60_000;
const recheckMs = 3_000;

/**
 * @param {object} parts
 * @param {{token: string, expiresAt: string}} parts.turn The fan's place, `ACTIVE`.
 * @param {object[]} parts.own Reservations of the fan that hold seats of this date.
 * @param {string[]} parts.kept Ids of seats that were chosen before the fan had to wait again.
 * @returns {{choose: (main: HTMLElement) => Promise<{result: 'held'|'stayEnded'|'left', seats?: string[]}>}}
 */
export function seatPicker({ date, concert, turn, own, layout, states, kept, seatCountMax, signal }) {
  const choice = new SeatChoice({ layout, states, seatCountMax });
  const mine = new Set(own.flatMap(({ seats }) => seats.map(({ id }) => layout.ordinalOf(id))));
  const voice = h('p', { class: 'visually-hidden', role: 'status', 'aria-live': 'polite' });
  const say = (text) => { voice.textContent = text; };
  let end = () => {};
  let news = null;
  let isHolding = false;
  /** A call that may have had its effect unseen is sent again with the same key. */
  let tried = { wish: null, key: null };

  const view = seatMapView({ layout, states, choice, say, pick, signal });
  const list = seatList({ layout, states, choice, isMine: (seat) => mine.has(seat), pick });
  const chips = gradeChips({ layout, states, want: (grade) => {
    view.map().wantedGrade = grade;
    list.setWanted(grade);
    best.setWanted(grade);
  } });
  const best = bestAvailable({ layout, states, seatCountMax, take: (wish) => hold({ bestAvailable: wish }) });
  const chosen = chosenSeats({ layout, choice, take: () => hold({ seatIds: choice.ids }) });
  const notice = h('div', { class: 'choosing-notice', 'aria-live': 'assertive' });
  choice.onChange(() => { best.node.hidden = choice.seats.size > 0; });

  async function choose(main) {
    const ended = new Promise((resolve) => { end = resolve; });
    signal.addEventListener('abort', () => end({ result: 'left' }), { once: true });
    news = await followSeats({
      dateId: date.id, states, changed, signal,
      soldOut: () => showNotice(banner('warn', t('seats.soldOutNow'))),
    });
    for (const id of kept) {
      const seat = layout.ordinalOf(id);
      if (seat !== undefined && states.isFree(seat)) choice.toggle(seat);
    }
    replace(main, page());
    view.start();
    for (const seat of mine) view.map().mine.add(seat);
    // What is drawn in a frame is on the screen after it; the benchmark reads this mark.
    requestAnimationFrame(() => setTimeout(() => performance.mark('jari.seats.painted')));
    if (own.length > 0) showOwn();
    return ended;
  }

  function page() {
    return h('div', { class: 'choosing', dataset: { view: sessionStorage.getItem(viewKey) ?? 'map' } },
      h('div', { class: 'choosing-head' },
        h('div', { class: 'grow' }, h('h1', { tabindex: -1 }, concert.title), h('p', { class: 'soft small' }, dateTime(date.startsAt))),
        turn.status === 'ACTIVE' && stay()),
      h('div', { class: 'choosing-grades' }, viewSwitch(), chips.node),
      h('div', { class: 'choosing-plan' }, view.node, list.node),
      h('div', { class: 'choosing-side' }, notice, best.node, chosen.node, seatKey()),
      voice);
  }

  /** How long the fan may stay. It is said aloud once, a minute before. */
  function stay() {
    const figure = h('strong', { class: 'numeric' });
    const node = h('p', { class: 'stay', role: 'timer' }, icon('clock', { size: 16 }),
      h('span', { class: 'visually-hidden' }, t('seats.stay')), figure);
    let isSaid = false;
    countdown(Date.parse(turn.expiresAt), (ms) => {
      figure.textContent = remaining(ms);
      const isLast = ms <= lastMinuteMs;
      node.classList.toggle('is-last', isLast);
      if (isLast && !isSaid && ms > 0) {
        isSaid = true;
        say(t('seats.stayLastMinute'));
      }
    }, signal).then(() => {
      toast(t('seats.stayEnded'), { icon: 'clock' });
      end({ result: 'stayEnded', seats: choice.ids });
    });
    return node;
  }

  function viewSwitch() {
    const buttons = ['map', 'list'].map((name) => h('button', {
      type: 'button', dataset: { name }, on: { click: () => show(name) },
    }, icon(name, { size: 18 }), h('span', null, t(name === 'map' ? 'seats.asMap' : 'seats.asList'))));
    const current = sessionStorage.getItem(viewKey) ?? 'map';
    const press = (name) => buttons.forEach((each) => each.setAttribute('aria-pressed', String(each.dataset.name === name)));
    press(current);
    function show(name) {
      sessionStorage.setItem(viewKey, name);
      press(name);
      document.querySelector('.choosing').dataset.view = name;
    }
    return h('div', { class: 'segmented', role: 'group', 'aria-label': t('seats.viewLabel') }, buttons);
  }

  function pick(seat) {
    const name = seatName(layout.label(seat));
    const result = mine.has(seat) ? 'mine' : choice.toggle(seat);
    if (result === 'added') say(t('seats.added', { seat: name, n: choice.seats.size }));
    else if (result === 'removed') say(t('seats.removed', { seat: name, n: choice.seats.size }));
    else if (result === 'full') toast(t('seats.tooMany', { n: seatCountMax }), { icon: 'info' });
    else if (result === 'mine') toast(t('seats.alreadyMine'), { icon: 'info' });
    else toast(t('seats.gone', { seat: name }), { icon: 'info' });
  }

  function changed(ordinals) {
    view.map()?.changed(ordinals);
    list.changed(ordinals);
    chips.changed();
    best.changed();
    // What this fan is just taking shows as taken before the answer comes.
    if (isHolding) return;
    const taken = choice.dropTaken();
    if (taken.length > 0) tellTaken(taken);
  }

  /** Somebody else was quicker; or it was this fan, with a request whose answer was lost. */
  async function tellTaken(seats) {
    if (tried.isLost) {
      const ids = seats.map((seat) => layout.ids[seat]);
      const held = await heldSeats(date.id, signal).catch(() => []);
      const own = held.find(({ seats: theirs }) => theirs.some(({ id }) => ids.includes(id)));
      if (own) {
        end({ result: 'held' });
        go(`/reservations/${own.id}`);
        return;
      }
    }
    const [first, ...others] = seats.map((seat) => seatName(layout.label(seat)));
    toast(others.length ? t('seats.takenMany', { seat: first, n: others.length }) : t('seats.taken', { seat: first }), { icon: 'alert' });
  }

  async function hold(wish) {
    const text = JSON.stringify(wish);
    if (tried.wish !== text) tried = { wish: text, key: api.newKey() };
    isHolding = true;
    showNotice(null);
    try {
      const reservation = await api.hold(date.id, wish, turn.token, tried.key);
      end({ result: 'held' });
      go(`/reservations/${reservation.id}`);
    } catch (problem) {
      if (problem.name !== 'Problem') throw problem;
      if (problem.code === 'offline') tried.isLost = true;
      else tried = { wish: null, key: null };
      refused(problem, wish);
    } finally {
      isHolding = false;
      const taken = signal.aborted ? [] : choice.dropTaken();
      if (taken.length > 0) tellTaken(taken);
    }
  }

  function refused(problem, wish) {
    if (problem.code === 'notAdmitted' || problem.code === 'queueTokenInvalid') {
      toast(t('seats.stayEnded'), { icon: 'clock' });
      if (problem.code === 'queueTokenInvalid') forgetPlace(date.id);
      end({ result: 'stayEnded', seats: choice.ids });
    } else if (problem.code === 'seatTaken') {
      // Somebody was quicker by a moment, whom the states may not show yet, or who may give up.
      setTimeout(news.refresh, recheckMs);
      changed(states.apply({ version: states.version, changes: problem.body.seatIds.map((id) => [layout.ordinalOf(id), 1]) }));
    } else if (problem.code === 'noSeatsLeft') {
      showNotice(banner('warn', t('seats.noneBeside', { grade: wish.bestAvailable.grade, n: wish.bestAvailable.count })));
    } else if (problem.code === 'tooManySeats') {
      showNotice(banner('warn', t(own.length ? 'seats.tooManyWithOwn' : 'seats.tooMany', { n: problem.body.max })));
    } else {
      showNotice(banner('danger', problem.detail));
    }
  }

  function showNotice(node) {
    replace(notice, node);
  }

  function showOwn() {
    showNotice(banner('info', h('div', { class: 'stack-tight' },
      h('p', null, t('seats.ownHeld', { n: mine.size })), link(`/reservations/${own[0].id}`, t('seats.toOwn')))));
  }

  return { choose };
}
