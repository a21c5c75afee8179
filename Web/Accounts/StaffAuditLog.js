/** What staff did, the newest first. Nothing here can be changed. */
import { h } from '../Page/dom.js';
import { dateTime, exactTime } from '../Page/format.js';
import * as api from '../Page/staffApi.js';
import { emptyState, cursorList, pageHead } from '../Page/staffParts.js';
import { user } from '../Page/session.js';
import { t } from '../Page/text.js';

/** Which page shows what was acted on, by the word before the dot. */
const pages = { concert: 'concerts', date: 'dates', layout: 'dates', queue: 'dates', seats: 'dates', webhook: 'webhooks' };

export async function open({ main, signal, title }) {
  title(t('staffAuditLog.title'));
  const list = h('div');
  main.append(h('div', { class: 'page' }, pageHead({ title: t('staffAuditLog.title'), note: t('staffAuditLog.note') }), list));
  const me = await user();
  const rows = h('tbody');
  await cursorList(list, {
    load: (cursor) => api.auditLog({ cursor, signal }),
    rows,
    row: (action) => row(action, me),
    around: () => h('div', { class: 'card card-flush' },
      h('div', { class: 'table-scroll', tabindex: '0', role: 'group', 'aria-label': t('staffAuditLog.title') },
        h('table', { class: 'table audit-table' },
          h('thead', null, h('tr', null, ['at', 'what', 'who', 'why'].map((name) =>
            h('th', { scope: 'col' }, t(`staffAuditLog.${name}`))))), rows))),
    empty: () => emptyState('clock', t('staffAuditLog.none'), t('staffAuditLog.noneText')),
    signal,
  });
}

function row(action, me) {
  const [subject] = action.kind.split('.');
  const page = action.kind.endsWith('.deleted') || action.kind === 'webhook.replayed' ? null : pages[subject];
  const text = kindText(action.kind);
  return h('tr', null,
    h('td', { class: 'audit-at small' }, h('time', { datetime: action.at, title: exactTime(action.at) }, dateTime(action.at))),
    h('td', null, page ? h('a', { href: `/staff/${page}/${action.subjectId}` }, text) : text,
      action.detail && h('p', { class: 'soft small' }, action.detail)),
    h('td', { class: 'small' }, action.staffId === me.id ? t('staffAuditLog.me') : h('code', null, action.staffId.slice(-12))),
    h('td', { class: 'small' }, action.reason));
}

/** A kind that this console does not know yet is shown as the API spells it. */
function kindText(kind) {
  const known = [
    'concert.created', 'concert.changed', 'concert.deleted', 'date.created', 'date.changed', 'date.deleted',
    'layout.replaced', 'seats.blocked', 'seats.unblocked', 'queue.changed', 'queue.paused', 'queue.resumed',
    'payment.refunded', 'ticket.checkedIn', 'role.changed', 'webhook.created', 'webhook.changed', 'webhook.deleted',
    'webhook.secretRotated', 'webhook.disabled', 'webhook.replayed',
  ];
  return known.includes(kind) ? t(`staffAuditLog.kind.${kind}`) : kind;
}
