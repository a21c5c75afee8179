/** `/reservations/{id}`: seats that are held until a deadline, to pay or to give back; afterwards, what became of them. */
import * as api from '../Page/api.js';
import { ask, button, link, problemView, skeletonBlock, skeletonLines, stateView, toast } from '../Page/components.js';
import { countdown, pause, serverNow } from '../Page/clock.js';
import { h, replace } from '../Page/dom.js';
import { dateTime, remaining, won } from '../Page/format.js';
import { icon } from '../Page/icons.js';
import { requireUser } from '../Page/session.js';
import { t } from '../Page/text.js';
import { paymentChoice } from '../Payments/PaymentChoice.js';
import { lastPayment } from '../Payments/Checkout.js';
import { refundButton } from '../Payments/RefundForm.js';
import { calendarButton, ticketsOf, ticketsView } from '../Tickets/TicketsView.js';
import { gradeMark } from './GradeShapes.js';
import { seatName } from './SeatWords.js';

const lastMinuteMs = 60_000;
const askAgainMs = 2_000;

export async function open({ params, query, main, signal, title }) {
  title(t('hold.title'));
  replace(main, skeleton());
  if (!await requireUser()) return;
  const reservation = await api.reservation(params.id, signal);
  const date = await api.date(reservation.dateId, signal);
  const concert = await api.concert(date.concertId, signal);
  // Who comes from paying is told that it worked; who comes back later sees a reservation.
  const page = { main, signal, title, date, concert, isFresh: query.has('paid') };
  if (page.isFresh) history.replaceState(history.state, '', location.pathname);
  show(reservation, page);
}

function show(reservation, page) {
  if (page.signal.aborted) return;
  switch (reservation.status) {
    case 'PENDING': case 'CONFIRMED': showHeld(reservation, page); break;
    case 'PAID': showPaid(reservation, page); break;
    default: showOver(reservation, page);
  }
}

/** The state may have changed behind this page: by its deadline, in another tab, or by the gateway's word. */
async function showAgain(reservation, page) {
  try {
    show(await api.reservation(reservation.id, page.signal), page);
  } catch (problem) {
    if (problem.name !== 'Problem') throw problem;
    replace(page.main, problemView(problem, () => showAgain(reservation, page), { level: 'h1' }));
  }
}

function showHeld(reservation, page) {
  const { main, signal, concert, date } = page;
  // What runs on this view ends with it, not with the page.
  const view = new AbortController();
  signal.addEventListener('abort', () => view.abort(signal.reason), { once: true });
  const over = () => {
    view.abort();
    page.isFresh = true;
    return showAgain(reservation, page);
  };
  const giveBack = button(t('hold.giveBack'), () => release(reservation, () => { view.abort(); showReleased(reservation, page); }), { kind: 'quiet' });
  replace(main, h('div', { class: 'page' },
    h('div', { class: 'stack' },
      h('div', null, h('h1', null, t('hold.title')), h('p', { class: 'soft' }, `${concert.title} · ${dateTime(date.startsAt)}`)),
      h('div', { class: 'reservation' },
        h('div', { class: 'stack' }, deadline(reservation, over, view.signal), seatsCard(reservation, date)),
        h('div', { class: 'reservation-side stack' },
          paymentChoice({ reservation, signal: view.signal, settled: over }), h('div', { class: 'center' }, giveBack))))));
}

/** The time that is left, on the server's clock. */
function deadline(reservation, over, signal) {
  const figure = h('p', { class: 'deadline-figure', role: 'timer', 'aria-label': t('hold.timeLeft') });
  const bar = h('div');
  const voice = h('p', { class: 'visually-hidden', role: 'status' });
  const card = h('div', { class: 'card deadline-card' },
    h('div', { class: 'deadline' }, figure,
      h('div', null, h('p', { class: 'strong' }, t('hold.timeLeft')), h('p', { class: 'soft small' }, t('hold.timeNote')))),
    h('div', { class: 'deadline-track', 'aria-hidden': 'true' }, bar), voice);
  const endMs = Date.parse(reservation.expiresAt);
  const wholeMs = endMs - Date.parse(reservation.createdAt);
  let isSaid = false;
  // A card payment may keep a reservation beyond its deadline: then nobody counts, and the server is asked again.
  const isPast = endMs <= serverNow();
  countdown(endMs, (ms) => {
    figure.textContent = remaining(ms);
    bar.style.transform = `scaleX(${Math.min(1, ms / wholeMs)})`;
    const isLast = ms <= lastMinuteMs;
    card.classList.toggle('is-last', isLast);
    if (isLast && !isSaid) voice.textContent = t('hold.lastMinute');
    isSaid ||= isLast;
  }, signal).then(() => isPast && pause(askAgainMs, signal)).then(over, () => {});
  return card;
}

function seatsCard(reservation, date, label = t('hold.sum')) {
  return h('section', { class: 'card', 'aria-labelledby': 'reserved' },
    h('h2', { id: 'reserved' }, t('hold.seats')),
    h('ul', { class: 'reserved-seats', role: 'list' }, reservation.seats.map((seat) => h('li', null,
      gradeMark(Math.max(0, date.grades.findIndex(({ name }) => name === seat.grade))),
      h('span', { class: 'grow' }, h('span', { class: 'strong' }, seatName(seat)), h('span', { class: 'soft' }, ` · ${seat.grade}`)),
      h('span', { class: 'numeric' }, won(seat.price))))),
    h('p', { class: 'reservation-sum' }, h('span', null, label), h('span', { class: 'numeric' }, won(reservation.amount))));
}

async function release(reservation, released) {
  const answer = await ask({
    title: t('hold.giveBackTitle'), body: t('hold.giveBackText'), actions: [
      { label: t('hold.giveBackNo'), value: false }, { label: t('hold.giveBackYes'), value: true, kind: 'danger-primary' },
    ],
  });
  if (!answer) return;
  try {
    await api.release(reservation.id);
    toast(t('hold.givenBack'));
    released();
  } catch (problem) {
    if (problem.name !== 'Problem') throw problem;
    toast(problem.detail, { icon: 'alert' });
  }
}

function showReleased(reservation, page) {
  showOver({ ...reservation, status: 'CANCELLED' }, page);
}

async function showPaid(reservation, page, { isFresh = page.isFresh } = {}) {
  const { main, signal, title, concert, date } = page;
  const heading = t(isFresh ? 'ticket.doneTitle' : 'ticket.reservationTitle');
  title(heading);
  const place = h('div', null, skeletonBlock('20rem'));
  const actions = h('div', { class: 'cluster' }, link('/my', t('ticket.toMy')));
  replace(main, h('div', { class: 'page' }, h('div', { class: 'stack-loose' },
    h('div', { class: 'done-head' }, isFresh && h('span', { class: 'done-mark', 'aria-hidden': 'true' }, icon('check', { size: 28 })),
      h('div', null, h('h1', { tabindex: -1 }, heading),
        h('p', { class: 'strong' }, `${concert.title} · ${dateTime(date.startsAt)}`),
        isFresh && h('p', { class: 'soft' }, t('ticket.done', { n: reservation.seats.length })))),
    place, actions)));
  main.querySelector('h1').focus({ preventScroll: true });
  try {
    const tickets = await ticketsOf(reservation, signal);
    replace(place, h('div', { class: 'stack-loose' }, ticketsView({ tickets, concert, date, signal }), seatsCard(reservation, date, t('hold.paid'))));
    actions.prepend(...[calendarButton({ tickets, concert, date })].filter(() => tickets.some(({ status }) => status !== 'VOID')));
    const refund = refundButton({
      paymentId: reservation.paymentId ?? lastPayment(reservation.id), tickets, refunded: (payment) => {
        toast(t(payment.refunds?.length ? 'refund.doneCard' : 'refund.done'));
        page.isFresh = false;
        showAgain(reservation, page);
      },
    });
    if (refund) actions.append(refund);
  } catch (problem) {
    if (signal.aborted) return;
    if (problem.name !== 'Problem') throw problem;
    replace(place, problemView(problem, () => showPaid(reservation, page)));
  }
}

function showOver(reservation, page) {
  const { main, title, concert, date } = page;
  const name = { EXPIRED: 'expired', CANCELLED: 'cancelled', REFUNDED: 'refunded' }[reservation.status];
  const isOnSale = date.status === 'ON_SALE';
  title(t(`hold.${name}Title`));
  replace(main, h('div', { class: 'page-narrow' }, stateView({
    level: 'h1', icon: name === 'expired' ? 'clock' : 'undo', title: t(`hold.${name}Title`), text: t(`hold.${name}`),
    actions: [
      link('/my', t('hold.toTickets')),
      isOnSale ? link(`/dates/${date.id}`, t('hold.chooseOthers'), 'primary') : link(`/concerts/${concert.id}`, t('seats.otherDates'), 'primary'),
    ],
  })));
  const heading = main.querySelector('h1');
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
}

function skeleton() {
  return h('div', { class: 'page', 'aria-busy': 'true' }, h('div', { class: 'stack' }, skeletonLines(30, 50),
    h('div', { class: 'reservation' }, h('div', { class: 'stack' }, skeletonBlock('7rem'), skeletonBlock('14rem')), skeletonBlock('20rem'))));
}
