/** Where the fan's pages start: which path shows what, and the header over all of them. */
import { h, replace } from './dom.js';
import { icon, mark } from './icons.js';
import { onPage, route } from './router.js';
import { loginPath, onSession, signedIn } from './session.js';
import { start } from './shell.js';
import { t } from './text.js';

route('/', () => import('../Catalog/ConcertsPage.js'));
route('/concerts/:id', () => import('../Catalog/ConcertPage.js'));
route('/dates/:id', () => import('../Holds/DatePage.js'));
route('/reservations/:id', () => import('../Holds/ReservationPage.js'));
route('/checkout/success', () => import('../Payments/CheckoutSuccessPage.js'));
route('/checkout/fail', () => import('../Payments/CheckoutFailPage.js'));
route('/tickets/:id', () => import('../Tickets/TicketPage.js'));
route('/my', () => import('../Accounts/MyPage.js'));
route('/login', () => import('../Accounts/LoginPage.js'));
route('/register', () => import('../Accounts/RegisterPage.js'));

const account = h('div', { class: 'cluster' });

function showAccount(path = location.pathname) {
  if (signedIn()) {
    replace(account, h('a', { class: 'header-link', href: '/my', 'aria-current': path === '/my' ? 'page' : null },
      icon('ticket'), t('page.my')));
    return;
  }
  const isLoggingIn = path === '/login' || path === '/register';
  const here = location.pathname + location.search;
  replace(account, h('a', {
    class: 'header-link', href: isLoggingIn || here === '/' ? '/login' : loginPath(here),
    'aria-current': path === '/login' ? 'page' : null,
  }, icon('user'), t('page.login')));
}

replace(document.getElementById('header'), h('div', { class: 'header-inner' },
  h('a', { class: 'wordmark', href: '/' }, mark(), t('page.name')), account));
onPage(showAccount);
onSession(() => showAccount());
start();
