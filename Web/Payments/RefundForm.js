/** Giving tickets back for their money: some or all of those that were not used. */
import * as api from '../Page/api.js';
import { banner, busy, button } from '../Page/components.js';
import { h, replace } from '../Page/dom.js';
import { won } from '../Page/format.js';
import { t } from '../Page/text.js';
import { seatName } from '../Holds/SeatWords.js';

/**
 * A button that opens the question which tickets go back.
 *
 * @param {(payment: object) => void} refunded Called with the payment after the refund.
 */
export function refundButton({ paymentId, tickets, refunded }) {
  const valid = tickets.filter(({ status }) => status === 'VALID');
  if (!paymentId || valid.length === 0) return null;
  return button(t('refund.open'), () => { openDialog({ paymentId, valid, refunded }); }, { kind: 'quiet', icon: 'undo' });
}

function openDialog({ paymentId, valid, refunded }) {
  const key = api.newKey();
  const notice = h('div', { role: 'alert' });
  const boxes = valid.map((ticket) => h('input', { type: 'checkbox', value: ticket.id, checked: valid.length === 1, on: { change: show } }));
  const act = h('button', { type: 'submit', class: 'button button-danger-primary' });
  const dialog = h('dialog', { class: 'dialog', 'aria-labelledby': 'refund-title' },
    h('form', { class: 'stack', on: { submit: (event) => { event.preventDefault(); busy(act, refund()).then(show); } } },
      h('h2', { id: 'refund-title' }, t('refund.title')), h('p', { class: 'soft' }, t('refund.text')),
      h('fieldset', { class: 'refund-tickets' }, h('legend', { class: 'visually-hidden' }, t('refund.which')),
        valid.map((ticket, index) => h('label', { class: 'refund-ticket' }, boxes[index],
          h('span', { class: 'grow' }, seatName(ticket.seat)), h('span', { class: 'numeric soft' }, won(ticket.seat.price))))),
      notice,
      h('div', { class: 'dialog-actions' }, button(t('refund.keep'), () => { dialog.close(); }), act)));
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  show();
  dialog.showModal();

  function chosen() {
    return valid.filter((_, index) => boxes[index].checked);
  }

  function show() {
    const sum = chosen().reduce((total, { seat }) => total + seat.price, 0);
    act.textContent = sum > 0 ? t('refund.act', { amount: won(sum) }) : t('refund.choose');
    act.disabled = chosen().length === 0;
  }

  async function refund() {
    replace(notice);
    try {
      const payment = await api.refund(paymentId, { ticketIds: chosen().map(({ id }) => id), reason: t('refund.reason') }, key);
      dialog.close();
      refunded(payment);
    } catch (problem) {
      if (problem.name !== 'Problem') throw problem;
      replace(notice, banner('danger', problem.detail));
    }
  }
}
