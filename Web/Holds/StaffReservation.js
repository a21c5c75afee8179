/** One reservation with its fan, payments and tickets, and giving money back. */
import { dateName } from '../Catalog/dateNames.js';
import { h, replace } from '../Page/dom.js';
import { ask, badge, button, showLoaded, skeletonBlock, toast } from '../Page/components.js';
import { dateTime, won } from '../Page/format.js';
import * as api from '../Page/staffApi.js';
import { formProblem, pageHead, statusBadge } from '../Page/staffParts.js';
import { t } from '../Page/text.js';

export async function open({ params, main, signal, title }) {
  title(t('staffReservation.title'));
  const page = h('div', { class: 'page' });
  main.append(page);
  const load = () => showLoaded(page, h('div', { class: 'stack' }, skeletonBlock('5rem'), skeletonBlock('20rem')),
    async () => {
      const reservation = await api.reservation(params.id, signal);
      return { reservation, name: await dateName(reservation.dateId) };
    }, ({ reservation, name }) => reservationView(reservation, name, load), signal);
  await load();
}

function reservationView(reservation, name, reload) {
  const { user } = reservation;
  return [
    pageHead({
      title: [user ? user.name : t('staffReservations.userGone'), statusBadge('reservation', reservation.status)],
      note: user?.email, back: { href: '/staff/reservations', label: t('staffReservations.title') },
    }),
    h('div', { class: 'staff-columns' },
      h('div', { class: 'stack-loose' }, facts(reservation, name), refundForm(reservation, reload)),
      paymentList(reservation.payments)),
  ];
}

function facts(reservation, name) {
  const pair = (key, ...values) => [h('dt', null, t(`staffReservation.${key}`)), h('dd', null, values)];
  return h('section', { class: 'card stack', 'aria-labelledby': 'facts' },
    h('h2', { id: 'facts' }, t('staffReservation.facts')),
    h('dl', { class: 'pairs' },
      pair('date', name ? h('a', { href: `/staff/dates/${reservation.dateId}` }, `${name.title} · ${name.at}`)
        : t('staffReservations.dateGone')),
      pair('amount', h('span', { class: 'strong numeric' }, won(reservation.amount))),
      pair('createdAt', dateTime(reservation.createdAt)),
      ['PENDING', 'CONFIRMED'].includes(reservation.status) && pair('expiresAt', dateTime(reservation.expiresAt)),
      pair('id', h('code', null, reservation.id))),
    !reservation.tickets.length && h('ul', { role: 'list', class: 'stack-tight' }, reservation.seats.map((seat) =>
      h('li', { class: 'spread' }, h('span', null, t('staffReservation.seat', seat), ' ', badge(seat.grade)),
        h('span', { class: 'numeric' }, won(seat.price))))));
}

/** The payment whose tickets can still be refunded, or undefined. */
function goodPayment(reservation) {
  return reservation.payments.find(({ status }) => status === 'CAPTURED' || status === 'PARTIALLY_REFUNDED');
}

/** Its tickets, of which those that are good can be refunded. */
function refundForm(reservation, reload) {
  if (!reservation.tickets.length) return null;
  const payment = goodPayment(reservation);
  const chosen = new Set();
  const problem = formProblem();
  const sum = h('p', { class: 'strong numeric', 'aria-live': 'polite' });
  const reason = h('input', { class: 'input', id: 'reason', maxlength: 200, autocomplete: 'off', required: true });
  const boxes = [];
  const show = () => {
    const amount = reservation.tickets.filter(({ id }) => chosen.has(id)).reduce((total, { seat }) => total + seat.price, 0);
    replace(sum, chosen.size ? t('staffReservation.refundSum', { count: chosen.size, amount: won(amount) }) : t('staffReservation.chooseTickets'));
    submit.disabled = chosen.size === 0;
  };
  const submit = button(t('staffReservation.refund'), () => refund(), { kind: 'danger' });
  // One key for one wish: pressing twice gives the money back once.
  let key = api.newKey();
  const refund = async () => {
    problem.show(null);
    if (!reason.value.trim()) {
      problem.show(t('staffReservation.reasonMissing'));
      reason.focus();
      return;
    }
    const answer = await ask({
      title: t('staffReservation.refundTitle'), body: sum.textContent,
      actions: [
        { label: t('staff.back'), value: null },
        { label: t('staffReservation.refund'), value: 'yes', kind: 'danger-primary' },
      ],
    });
    if (!answer) return;
    try {
      await api.refund(payment.id, { ticketIds: [...chosen], reason: reason.value.trim() }, key);
      key = api.newKey();
      toast(t('staffReservation.refunded'));
      await reload();
    } catch (failure) {
      if (failure.name !== 'Problem') throw failure;
      problem.show(failure.detail);
    }
  };
  const row = (ticket) => {
    const canRefund = payment && ticket.status === 'VALID';
    const box = h('input', {
      type: 'checkbox', id: `ticket-${ticket.id}`, disabled: !canRefund, class: 'ticket-box',
      on: { change: ({ target }) => { if (target.checked) chosen.add(ticket.id); else chosen.delete(ticket.id); show(); } },
    });
    boxes.push(box);
    return h('li', { class: 'ticket-row' }, box,
      h('label', { class: 'grow', for: box.id }, t('staffReservation.seat', ticket.seat), ' ', badge(ticket.seat.grade),
        ticket.usedAt && h('span', { class: 'small soft' }, ' ', ticket.usedGate
          ? t('staffReservation.usedAt', { at: dateTime(ticket.usedAt), gate: ticket.usedGate })
          : t('staffReservation.used', { at: dateTime(ticket.usedAt) }))),
      h('span', { class: 'numeric' }, won(ticket.seat.price)), statusBadge('ticket', ticket.status));
  };
  const rows = reservation.tickets.map(row);
  show();
  return h('section', { class: 'card stack', 'aria-labelledby': 'tickets' },
    h('div', { class: 'spread' }, h('h2', { id: 'tickets' }, t('staffReservation.tickets')),
      payment && boxes.some((box) => !box.disabled) && button(t('staffReservation.all'), () => boxes.forEach((box) => {
        if (!box.disabled && !box.checked) box.click();
      }), { kind: 'quiet' })),
    h('ul', { role: 'list' }, rows),
    payment && boxes.some((box) => !box.disabled) && h('div', { class: 'stack' },
      h('div', { class: 'field' }, h('label', { for: 'reason' }, t('staffReservation.reason')), reason,
        h('p', { class: 'hint' }, t('staffReservation.reasonHint'))),
      problem.node, h('div', { class: 'spread' }, sum, submit)));
}

function paymentList(payments) {
  return h('section', { class: 'card stack', 'aria-labelledby': 'payments' },
    h('h2', { id: 'payments' }, t('staffReservation.payments')),
    payments.length ? h('ul', { role: 'list', class: 'stack' }, payments.map((payment) => h('li', { class: 'stack-tight' },
      h('div', { class: 'spread' }, h('span', { class: 'strong' }, t(`staffReservation.method.${payment.method}`)),
        statusBadge('payment', payment.status)),
      h('dl', { class: 'pairs small' },
        h('dt', null, t('staffReservation.amount')), h('dd', { class: 'numeric' }, won(payment.amount)),
        payment.points > 0 && [h('dt', null, t('staffReservation.points')), h('dd', { class: 'numeric' }, won(payment.points))],
        payment.refunded > 0 && [h('dt', null, t('staffReservation.refundedSum')), h('dd', { class: 'numeric' }, won(payment.refunded))],
        payment.declineCode && [h('dt', null, t('staffReservation.declined')), h('dd', null, h('code', null, payment.declineCode))],
        h('dt', null, t('staffReservation.at')), h('dd', null, dateTime(payment.createdAt)),
        h('dt', null, t('staffReservation.id')), h('dd', null, h('code', null, payment.id))),
      payment.refunds.map((refund) => h('p', { class: 'small cluster' },
        t('staffReservation.cardRefund', { amount: won(refund.amount), at: dateTime(refund.createdAt) }),
        statusBadge('refund', refund.status))))))
      : h('p', { class: 'soft' }, t('staffReservation.noPayments')));
}
