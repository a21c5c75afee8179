/** Points that are missing, and buttons that charge as much as is needed. */
import * as api from '../Page/api.js';
import { banner, button, toast } from '../Page/components.js';
import { h, replace } from '../Page/dom.js';
import { won } from '../Page/format.js';
import { t } from '../Page/text.js';
import { goToCheckout } from './Checkout.js';

/** What people charge is round. */
const steps = [10_000, 50_000, 100_000];

/** The least round amounts that suffice, each once. */
export function chargeSuggestions(missing) {
  return [...new Set(steps.map((step) => Math.ceil(missing / step) * step))].sort((a, b) => a - b);
}

/** @param {() => void} charged Called when the points are there. */
export function chargeOffer({ missing, reservationId, charged }) {
  const notice = h('div', { role: 'alert' });
  const keys = new Map();
  const buttons = chargeSuggestions(missing).map((amount, index) =>
    button(t('pay.charge', { amount: won(amount) }), () => charge(amount), { kind: index === 0 ? 'primary' : undefined, block: true }));
  return h('div', { class: 'stack charge-offer' },
    h('p', null, t('pay.chargeText', { missing: won(missing) })), buttons, notice);

  async function charge(amount) {
    if (!keys.has(amount)) keys.set(amount, api.newKey());
    replace(notice);
    try {
      const receipt = await api.chargePoints(amount, keys.get(amount));
      keys.delete(amount);
      if (receipt.checkout) {
        await goToCheckout({ id: receipt.transactionId, checkout: receipt.checkout }, reservationId);
        return;
      }
      toast(t('pay.charged', { amount: won(amount) }));
      charged();
    } catch (problem) {
      if (problem.name !== 'Problem') throw problem;
      if (problem.code !== 'offline') keys.delete(amount);
      replace(notice, banner('danger', problem.detail));
    }
  }
}
