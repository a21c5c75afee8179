/** Making a concert. It begins as a draft: fans see it when it is published. */
import { h } from '../Page/dom.js';
import { go } from '../Page/router.js';
import { pageHead } from '../Page/staffParts.js';
import * as api from '../Page/staffApi.js';
import { t } from '../Page/text.js';
import { concertForm } from './StaffConcertForm.js';

export async function open({ main, title }) {
  title(t('staffConcert.new'));
  // The same key however often the button is pressed: one concert.
  const key = api.newKey();
  main.append(h('div', { class: 'page' },
    pageHead({
      title: t('staffConcert.new'), note: t('staffConcert.newNote'),
      back: { href: '/staff/concerts', label: t('staffConcerts.title') },
    }),
    h('div', { class: 'card' }, concertForm(null, {
      label: t('staffConcert.create'),
      save: async (fields) => {
        const concert = await api.createConcert({ ...fields, status: 'DRAFT' }, key);
        await go(`/staff/concerts/${concert.id}`, { replace: true });
      },
    }))));
}
