// Before the first paint, so that a chosen theme or language does not flash in the other one. Classic and outside of the bundle for
// that reason; the policy of the page forbids scripts inside of it.
try {
  const theme = localStorage.getItem('darkroom.theme');
  if (theme === 'dark' || theme === 'light') document.documentElement.dataset.theme = theme;
} catch {
  // Without storage the system decides.
}
