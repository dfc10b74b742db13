export type Theme = 'system' | 'light' | 'dark';

const year = 31_536_000;

/** The theme that this browser was told to keep; the system's until then. */
export function theme(): Theme {
  const kept = /(?:^|;\s*)theme=(light|dark)/.exec(document.cookie)?.[1];
  return kept === 'light' || kept === 'dark' ? kept : 'system';
}

/** Draws the page in the theme of this browser; called before anything is drawn. */
export function startTheme(): void {
  draw(theme());
}

/** Draws the page in it at once, and keeps it for every page of this browser. */
export function chooseTheme(chosen: Theme): void {
  const age = chosen === 'system' ? 0 : year;
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in every browser that schools have
  document.cookie = `theme=${chosen}; path=/; max-age=${age}; samesite=lax`;
  draw(chosen);
}

function draw(chosen: Theme): void {
  if (chosen === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
}
