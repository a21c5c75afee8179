/** A card that did not pay: why, that no money is gone, and what to do while the seats are still held. */
import * as api from '../Page/api.js';
import { link, stateView } from '../Page/components.js';
import { h, replace } from '../Page/dom.js';
import { t } from '../Page/text.js';

const known = ['REJECT_CARD_COMPANY', 'REJECT_CARD_PAYMENT', 'INVALID_STOPPED_CARD', 'INVALID_CARD_EXPIRATION',
  'INVALID_CARD_LOST_OR_STOLEN', 'PAY_PROCESS_CANCELED', 'PAY_PROCESS_ABORTED', 'EXPIRED'];

/**
 * @param {string} [code] The gateway's word.
 * @param {string} [message] What it says to people, for words that are new to us.
 */
export async function declinedView({ main, title, code, message, reservationId, signal }) {
  const isWithdrawn = code === 'WITHDRAWN';
  const isStopped = code?.startsWith('PAY_PROCESS');
  const heading = t(isWithdrawn ? 'checkout.withdrawnTitle' : isStopped ? 'checkout.stoppedTitle' : 'checkout.declinedTitle');
  const reservation = reservationId && await api.reservation(reservationId, signal).catch(() => null);
  const isHeld = reservation?.status === 'PENDING' || reservation?.status === 'CONFIRMED';
  const why = known.includes(code) ? t(`checkout.reasons.${code}`) : isWithdrawn ? null : message;
  const rest = isWithdrawn ? t('checkout.withdrawn') : !reservation ? t('checkout.noMoney')
    : t(isHeld ? 'checkout.declined' : 'checkout.declinedOver');
  title(heading);
  replace(main, h('div', { class: 'page-narrow' }, h('div', { role: 'alert' }, stateView({
    level: 'h1', icon: 'card', title: heading, text: [why, rest].filter(Boolean).join(' '),
    actions: [link('/my', t('checkout.toMy')), ...next(reservation, isHeld)],
  }))));
  const focused = main.querySelector('h1');
  focused.tabIndex = -1;
  focused.focus({ preventScroll: true });
}

function next(reservation, isHeld) {
  if (!reservation) return [];
  return [isHeld ? link(`/reservations/${reservation.id}`, t('checkout.tryAgain'), 'primary')
    : link(`/dates/${reservation.dateId}`, t('hold.chooseOthers'), 'primary')];
}
