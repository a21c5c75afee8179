/**
 * `/checkout/success`: back from the gateway, which has agreed but not taken the money. This page has it taken, and
 * says what became of it, also when nobody knows yet.
 */
import * as api from '../Page/api.js';
import { pause } from '../Page/clock.js';
import { link, problemView, stateView } from '../Page/components.js';
import { h, replace } from '../Page/dom.js';
import { duration, won } from '../Page/format.js';
import { go } from '../Page/router.js';
import { requireUser } from '../Page/session.js';
import { t } from '../Page/text.js';
import { cameBack } from './Checkout.js';
import { declinedView } from './DeclinedView.js';

const pollMinMs = 1_000;
const pollMaxMs = 8_000;

export async function open({ query, main, signal, title }) {
  const back = cameBack(query);
  title(t('checkout.confirmingTitle'));
  if (!back.paymentId) {
    replace(main, broken());
    return;
  }
  replace(main, waiting(t('checkout.confirmingTitle'), t('checkout.confirming')));
  if (!await requireUser(location.pathname + location.search)) return;
  await settle(back, { main, signal, title });
}

async function settle(back, page) {
  const { main, signal } = page;
  try {
    show(await outcome(back, page), back, page);
  } catch (problem) {
    if (signal.aborted || problem.name === 'AbortError') return;
    if (problem.name !== 'Problem') throw problem;
    replace(main, problem.status === 404 ? broken() : problemView(problem, () => {
      replace(main, waiting(t('checkout.confirmingTitle'), t('checkout.confirming')));
      settle(back, page);
    }, { level: 'h1' }));
  }
}

/** The payment when it is known what became of it. */
async function outcome(back, page) {
  const payment = await confirmed(back, page.signal);
  return payment.status === 'UNKNOWN' ? known(payment, page) : payment;
}

/** Has the card pay. A payment that is past that is only read. */
async function confirmed({ paymentId, paymentKey, key }, signal) {
  const payment = await api.payment(paymentId, signal);
  if (payment.status !== 'REQUESTED' || !paymentKey) return payment;
  try {
    return await api.confirm(paymentId, paymentKey, key);
  } catch (problem) {
    // A copy of this call, in another tab or before a reload, is on its way; or the answer was lost. Reading tells.
    const isUnderWay = problem.code === 'paymentUnderWay' || problem.code === 'offline' || problem.code === 'wrongState'
      || problem.code === 'holdExpired';
    if (!isUnderWay) throw problem;
    await pause(pollMinMs, signal);
    const now = await api.payment(paymentId, signal);
    if (now.status === 'REQUESTED') throw problem;
    return now;
  }
}

/** Asks until the gateway has said, and says honestly how long that takes. */
async function known(payment, { main, signal, title }) {
  const sinceMs = performance.now();
  const since = h('p', { class: 'soft numeric' });
  title(t('checkout.unknownTitle'));
  replace(main, waiting(t('checkout.unknownTitle'), t('checkout.unknown'), since, link('/my', t('checkout.toMy'))));
  let waitMs = pollMinMs;
  let now = payment;
  while (now.status === 'UNKNOWN') {
    await pause(waitMs, signal);
    since.textContent = t('checkout.unknownSince', { time: duration(performance.now() - sinceMs) });
    waitMs = Math.min(waitMs * 1.4, pollMaxMs);
    try {
      now = await api.payment(payment.id, signal);
    } catch (problem) {
      // The network may come back; the payment goes on without it.
      if (problem.name !== 'Problem' || problem.code !== 'offline') throw problem;
    }
  }
  return now;
}

function show(payment, back, { main, title }) {
  const reservationId = payment.reservationId ?? back.reservationId;
  switch (payment.status) {
    case 'CAPTURED': case 'PARTIALLY_REFUNDED':
      if (payment.reservationId) {
        go(`/reservations/${payment.reservationId}?paid=1`, { replace: true });
      } else {
        title(t('checkout.chargedTitle'));
        replace(main, h('div', { class: 'page-narrow' }, stateView({
          level: 'h1', icon: 'check', title: t('checkout.chargedTitle'), text: t('checkout.charged', { amount: won(payment.amount) }),
          actions: [reservationId ? link(`/reservations/${reservationId}`, t('seats.toOwn'), 'primary') : link('/my', t('checkout.toMy'), 'primary')],
        })));
      }
      break;
    case 'REFUNDED':
      title(t('checkout.refundedTitle'));
      replace(main, h('div', { class: 'page-narrow' }, stateView({
        level: 'h1', icon: 'undo', title: t('checkout.refundedTitle'), text: t('checkout.refunded'),
        actions: [link('/my', t('checkout.toMy'), 'primary')],
      })));
      break;
    default:
      declinedView({ main, title, code: payment.declineCode, reservationId });
  }
}

function waiting(heading, text, ...more) {
  return h('div', { class: 'page-narrow' }, h('div', { class: 'state', role: 'status' },
    h('div', { class: 'checkout-turning', 'aria-hidden': 'true' }), h('h1', null, heading), h('p', null, text), more));
}

function broken() {
  return h('div', { class: 'page-narrow' }, stateView({
    level: 'h1', icon: 'alert', title: t('checkout.brokenTitle'), text: t('checkout.broken'),
    actions: [link('/my', t('checkout.toMy'), 'primary')],
  }));
}
