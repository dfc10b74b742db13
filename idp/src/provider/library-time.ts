/**
 * Seconds since 1970 as oidc-provider counts them: it goes by the machine and not by our clock, and so does whatever is
 * compared with its times.
 */
export const librarySeconds = () => Math.floor(Date.now() / 1000);
