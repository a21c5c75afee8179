/** What belongs to the fan: tickets, reservations, points. */
import { button } from '../Page/components.js';
import { h, replace } from '../Page/dom.js';
import { go } from '../Page/router.js';
import { requireUser, signOut } from '../Page/session.js';
import { t } from '../Page/text.js';
import { reservationList } from '../Holds/reservationList.js';
import { pointsPanel } from '../Points/pointsPanel.js';
import { ticketList } from '../Tickets/ticketList.js';

const panels = { tickets: ticketList, reservations: reservationList, points: pointsPanel };
const names = Object.keys(panels);

export async function open({ query, main, signal, title }) {
  title(t('my.title'));
  const user = await requireUser();
  if (!user || signal.aborted) return;

  const panel = h('div', { role: 'tabpanel', id: 'panel', tabindex: '0', class: 'my-panel' });
  const tabs = names.map((name) => h('button', {
    type: 'button', role: 'tab', id: `tab-${name}`, class: 'tab', 'aria-controls': 'panel',
    on: { click: () => choose(name) },
  }, t(`my.${name}`)));
  let shown = new AbortController();
  signal.addEventListener('abort', () => shown.abort(), { once: true });

  function choose(name) {
    shown.abort();
    shown = new AbortController();
    tabs.forEach((tab, i) => {
      tab.setAttribute('aria-selected', String(names[i] === name));
      tab.tabIndex = names[i] === name ? 0 : -1;
    });
    panel.setAttribute('aria-labelledby', `tab-${name}`);
    history.replaceState(history.state, '', name === names[0] ? '/my' : `/my?${new URLSearchParams({ tab: name })}`);
    replace(panel, panels[name](shown.signal));
  }

  const list = h('div', {
    class: 'tabs', role: 'tablist', 'aria-label': t('my.title'),
    on: {
      keydown: (event) => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (!step) return;
        event.preventDefault();
        const next = (tabs.indexOf(document.activeElement) + step + tabs.length) % tabs.length;
        choose(names[next]);
        tabs[next].focus();
      },
    },
  }, tabs);

  replace(main, h('div', { class: 'page my-page stack-loose' },
    h('div', { class: 'spread' },
      h('div', null, h('h1', null, t('my.heading', { name: user.name })), h('p', { class: 'soft' }, user.email)),
      button(t('my.logOut'), async () => { await signOut(); go('/'); })),
    list, panel));
  const wanted = query.get('tab');
  choose(names.includes(wanted) ? wanted : names[0]);
}
