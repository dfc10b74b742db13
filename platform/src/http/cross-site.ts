import type { FastifyRequest } from 'fastify';

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Whether the request would change something on behalf of a browser that another site steers (S3). Browsers say where
 * a request comes from in `Sec-Fetch-Site` (Fetch Metadata), older ones in `Origin`; a page cannot forge either.
 * A client that sends neither is no browser; it is refused only when it brings cookies.
 */
export function isCrossSite(request: FastifyRequest, ownOrigin: string): boolean {
  if (safeMethods.has(request.method)) return false;
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  const { origin, cookie } = request.headers;
  if (origin !== undefined) return origin !== ownOrigin;
  return cookie !== undefined;
}
