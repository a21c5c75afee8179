/** Where to send, and what of. */
import { inLanguage } from '../Catalog/StaffConcerts.js';
import { h } from '../Page/dom.js';
import { busy, button, field } from '../Page/components.js';
import * as api from '../Page/staffApi.js';
import { formProblem, select, toggle } from '../Page/staffParts.js';
import { t } from '../Page/text.js';

/** As asyncapi.yml names them, in the order in which a sale goes. */
export const eventTypes = [
  'reservation.held', 'reservation.confirmed', 'reservation.reopened', 'reservation.retaken', 'reservation.paid',
  'reservation.cancelled', 'reservation.expired', 'reservation.partlyRefunded', 'reservation.refunded', 'payment.returned',
  'refund.failed', 'ledger.differs', 'points.charged', 'ticket.used', 'concert.changed', 'date.changed', 'layout.replaced',
  'seats.blocked', 'seats.unblocked',
].map((kind) => `jari.${kind}`);

/** @param {{label: string, save: (fields: object) => Promise<void>, cancel?: () => void, signal: AbortSignal}} submit */
export function webhookForm(webhook, { label, save, cancel, signal }) {
  const url = field({
    id: 'url', label: t('staffWebhook.url'), hint: t('staffWebhook.urlHint'), type: 'url', inputmode: 'url', required: true,
    maxlength: 2_000, autocomplete: 'off', spellcheck: 'false', placeholder: 'https://', '.value': webhook?.url ?? '',
  });
  const description = field({
    id: 'description', label: t('staffWebhook.description'), maxlength: 500, autocomplete: 'off', '.value': webhook?.description ?? '',
  });
  const chosen = new Set(webhook?.events ?? []);
  // Types of a later version stay chosen when an older console saves.
  const types = [...new Set([...eventTypes, ...chosen])];
  const boxes = h('ul', { role: 'list', class: 'event-boxes' }, types.map((type) => h('li', null,
    h('label', null, h('input', {
      type: 'checkbox', '.checked': chosen.has(type),
      on: { change: ({ target }) => { if (target.checked) chosen.add(type); else chosen.delete(type); } },
    }), h('code', null, type.replace('jari.', ''))))));
  const all = toggle({
    id: 'all-events', label: t('staffWebhook.allEvents'), hint: t('staffWebhook.allEventsHint'), checked: chosen.size === 0,
    on: { change: ({ target }) => { boxes.hidden = target.checked; } },
  });
  boxes.hidden = chosen.size === 0;
  const enabled = toggle({ id: 'enabled', label: t('staffWebhook.enabled'), checked: webhook?.isEnabled ?? true });
  const concert = select({
    id: 'concert', label: t('staffWebhook.concert'), value: webhook?.concertId ?? '',
    options: [{ value: '', label: t('staffWebhook.anyConcert') },
      ...(webhook?.concertId ? [{ value: webhook.concertId, label: webhook.concertId }] : [])],
  });
  api.concerts({ limit: 100, signal }).then(({ items }) => {
    const value = concert.input.value;
    concert.input.replaceChildren(h('option', { value: '' }, t('staffWebhook.anyConcert')),
      ...items.map((one) => h('option', { value: one.id, '.selected': one.id === value }, inLanguage(one.title))));
  }, () => {});
  const problem = formProblem();
  const submit = button(label, null, { kind: 'primary', type: 'submit' });
  const send = async () => {
    problem.show(null);
    if (!URL.canParse(url.input.value.trim())) {
      url.fail(t('staffWebhook.urlWrong'));
      url.input.focus();
      return;
    }
    if (!all.input.checked && chosen.size === 0) {
      problem.show(t('staffWebhook.noEvents'));
      return;
    }
    try {
      await save({
        url: url.input.value.trim(), description: description.input.value.trim(), isEnabled: enabled.input.checked,
        events: all.input.checked ? [] : [...chosen], concertId: concert.input.value || null,
      });
    } catch (failure) {
      if (failure.name !== 'Problem') throw failure;
      problem.show(failure.detail);
    }
  };
  return h('form', {
    class: 'staff-form', novalidate: true,
    on: { submit: (event) => { event.preventDefault(); busy(submit, send()); } },
  }, problem.node, url.node, description.node, concert.node,
  h('fieldset', { class: 'stack-tight' }, h('legend', { class: 'strong small' }, t('staffWebhook.events')), all.node, boxes),
  webhook && enabled.node,
  h('div', { class: 'staff-form-actions' }, submit, cancel && button(t('staff.cancel'), cancel)));
}
