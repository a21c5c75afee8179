/** How anyone can check the draw: the promise that was published before, and the seed after. */
import * as api from '../Page/api.js';
import { h, replace } from '../Page/dom.js';
import { t } from '../Page/text.js';

export function fairness(date, signal) {
  const content = h('div', { class: 'stack fairness' });
  const details = h('details', {
    on: { toggle: () => { if (details.open) fill(content, date, signal); } },
  }, h('summary', null, t('waiting.fairness')), content);
  return details;
}

async function fill(content, date, signal) {
  replace(content, h('p', { class: 'soft' }, t('waiting.fairnessText')));
  try {
    const queue = await api.queue(date.id, signal);
    content.append(h('dl', { class: 'stack-tight small' },
      h('dt', { class: 'soft' }, t('waiting.commitment')), h('dd', null, h('code', null, queue.drawCommitment)),
      h('dt', { class: 'soft' }, t('waiting.seed')),
      h('dd', null, queue.drawSeed ? h('code', null, queue.drawSeed) : t('waiting.seedLater'))));
  } catch (problem) {
    if (!signal.aborted) content.append(h('p', { class: 'soft' }, problem.detail));
  }
}
