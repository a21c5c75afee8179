/** One ticket as it is shown at the door: the QR code on white whatever the theme, the seat, and the number to type. */
import * as api from '../Page/api.js';
import { button } from '../Page/components.js';
import { h, replace } from '../Page/dom.js';
import { dateTime, day, exactTime, time } from '../Page/format.js';
import { icon } from '../Page/icons.js';
import { t } from '../Page/text.js';
import { seatName } from '../Holds/SeatWords.js';
import { ticketBadge } from './ticketList.js';

/** @param {{isLarge?: boolean, level?: string}} options `isLarge` is the ticket's own page. */
export function ticketCard({ ticket, concert, date, signal }, { isLarge = false, level = 'h2' } = {}) {
  const isVoid = ticket.status === 'VOID';
  const code = h('div', { class: 'ticket-code' });
  if (isVoid) code.append(h('p', { class: 'ticket-void' }, icon('undo', { size: 40 }), t('ticket.void')));
  else showCode(code, ticket, signal);
  return h('article', { class: ['ticket', isLarge && 'ticket-large', ticket.status !== 'VALID' && 'is-over'], dataset: { ticket: ticket.id } },
    h('div', { class: 'ticket-face' },
      h('div', { class: 'spread' }, h('p', { class: 'soft small strong' }, t('ticket.title')), ticketBadge(ticket)),
      h(level, { class: 'ticket-seat', tabindex: level === 'h1' ? -1 : null }, seatName(ticket.seat)),
      h('p', { class: 'soft' }, ticket.seat.grade),
      isLarge && h('dl', { class: 'pairs ticket-pairs' },
        h('dt', null, t('ticket.when')), h('dd', null, h('span', { class: 'nowrap' }, day(date.startsAt)), ' ', h('span', { class: 'nowrap' }, time(date.startsAt))),
        h('dt', null, t('ticket.where')), h('dd', null, concert.venue))),
    h('div', { class: 'ticket-tear', 'aria-hidden': 'true' }),
    h('div', { class: 'ticket-stub' }, code, ticket.status === 'USED' && h('p', { class: 'strong' }, usedText(ticket)),
      !isVoid && h('div', { class: 'ticket-number' }, h('p', { class: 'soft small' }, t('ticket.code')),
        h('p', { class: 'ticket-digits' }, inGroups(ticket.shortCode)))),
    !isLarge && h('a', { class: 'ticket-open', href: `/tickets/${ticket.id}` },
      h('span', null, t('ticket.open'), h('span', { class: 'visually-hidden' }, ` ${seatName(ticket.seat)}`)), icon('chevron', { size: 16 })));
}

async function showCode(place, ticket, signal) {
  replace(place, h('div', { class: 'skeleton', 'aria-hidden': 'true' }));
  try {
    const address = URL.createObjectURL(await api.ticketQR(ticket.id, signal));
    signal.addEventListener('abort', () => URL.revokeObjectURL(address), { once: true });
    replace(place, h('img', { src: address, alt: t('ticket.qr', { seat: seatName(ticket.seat) }), width: 240, height: 240 }));
  } catch (problem) {
    if (signal.aborted) return;
    if (problem.name !== 'Problem') throw problem;
    // The number below opens the door as well.
    replace(place, h('div', { class: 'ticket-void' }, h('p', null, t('ticket.codeNote')), button(t('problem.retry'), () => showCode(place, ticket, signal))));
  }
}

function usedText({ usedAt, usedGate }) {
  const at = `${dateTime(usedAt).replace(time(usedAt), '')}${exactTime(usedAt)}`;
  return usedGate ? t('ticket.usedAtGate', { time: at, gate: usedGate }) : t('ticket.usedAt', { time: at });
}

/** 39 characters are typed in groups of five, if at all. */
function inGroups(code) {
  return code.match(/.{1,5}/g).join(' ');
}
