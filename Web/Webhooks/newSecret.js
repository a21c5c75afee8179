/** A secret that the server tells once, on its way from the page that made it to the one that shows it. */
import { h } from '../Page/dom.js';
import { button, toast } from '../Page/components.js';
import { t } from '../Page/text.js';

let kept = null;

export function keepSecret(webhookId, secret) {
  kept = { webhookId, secret };
}

/** The secret of this endpoint, and then never again. */
export function takeSecret(webhookId) {
  const secret = kept?.webhookId === webhookId ? kept.secret : null;
  kept = null;
  return secret;
}

export function secretView(secret) {
  const shown = h('input', { class: 'input secret', id: 'secret', readonly: true, '.value': secret, 'aria-describedby': 'secret-note', autocomplete: 'off' });
  return h('section', { class: 'banner banner-warn', 'aria-labelledby': 'secret-title' }, h('div', { class: 'grow stack-tight' },
    h('h2', { id: 'secret-title' }, t('staffWebhook.secretTitle')),
    h('p', { id: 'secret-note' }, t('staffWebhook.secretText')),
    h('label', { class: 'visually-hidden', for: 'secret' }, t('staffWebhook.secret')),
    h('div', { class: 'cluster' }, h('div', { class: 'grow' }, shown), button(t('staffWebhook.copy'), async () => {
      try {
        await navigator.clipboard.writeText(secret);
        toast(t('staffWebhook.copied'));
      } catch {
        // No leave to write there: it is selected, to be copied by hand.
        shown.select();
      }
    }))));
}
