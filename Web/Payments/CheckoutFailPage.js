/** `/checkout/fail`: back from the gateway's page without a payment. While the hold lasts one may try again. */
import * as api from '../Page/api.js';
import { skeletonBlock } from '../Page/components.js';
import { h, replace } from '../Page/dom.js';
import { requireUser } from '../Page/session.js';
import { t } from '../Page/text.js';
import { cameBack } from './Checkout.js';
import { declinedView } from './DeclinedView.js';

export async function open({ query, main, signal, title }) {
  const back = cameBack(query);
  title(t('checkout.stoppedTitle'));
  replace(main, h('div', { class: 'page-narrow' }, skeletonBlock('16rem')));
  if (!await requireUser(location.pathname + location.search)) return;
  const reservationId = back.reservationId ?? await reservationOf(back.paymentId, signal);
  await declinedView({ main, title, code: back.code, message: back.message, reservationId, signal });
}

/** The fan may have come back in another tab than the one that left. */
async function reservationOf(paymentId, signal) {
  if (!paymentId) return null;
  return api.payment(paymentId, signal).then(({ reservationId }) => reservationId, () => null);
}
