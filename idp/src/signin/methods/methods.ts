import { badgeMethod } from './badge.ts';
import type { SignInMethod } from './method.ts';
import { passkeyMethod } from './passkey.ts';
import { passwordMethod } from './password.ts';

/** Every way to sign in, in the order in which the page offers them. */
export const signInMethods: readonly SignInMethod[] = [badgeMethod, passwordMethod, passkeyMethod];
