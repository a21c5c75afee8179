/** A fan's points: how many, how to get more, where they went. */
import * as api from '../Page/api.js';
import { busy, field, problemView, skeletonBlock, stateView, toast } from '../Page/components.js';
import { h, replace } from '../Page/dom.js';
import { shortDateTime, won } from '../Page/format.js';
import { icon } from '../Page/icons.js';
import { pagedList } from '../Page/pagedList.js';
import { t } from '../Page/text.js';

const amounts = [50_000, 100_000, 300_000, 500_000];
const amountMax = 10_000_000;

export function pointsPanel(signal) {
  const balance = h('p', { class: 'points-balance numeric' }, h('span', { class: 'skeleton points-waiting', 'aria-hidden': 'true' }));
  const history = h('div');

  async function showBalance() {
    try {
      balance.textContent = won((await api.points(signal)).balance);
    } catch (problem) {
      if (!signal.aborted) replace(balance, problemView(problem, showBalance));
    }
  }

  function showHistory() {
    replace(history, pagedList({
      load: (cursor) => api.pointsHistory({ cursor, limit: 20, signal }),
      render: movement,
      empty: () => stateView({ icon: 'wallet', level: 'h3', title: t('points.none'), text: t('points.noneText') }),
      skeleton: skeletonBlock('8rem'), listClass: 'points-history', signal,
    }));
  }

  showBalance();
  showHistory();
  return h('div', { class: 'stack-loose' },
    h('section', { class: 'card points-card', 'aria-labelledby': 'balance-heading' },
      h('div', null, h('h2', { id: 'balance-heading', class: 'points-label' }, t('points.balance')), balance),
      chargeForm(() => { showBalance(); showHistory(); })),
    h('section', { class: 'stack', 'aria-labelledby': 'history-heading' }, h('h2', { id: 'history-heading' }, t('points.history')), history));
}

/** Choose an amount or write one. `charged` runs when points have arrived at once; else the gateway's page comes. */
export function chargeForm(charged, { amount = amounts[1] } = {}) {
  const own = field({
    id: 'amount', label: t('points.amount'), type: 'text', inputmode: 'numeric', autocomplete: 'off', maxlength: 13,
    value: amount.toLocaleString('en'), required: true,
  });
  const submit = h('button', { type: 'submit', class: 'button button-primary button-large' });
  const chips = amounts.map((value) => h('button', {
    type: 'button', class: 'chip numeric', on: { click: () => { own.input.value = value.toLocaleString('en'); refresh(); } },
  }, won(value)));
  let key = api.newKey();

  const written = () => Number(own.input.value.replace(/\D/g, ''));
  function refresh() {
    const value = written();
    // Another amount is another charge; the same one, tried again, is not.
    key = api.newKey();
    own.fail(value > amountMax ? t('points.tooMuch', { max: won(amountMax) }) : null);
    submit.textContent = value > 0 ? t('points.chargeThis', { amount: won(value) }) : t('points.charge');
    submit.disabled = value < 1 || value > amountMax;
    chips.forEach((chip, i) => chip.setAttribute('aria-pressed', String(amounts[i] === value)));
  }
  own.input.addEventListener('input', refresh);
  own.input.addEventListener('blur', () => { if (written()) own.input.value = written().toLocaleString('en'); });
  refresh();

  async function charge() {
    try {
      const receipt = await api.chargePoints(written(), key);
      key = api.newKey();
      if (receipt.checkout) {
        location.assign(receipt.checkout.url);
        // The page is being left: nothing may be pressed until it is.
        await new Promise(() => {});
      }
      toast(t('points.charged', { amount: won(receipt.amount) }));
      charged(receipt);
    } catch (problem) {
      own.fail(problem.detail);
    }
  }

  return h('form', {
    class: 'stack points-form', on: { submit: (event) => { event.preventDefault(); busy(submit, charge()); } },
  }, h('div', { class: 'points-choices', role: 'group', 'aria-label': t('points.amounts') }, chips), own.node, submit);
}

const movementIcons = { CHARGE: 'plus', PAYMENT: 'ticket', REFUND: 'undo', RESERVE: 'clock', RELEASE: 'undo' };

function movement({ kind, amount, balance, createdAt }) {
  return h('li', { class: 'points-movement' },
    h('span', { class: 'points-icon' }, icon(movementIcons[kind] ?? 'info')),
    h('div', { class: 'grow' }, h('p', { class: 'strong' }, t(`points.${kind}`)),
      h('p', { class: 'soft small' }, h('time', { datetime: createdAt }, shortDateTime(createdAt)))),
    h('div', { class: 'points-amounts numeric' },
      h('p', { class: ['strong', amount > 0 && 'points-in'] }, amount > 0 ? `+${won(amount)}` : won(amount)),
      h('p', { class: 'soft small' }, t('points.after', { balance: won(balance) }))));
}
