/** The browser's Trusted Types, where it has them; our policy lets through addresses of our own scripts and nothing else (S4). */
interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { readonly createScriptURL: (address: string) => string },
  ): { createScriptURL(address: string): string };
}

// TypeScript's list of what a browser has does not know it yet
const { trustedTypes } = globalThis as { readonly trustedTypes?: TrustedTypes };

const policy = trustedTypes?.createPolicy('edutrust', {
  createScriptURL: (address) => {
    const { origin, pathname } = new URL(address, location.href);
    if (origin === location.origin && /^\/(assets\/[^/]+\.m?js|sign\/worker\.js)$/.test(pathname)) return pathname;
    throw new TypeError(`not a script of ours: ${pathname}`);
  },
});

/** The address of a script of ours, as `new Worker` and `serviceWorker.register` take it under our content security policy. */
export function scriptAddress(address: string): string {
  return policy ? policy.createScriptURL(address) : address;
}
