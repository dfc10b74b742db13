/** A session that nobody uses ends after this many seconds (S8). */
export const idleSeconds = 24 * 3600;
/** Every session ends this many seconds after its sign-in, used or not (S8). */
export const sessionSeconds = 14 * 24 * 3600;
