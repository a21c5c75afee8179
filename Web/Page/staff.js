/** Where the staff console starts: which path shows what, and the navigation beside all of them. */
import { requireStaff } from '../Accounts/StaffLogIn.js';
import { button } from './components.js';
import { h, replace } from './dom.js';
import { icon, mark } from './icons.js';
import { onPage, reopen, route } from './router.js';
import { onSession, signOut, signedIn, user } from './session.js';
import { start } from './shell.js';
import { t } from './text.js';

/** A page that only staff see. Whoever is not logged in does so first, and then sees what they came for. */
function staffRoute(pattern, loadPage) {
  route(pattern, async () => {
    const page = await loadPage();
    return {
      open: async (context) => {
        if (await requireStaff(context, reopen)) await page.open(context);
      },
    };
  });
}

staffRoute('/staff', () => import('../Catalog/StaffConcerts.js'));
staffRoute('/staff/concerts', () => import('../Catalog/StaffConcerts.js'));
staffRoute('/staff/concerts/new', () => import('../Catalog/StaffNewConcert.js'));
staffRoute('/staff/concerts/:id', () => import('../Catalog/StaffConcert.js'));
staffRoute('/staff/dates/:id', () => import('../WaitingRoom/StaffSale.js'));
staffRoute('/staff/dates/:id/layout', () => import('../Catalog/StaffLayout.js'));
staffRoute('/staff/dates/:id/seats', () => import('../Catalog/StaffSeats.js'));
staffRoute('/staff/dates/:id/queue', () => import('../WaitingRoom/StaffQueue.js'));
staffRoute('/staff/dates/:id/times', () => import('../Catalog/StaffDateTimes.js'));
staffRoute('/staff/reservations', () => import('../Holds/StaffReservations.js'));
staffRoute('/staff/reservations/:id', () => import('../Holds/StaffReservation.js'));
staffRoute('/staff/checkin', () => import('../Tickets/StaffCheckIn.js'));
staffRoute('/staff/webhooks', () => import('../Webhooks/StaffWebhooks.js'));
staffRoute('/staff/webhooks/:id', () => import('../Webhooks/StaffWebhook.js'));
staffRoute('/staff/audit-log', () => import('../Accounts/StaffAuditLog.js'));

const places = [
  { href: '/staff/concerts', icon: 'calendar', key: 'staff.concerts', also: ['/staff/dates'] },
  { href: '/staff/reservations', icon: 'list', key: 'staff.reservations', also: [] },
  { href: '/staff/checkin', icon: 'ticket', key: 'staff.checkIn', also: [] },
  { href: '/staff/webhooks', icon: 'bell', key: 'staff.webhooks', also: [] },
  { href: '/staff/audit-log', icon: 'clock', key: 'staff.auditLog', also: [] },
];

const navigation = h('nav', { class: 'staff-nav', 'aria-label': t('staff.navigation') });
const account = h('div', { class: 'staff-account' });

function showNavigation(path = location.pathname) {
  const isAt = (place) => path === '/staff' ? place === places[0]
    : [place.href, ...place.also].some((start) => path === start || path.startsWith(`${start}/`));
  replace(navigation, h('ul', { role: 'list' }, places.map((place) =>
    h('li', null, h('a', { class: 'staff-place', href: place.href, 'aria-current': isAt(place) ? 'page' : null },
      icon(place.icon, { size: 22 }), h('span', null, t(place.key)))))));
}

async function showAccount() {
  const found = signedIn() ? await user().catch(() => null) : null;
  // Fans who stray here see the way back, and nothing of the console.
  const isStaff = found !== null && found.role !== 'FAN';
  navigation.hidden = !isStaff;
  document.body.classList.toggle('is-gate', !isStaff);
  replace(account, isStaff && [
    h('span', { class: 'staff-account-name' }, icon('user', { size: 18 }), h('span', null, found.name)),
    button(t('staff.logOut'), async () => { await signOut(); reopen(); }, { kind: 'quiet' }),
  ]);
}

replace(document.getElementById('header'), h('div', { class: 'staff-bar' },
  h('a', { class: 'wordmark', href: '/staff' }, mark(), h('span', null, t('page.name')),
    h('span', { class: 'staff-word' }, t('staff.word'))),
  navigation, account));
showNavigation();
onPage(showNavigation);
onSession(showAccount);
await showAccount();
start({ home: '/staff', siteName: t('staff.console') });
