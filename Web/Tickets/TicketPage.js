/** `/tickets/{id}`: one ticket, as large as the screen allows, for the door. */
import * as api from '../Page/api.js';
import { link, skeletonBlock } from '../Page/components.js';
import { pause } from '../Page/clock.js';
import { h, replace } from '../Page/dom.js';
import { requireUser } from '../Page/session.js';
import { t } from '../Page/text.js';
import { dateWithConcert } from '../Catalog/knownDates.js';
import { ticketCard } from './TicketCard.js';
import { calendarButton } from './TicketsView.js';

/** At the door the ticket should show soon that it was read. */
const lookMs = 4_000;

export async function open({ params, main, signal, title }) {
  title(t('ticket.title'));
  replace(main, h('div', { class: 'page-narrow', 'aria-busy': 'true' }, skeletonBlock('34rem')));
  if (!await requireUser()) return;
  let ticket = await api.ticket(params.id, signal);
  const date = await dateWithConcert(ticket.dateId, signal);
  const { concert } = date;
  title(`${t('ticket.title')} · ${concert.title}`);
  const place = h('div', null);
  const voice = h('p', { class: 'visually-hidden', role: 'status' });
  const show = () => replace(place, ticketCard({ ticket, concert, date, signal }, { isLarge: true, level: 'h1' }));
  show();
  replace(main, h('div', { class: 'page-narrow ticket-page stack' },
    h('p', { class: 'center strong' }, concert.title), place, voice,
    ticket.status === 'VALID' && h('p', { class: 'center soft small' }, t('ticket.brightness')),
    h('div', { class: 'cluster ticket-actions' }, calendarButton({ tickets: [ticket], concert, date }),
      link(`/reservations/${ticket.reservationId}`, t('ticket.back')))));
  keepLooking().catch(() => {});

  async function keepLooking() {
    while (ticket.status === 'VALID') {
      await pause(lookMs, signal);
      if (document.hidden) continue;
      const now = await api.ticket(ticket.id, signal).catch(() => ticket);
      if (now.status === ticket.status) continue;
      ticket = now;
      show();
      voice.textContent = t(`ticket.status.${ticket.status}`);
    }
  }
}
