/** Where the organiser's own programs are told of sales, and a form for one more. */
import { h, replace } from '../Page/dom.js';
import { badge, button } from '../Page/components.js';
import { icon } from '../Page/icons.js';
import { go } from '../Page/router.js';
import * as api from '../Page/staffApi.js';
import { emptyState, cursorList, pageHead } from '../Page/staffParts.js';
import { t } from '../Page/text.js';
import { keepSecret } from './newSecret.js';
import { webhookForm } from './webhookForm.js';

export async function open({ main, signal, title }) {
  title(t('staffWebhooks.title'));
  const list = h('div');
  const adding = h('div');
  const key = api.newKey();
  const add = button(t('staffWebhooks.add'), () => {
    add.hidden = true;
    replace(adding, h('section', { class: 'card stack', 'aria-labelledby': 'adding' },
      h('h2', { id: 'adding' }, t('staffWebhooks.add')),
      webhookForm(null, {
        label: t('staffWebhooks.create'), signal,
        save: async (fields) => {
          const made = await api.createWebhook(fields, key);
          // It is told once, so it goes to the page of the endpoint by memory and not by address.
          keepSecret(made.id, made.secret);
          await go(`/staff/webhooks/${made.id}`);
        },
        cancel: () => { replace(adding); add.hidden = false; add.focus(); },
      })));
    adding.querySelector('input').focus();
  }, { kind: 'primary', icon: 'plus' });
  main.append(h('div', { class: 'page' },
    pageHead({ title: t('staffWebhooks.title'), note: t('staffWebhooks.note'), actions: [add] }),
    h('div', { class: 'stack-loose' }, adding, list)));
  await cursorList(list, {
    load: (cursor) => api.webhooks({ cursor, signal }),
    row,
    empty: () => emptyState('bell', t('staffWebhooks.none'), t('staffWebhooks.noneText')),
    signal,
  });
}

function row(webhook) {
  return h('li', { class: 'staff-row' },
    h('div', { class: 'grow' },
      h('a', { class: 'staff-row-title', href: `/staff/webhooks/${webhook.id}` }, webhook.description || hostOf(webhook.url)),
      h('p', { class: 'soft small' }, hostOf(webhook.url), ' · ', webhook.events.length
        ? t('staffWebhooks.events', { count: webhook.events.length }) : t('staffWebhooks.allEvents'))),
    webhookBadge(webhook), h('span', { class: 'chevron' }, icon('chevron')));
}

/** An address may carry a secret in its path, so lists show the host alone. */
export function hostOf(url) {
  return URL.canParse(url) ? new URL(url).host : url;
}

export function webhookBadge({ isEnabled, failingSince }) {
  if (!isEnabled) return badge(t('staffWebhooks.off'));
  return failingSince ? badge(t('staffWebhooks.failing'), 'danger') : badge(t('staffWebhooks.on'), 'good');
}
