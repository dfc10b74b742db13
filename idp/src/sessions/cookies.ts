/** Cookie names of the provider. `__Host-` (RFC 6265bis §4.1.3.2) needs https and the path `/`; a sign-in under way has its own path. */
export interface CookieNames {
  readonly session: string;
  readonly interaction: string;
  readonly resume: string;
  /** Which people signed in on this device before. */
  readonly device: string;
  /** Between an activation and the sign-in that follows it. */
  readonly activated: string;
}

export function cookieNames(url: URL): CookieNames {
  const [host, secure] = url.protocol === 'https:' ? ['__Host-', '__Secure-'] : ['', ''];
  return {
    session: `${host}edutrust-session`,
    interaction: `${secure}edutrust-signin`,
    resume: `${secure}edutrust-resume`,
    device: `${host}edutrust-device`,
    activated: `${host}edutrust-activated`,
  };
}

/** The value of a cookie; undefined when the header has none of that name. */
export function readCookie(header: string | undefined, name: string): string | undefined {
  for (const part of header?.split(';') ?? []) {
    const at = part.indexOf('=');
    if (at > 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim();
  }
  return undefined;
}

/** A `Set-Cookie` for the whole origin; with `maxAgeSeconds` 0 it takes the cookie away. */
export function setCookie(url: URL, name: string, value: string, maxAgeSeconds: number): string {
  const secure = url.protocol === 'https:' ? '; Secure' : '';
  return `${name}=${value}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Lax${secure}`;
}
