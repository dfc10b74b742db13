import { setLocale } from './language.ts';

/** The browser's applications take the language that the person chose, else the browser's. */
export function startLanguage(): void {
  const asked = new URLSearchParams(location.search).get('lang') ?? /(?:^|;\s*)lang=(vi|en)/.exec(document.cookie)?.[1];
  const chosen = asked ?? (navigator.language.startsWith('en') ? 'en' : 'vi');
  const locale = chosen === 'en' ? 'en' : 'vi';
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in every browser that schools have
  if (asked) document.cookie = `lang=${locale}; path=/; max-age=31536000; samesite=lax`;
  document.documentElement.lang = locale;
  setLocale(locale);
}

/** Remembers the language and draws the page in it. */
export function chooseLanguage(locale: 'vi' | 'en'): void {
  // biome-ignore lint/suspicious/noDocumentCookie: as above
  document.cookie = `lang=${locale}; path=/; max-age=31536000; samesite=lax`;
  const { pathname, search } = location;
  const query = new URLSearchParams(search);
  query.delete('lang');
  location.replace(query.size > 0 ? `${pathname}?${query}` : pathname);
}
