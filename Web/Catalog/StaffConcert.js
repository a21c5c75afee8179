/** One concert: its dates, its texts, and whether fans see it. */
import { h, replace } from '../Page/dom.js';
import { ask, button, showLoaded, skeletonBlock, toast } from '../Page/components.js';
import { go } from '../Page/router.js';
import { pageHead, statusBadge } from '../Page/staffParts.js';
import * as api from '../Page/staffApi.js';
import { t } from '../Page/text.js';
import { concertForm } from './StaffConcertForm.js';
import { inLanguage } from './StaffConcerts.js';
import { dateList } from './StaffDateList.js';

export async function open({ params, main, signal, title }) {
  const page = h('div', { class: 'page' });
  main.append(page);
  const skeleton = h('div', { class: 'stack' }, skeletonBlock('4rem'), skeletonBlock('12rem'), skeletonBlock('20rem'));
  await showLoaded(page, skeleton, () => api.concert(params.id, signal), (concert) => {
    title(inLanguage(concert.title));
    return concertView(concert, signal);
  }, signal);
}

function concertView(concert, signal) {
  const head = h('div');
  const show = (changed) => {
    Object.assign(concert, changed);
    replace(head, pageHead({
      title: [inLanguage(concert.title), statusBadge('concert', concert.status)], note: inLanguage(concert.venue),
      back: { href: '/staff/concerts', label: t('staffConcerts.title') }, actions: statusActions(concert, show),
    }));
  };
  show(concert);
  return [
    head,
    h('div', { class: 'stack-loose' },
      dateList(concert, signal),
      h('section', { class: 'card stack', 'aria-labelledby': 'texts' },
        h('h2', { id: 'texts' }, t('staffConcert.texts')),
        concertForm(concert, {
          label: t('staff.save'),
          save: async (fields) => {
            show(await api.changeConcert(concert.id, { ...fields, status: concert.status }));
            toast(t('staff.saved'));
          },
        })),
      dangerZone(concert, show)),
  ];
}

function body(concert, status) {
  const { title, artist, venue, description } = concert;
  return { title, artist, venue, description, status };
}

/** What can be done with a concert in its state. Publishing is what is meant most of the time, so it stands out. */
function statusActions(concert, show) {
  const change = async (status, said) => {
    try {
      show(await api.changeConcert(concert.id, body(concert, status)));
      toast(said);
    } catch (problem) {
      toast(problem.detail ?? t('problem.internal'), { icon: 'alert' });
    }
  };
  if (concert.status === 'DRAFT' || concert.status === 'CANCELLED') {
    return [button(t('staffConcert.publish'), async () => {
      const answer = await ask({
        title: t('staffConcert.publishTitle'), body: t('staffConcert.publishText'),
        actions: [
          { label: t('staff.back'), value: null },
          { label: t('staffConcert.publish'), value: 'yes', kind: 'primary' },
        ],
      });
      if (answer) await change('PUBLISHED', t('staffConcert.published'));
    }, { kind: 'primary' })];
  }
  return [
    h('a', { class: 'button', href: `/concerts/${concert.id}`, target: '_blank', rel: 'noopener' }, t('staffConcert.asFan')),
    button(t('staffConcert.unpublish'), () => change('DRAFT', t('staffConcert.unpublished'))),
  ];
}

function dangerZone(concert, show) {
  const cancel = button(t('staffConcert.cancel'), async () => {
    const answer = await ask({
      title: t('staffConcert.cancelTitle', { title: inLanguage(concert.title) }), body: t('staffConcert.cancelText'),
      actions: [
        { label: t('staff.back'), value: null },
        { label: t('staffConcert.cancel'), value: 'yes', kind: 'danger-primary' },
      ],
    });
    if (!answer) return;
    try {
      show(await api.changeConcert(concert.id, body(concert, 'CANCELLED')));
      toast(t('staffConcert.cancelled'));
    } catch (problem) {
      toast(problem.detail ?? t('problem.internal'), { icon: 'alert' });
    }
  }, { kind: 'danger' });
  const remove = button(t('staffConcert.delete'), async () => {
    const answer = await ask({
      title: t('staffConcert.deleteTitle', { title: inLanguage(concert.title) }), body: t('staffConcert.deleteText'),
      actions: [
        { label: t('staff.back'), value: null },
        { label: t('staffConcert.delete'), value: 'yes', kind: 'danger-primary' },
      ],
    });
    if (!answer) return;
    try {
      await api.deleteConcert(concert.id);
      toast(t('staffConcert.deleted'));
      await go('/staff/concerts', { replace: true });
    } catch (problem) {
      toast(problem.detail ?? t('problem.internal'), { icon: 'alert' });
    }
  }, { kind: 'danger' });
  return h('section', { class: 'card stack', 'aria-labelledby': 'danger' },
    h('h2', { id: 'danger' }, t('staffConcert.danger')),
    h('p', { class: 'soft' }, t('staffConcert.dangerText')),
    h('div', { class: 'cluster' }, cancel, remove));
}
