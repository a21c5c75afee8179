/**
 * The way to the gateway's page and back. What has to survive it is kept for this tab only: which payment it was, and
 * the gateway's key for it, which must not stay in the address.
 */
import * as api from '../Page/api.js';

const storageKey = 'jari.checkout';

/**
 * Leaves for the gateway's page.
 *
 * @param {{id: string, checkout: {url: string}}} payment
 * @param {string} reservationId Where the fan comes back to in the end, also after a charge of points.
 * @returns A promise that stays open: the button that led here stays busy until the browser has left.
 */
export function goToCheckout(payment, reservationId) {
  write({ paymentId: payment.id, reservationId });
  location.assign(payment.checkout.url);
  return new Promise((resolve) => {
    // The browser may show this page again as it was left, when the fan goes back.
    addEventListener('pageshow', (event) => { if (event.persisted) resolve(); }, { once: true });
  });
}

/** The payment that was last begun for a reservation in this tab, or undefined. */
export function lastPayment(reservationId) {
  const kept = read();
  return kept?.reservationId === reservationId ? kept.paymentId : undefined;
}

/**
 * What the gateway sent the browser back with. Its key is taken out of the address at once, so that it is in no
 * history and in no link that somebody copies.
 *
 * @returns {{paymentId: string|null, reservationId?: string, paymentKey?: string, key?: string, code?: string,
 *   message?: string}} `key` makes repeats of confirming one call.
 */
export function cameBack(query) {
  const paymentId = query.get('orderId');
  const kept = read();
  const known = kept?.paymentId === paymentId ? kept : { paymentId };
  const paymentKey = query.get('paymentKey');
  if (paymentKey && paymentKey !== known.paymentKey) {
    known.paymentKey = paymentKey;
    known.key = api.newKey();
  }
  if (paymentId) write(known);
  if (query.size > 1) history.replaceState(history.state, '', `${location.pathname}?${new URLSearchParams({ orderId: paymentId ?? '' })}`);
  return { ...known, code: query.get('code'), message: query.get('message') };
}

function read() {
  try {
    return JSON.parse(sessionStorage.getItem(storageKey));
  } catch {
    return null;
  }
}

function write(value) {
  sessionStorage.setItem(storageKey, JSON.stringify(value));
}
