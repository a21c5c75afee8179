// Runs before the first paint and not as a module, so that a page chosen to be dark never flashes white.
(() => {
  const theme = localStorage.getItem('jari.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
})();
