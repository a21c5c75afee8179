/** How to pay what is held: with points, by card, or with both. */
import * as api from '../Page/api.js';
import { banner, busy, field, link, problemView, skeletonBlock } from '../Page/components.js';
import { h, replace } from '../Page/dom.js';
import { won } from '../Page/format.js';
import { icon } from '../Page/icons.js';
import { t } from '../Page/text.js';
import { chargeOffer } from './ChargeOffer.js';
import { goToCheckout, lastPayment } from './Checkout.js';

/** Gateways take no card for less. */
const cardMin = 100;

/**
 * @param {() => void} settled Called when points have paid, or when the reservation is in another state than thought.
 */
export function paymentChoice({ reservation, signal, settled }) {
  const place = h('section', { class: 'card payment stack', 'aria-labelledby': 'pay-title' }, skeletonBlock('16rem'));
  load();
  return place;

  async function load() {
    try {
      const [{ balance }, open] = await Promise.all([api.points(signal), openPayment(reservation, signal)]);
      if (signal.aborted) return;
      if (open?.status === 'UNKNOWN') {
        replace(place, h('h2', { id: 'pay-title' }, t('pay.method')), underWay(open.id));
        return;
      }
      // What a payment that was not finished has set aside comes back when another one takes its place.
      replace(place, form({ reservation, balance: balance + (open?.points ?? 0), settled, reload: load }));
    } catch (problem) {
      if (signal.aborted || problem.name === 'AbortError') return;
      if (problem.name !== 'Problem') throw problem;
      replace(place, problemView(problem, load));
    }
  }
}

/** The card payment that was begun for a reservation and has not ended, if there is one. */
async function openPayment({ status, paymentId }, signal) {
  if (status !== 'CONFIRMED' || !paymentId) return null;
  const payment = await api.payment(paymentId, signal);
  return payment.status === 'REQUESTED' || payment.status === 'UNKNOWN' ? payment : null;
}

function underWay(paymentId) {
  return banner('warn', h('div', { class: 'stack-tight' }, h('p', null, t('pay.underWay')),
    paymentId && link(`/checkout/success?orderId=${paymentId}`, t('pay.toUnderWay'))));
}

function form({ reservation, balance, settled, reload }) {
  const { amount } = reservation;
  const pointsMax = Math.min(balance, amount - cardMin);
  const methods = ['POINTS', 'CARD', ...(pointsMax >= 1 ? ['MIXED'] : [])].filter((name) => name !== 'CARD' || amount >= cardMin);
  let method = balance >= amount ? 'POINTS' : 'CARD';
  let tried = { body: null, key: null };

  const notice = h('div', { role: 'alert' });
  const part = field({
    id: 'points-part', label: t('pay.pointsToUse'), hint: t('pay.pointsToUseHint', { min: won(1), max: won(pointsMax) }),
    type: 'text', inputmode: 'numeric', autocomplete: 'off', maxlength: 12, value: pointsMax,
  });
  part.input.addEventListener('input', show);
  const cardPart = h('p', { class: 'spread small' });
  const mixed = h('div', { class: 'stack-tight payment-part' }, part.node, cardPart);
  const offer = h('div');
  const label = h('span');
  const submit = h('button', { type: 'submit', class: 'button button-primary button-block button-large' }, label);

  const choices = methods.map((name) => choice(name));
  const node = h('form', { class: 'stack', novalidate: true, on: { submit: (event) => { event.preventDefault(); busy(submit, pay()).then(show); } } },
    h('h2', { id: 'pay-title' }, t('pay.method')),
    h('fieldset', { class: 'payment-methods' }, h('legend', { class: 'visually-hidden' }, t('pay.method')), choices.map((each) => each.node)),
    mixed, offer, notice,
    reservation.status === 'CONFIRMED' && h('p', { class: 'soft small' }, t('hold.confirmedNote')), submit);
  show();
  return node;

  function choice(name) {
    const [iconName, title, note] = {
      POINTS: ['wallet', t('pay.points'), [t('pay.pointsBalance', { balance: won(balance) }),
        balance < amount && t('pay.pointsShort', { missing: won(amount - balance) })].filter(Boolean).join(' · ')],
      CARD: ['card', t('pay.card'), t('pay.cardNote')],
      MIXED: ['plus', t('pay.mixed'), t('pay.mixedNote')],
    }[name];
    const input = h('input', {
      type: 'radio', name: 'method', value: name, checked: name === method,
      on: { change: () => { method = name; replace(notice); show(); } },
    });
    return { node: h('label', { class: 'payment-method' }, input, icon(iconName),
      h('span', { class: 'grow' }, h('span', { class: 'strong' }, title), h('span', { class: 'soft small' }, note))) };
  }

  function pointsPart() {
    const value = Number(part.input.value.replace(/[\s,₩]/g, ''));
    return Number.isInteger(value) && value >= 1 && value <= pointsMax ? value : null;
  }

  function show() {
    const points = pointsPart();
    mixed.hidden = method !== 'MIXED';
    replace(cardPart, h('span', { class: 'soft' }, t('pay.cardPart')), h('strong', { class: 'numeric' }, points === null ? '–' : won(amount - points)));
    const isShort = method === 'POINTS' && balance < amount;
    replace(offer, isShort && chargeOffer({ missing: amount - balance, reservationId: reservation.id, charged: reload }));
    submit.hidden = isShort;
    label.textContent = {
      POINTS: () => t('pay.payPoints', { amount: won(amount) }),
      CARD: () => t('pay.payCard', { amount: won(amount) }),
      MIXED: () => t('pay.payMixed', { points: points === null ? '–' : won(points), card: points === null ? '–' : won(amount - points) }),
    }[method]();
  }

  async function pay() {
    const points = method === 'MIXED' ? pointsPart() : undefined;
    if (points === null) {
      part.fail(t('pay.pointsToUseWrong', { min: won(1), max: won(pointsMax) }));
      part.input.focus();
      return;
    }
    const body = JSON.stringify({ method, points });
    // The same wish again, after a lost answer, is the same payment; another wish is another one.
    if (tried.body !== body) tried = { body, key: api.newKey() };
    replace(notice);
    try {
      const payment = await api.pay(reservation.id, { method, points }, tried.key);
      if (payment.checkout) await goToCheckout(payment, reservation.id);
      else settled();
    } catch (problem) {
      if (problem.name !== 'Problem') throw problem;
      if (problem.code !== 'offline') tried = { body: null, key: null };
      refused(problem);
    }
  }

  function refused(problem) {
    switch (problem.code) {
      case 'holdExpired': case 'wrongState': settled(); break;
      case 'notEnoughPoints': reload(); break;
      case 'paymentUnderWay': replace(notice, underWay(lastPayment(reservation.id) ?? reservation.paymentId)); break;
      default: replace(notice, banner('danger', problem.detail));
    }
  }
}
