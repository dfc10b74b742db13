const longest = 2_000;

/**
 * A path of ours to go to afterwards; anything that could lead elsewhere becomes the launcher (S11). What a browser makes
 * of an answer's `Location` decides (WHATWG URL §4.4): `/.//evil.example` is a path, and its parsed path `//evil.example`
 * is not one any more. So the path is taken as parsed, and must still be the same path on our origin when parsed again.
 */
export function localPath(text: unknown, origin: string): string {
  if (typeof text !== 'string' || text.length > longest || !text.startsWith('/')) return '/';
  const parsed = pathOf(text, origin);
  return parsed !== undefined && pathOf(parsed, origin) === parsed ? parsed : '/';
}

/** The path and query of the text on our origin; undefined when it leads to another. */
function pathOf(text: string, origin: string): string | undefined {
  const url = URL.canParse(text, origin) ? new URL(text, origin) : undefined;
  if (url?.origin !== origin || url.username || url.password) return undefined;
  return `${url.pathname}${url.search}`;
}
