/** What every page says. */
const plural = (one, many) => ({ n }, shown) => `${shown(n)} ${n === 1 ? one : many}`;

export default {
  page: {
    name: 'Jari',
    home: 'To the start',
    skip: 'Skip to the content',
    my: 'My bookings',
    login: 'Log in',
    docs: 'API documents',
    theme: 'Colours',
    themeSystem: 'System',
    themeLight: 'Light',
    themeDark: 'Dark',
    language: 'Language',
    offline: 'You are offline. We go on as soon as you are back.',
    more: 'Show more',
    close: 'Close',
    cancel: 'Cancel',
    back: 'Back',
    loading: 'Loading',
  },
  problem: {
    title: 'Something went wrong',
    internal: 'Something went wrong on our side. Please try again in a moment.',
    offlineTitle: 'We cannot reach the server',
    offline: 'Check your connection and try again.',
    notFoundTitle: 'Nothing here',
    notFound: 'The address has changed, or the page is gone.',
    notSignedIn: 'Please log in.',
    retry: 'Try again',
    toConcerts: 'See concerts',
  },
  duration: {
    days: plural('day', 'days'),
    hours: plural('hour', 'hours'),
    minutes: plural('minute', 'minutes'),
    seconds: plural('second', 'seconds'),
  },
};
