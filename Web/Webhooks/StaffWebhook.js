/** One endpoint: whether it works, what was delivered, its settings. */
import { h, replace } from '../Page/dom.js';
import { ask, banner, button, showLoaded, skeletonBlock, toast } from '../Page/components.js';
import { dateTime, exactTime } from '../Page/format.js';
import { go } from '../Page/router.js';
import * as api from '../Page/staffApi.js';
import { emptyState, cursorList, pageHead, statusBadge } from '../Page/staffParts.js';
import { t } from '../Page/text.js';
import { secretView, takeSecret } from './newSecret.js';
import { hostOf, webhookBadge } from './StaffWebhooks.js';
import { webhookForm } from './webhookForm.js';

export async function open({ params, main, signal, title }) {
  title(t('staffWebhook.title'));
  const page = h('div', { class: 'page' });
  main.append(page);
  await showLoaded(page, h('div', { class: 'stack' }, skeletonBlock('5rem'), skeletonBlock('20rem')),
    () => api.webhook(params.id, signal), (webhook) => webhookView(webhook, signal), signal);
}

function webhookView(webhook, signal) {
  const head = h('div', { class: 'stack' });
  const secret = h('div');
  const deliveries = h('div');
  const made = takeSecret(webhook.id);
  if (made) replace(secret, secretView(made));
  const show = (changed) => {
    Object.assign(webhook, changed);
    replace(head, pageHead({
      title: [webhook.description || hostOf(webhook.url), webhookBadge(webhook)], note: webhook.url,
      back: { href: '/staff/webhooks', label: t('staffWebhooks.title') },
      actions: [button(t('staffWebhook.test'), () => attempt(async () => {
        await api.testWebhook(webhook.id);
        toast(t('staffWebhook.tested'));
        await showDeliveries(deliveries, webhook.id, signal);
      }))],
    }), webhook.disabledReason && banner('danger', t('staffWebhook.disabled', { reason: webhook.disabledReason })),
    webhook.isEnabled && webhook.failingSince
      && banner('warn', t('staffWebhook.failingSince', { at: dateTime(webhook.failingSince) })));
  };
  show(webhook);
  showDeliveries(deliveries, webhook.id, signal);
  return [head, h('div', { class: 'stack-loose' }, secret,
    h('section', { class: 'stack', 'aria-labelledby': 'deliveries' },
      h('div', { class: 'spread' }, h('h2', { id: 'deliveries' }, t('staffWebhook.deliveries')),
        button(t('staffWebhook.refresh'), () => showDeliveries(deliveries, webhook.id, signal), { icon: 'refresh' })), deliveries),
    h('section', { class: 'card stack', 'aria-labelledby': 'settings' }, h('h2', { id: 'settings' }, t('staffWebhook.settings')),
      webhookForm(webhook, {
        label: t('staff.save'), signal,
        save: async (fields) => { show(await api.changeWebhook(webhook.id, fields)); toast(t('staff.saved')); },
      })),
    dangerZone(webhook, secret, show))];
}

/** Does it, and says what was wrong where that is all that can be done. */
async function attempt(act) {
  try {
    await act();
  } catch (problem) {
    if (problem.name !== 'Problem') throw problem;
    toast(problem.detail, { icon: 'alert' });
  }
}

function dangerZone(webhook, secret, show) {
  const sure = (name) => ask({
    title: t(`staffWebhook.${name}Title`), body: t(`staffWebhook.${name}Text`),
    actions: [
      { label: t('staff.back'), value: null }, { label: t(`staffWebhook.${name}`), value: 'yes', kind: 'danger-primary' },
    ],
  });
  return h('section', { class: 'card stack', 'aria-labelledby': 'danger' },
    h('h2', { id: 'danger' }, t('staffWebhook.danger')),
    h('div', { class: 'cluster' },
      button(t('staffWebhook.rotate'), async () => {
        if (!await sure('rotate')) return;
        await attempt(async () => {
          const { secret: made, ...changed } = await api.rotateWebhookSecret(webhook.id);
          show(changed);
          replace(secret, secretView(made));
          secret.scrollIntoView({ block: 'center' });
          secret.querySelector('input').focus();
        });
      }),
      button(t('staffWebhook.remove'), async () => {
        if (!await sure('remove')) return;
        await attempt(async () => {
          await api.deleteWebhook(webhook.id);
          toast(t('staffWebhook.removed'));
          await go('/staff/webhooks', { replace: true });
        });
      }, { kind: 'danger' })));
}

function showDeliveries(place, webhookId, signal) {
  return cursorList(place, {
    load: (cursor) => api.webhookDeliveries(webhookId, { cursor, signal }),
    row: (delivery) => deliveryRow(delivery, signal),
    empty: () => emptyState('bell', t('staffWebhook.noDeliveries'), t('staffWebhook.noDeliveriesText')),
    signal,
  });
}

/** One delivery; its tries and what was sent are fetched when somebody looks. */
function deliveryRow(delivery, signal) {
  const status = h('span', null, statusBadge('delivery', delivery.status));
  const details = h('div');
  const replay = button(t('staffWebhook.replay'), () => attempt(async () => {
    const again = await api.replayDelivery(delivery.id);
    replace(status, statusBadge('delivery', again?.status ?? 'PENDING'));
    toast(t('staffWebhook.replayed'));
  }));
  const more = h('details', {
    class: 'delivery', on: {
      toggle: () => {
        if (!more.open || details.hasChildNodes()) return;
        showLoaded(details, skeletonBlock('6rem'), () => api.delivery(delivery.id, signal), deliveryLog, signal);
      },
    },
  }, h('summary', null, h('code', null, delivery.type.replace('jari.', '')),
    h('span', { class: 'soft small' }, dateTime(delivery.createdAt)),
    h('span', { class: 'soft small' }, t('staffWebhook.tries', { count: delivery.attempts })), status), details,
  h('div', { class: 'staff-form-actions' }, replay));
  return h('li', { class: 'card card-flush' }, more);
}

function deliveryLog({ log, payload }) {
  return [
    h('ol', { role: 'list', class: 'stack-tight small' }, log.map((attempted) => h('li', null,
      t(attempted.error ? 'staffWebhook.tryFailed' : 'staffWebhook.tryAnswered', {
        at: `${dateTime(attempted.at)} (${exactTime(attempted.at)})`, ms: attempted.durationMs,
        status: String(attempted.statusCode ?? ''), error: attempted.error ?? '',
      }),
      attempted.answer && h('pre', { class: 'payload' }, attempted.answer)))),
    h('pre', { class: 'payload', tabindex: '0' }, pretty(payload)),
  ];
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
