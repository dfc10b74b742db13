import { librarySeconds } from '../provider/library-time.ts';

/** How long a session lives: unused, and in all (S8). */
export interface SessionLife {
  readonly idleSeconds: number;
  /** From the sign-in, used or not. */
  readonly totalSeconds: number;
}

/** On a device of one's own. */
export const ownDeviceLife: SessionLife = { idleSeconds: 24 * 3600, totalSeconds: 14 * 24 * 3600 };
/**
 * On a computer that others use too, and for pupils and officers everywhere: the cookie ends with the browser. The
 * figures are those of NIST SP 800-63B-4 §2.3.3 for AAL3.
 */
export const sharedDeviceLife: SessionLife = { idleSeconds: 15 * 60, totalSeconds: 12 * 3600 };

/** The life of a session by whether its cookie ends with the browser (`transient`, oidc-provider's word). */
export function lifeOf({ transient }: { readonly transient?: boolean | undefined }): SessionLife {
  return transient ? sharedDeviceLife : ownDeviceLife;
}

/** How long the session may still live, from the sign-in on. */
export function sessionSecondsLeft(session: {
  readonly transient?: boolean | undefined;
  readonly loginTs?: number | undefined;
}): number {
  const age = session.loginTs === undefined ? 0 : librarySeconds() - session.loginTs;
  return Math.max(1, lifeOf(session).totalSeconds - age);
}
