import { createHmac } from 'node:crypto';
import type { SecretBox } from '@edutrust/platform/secrets';

/** What an app calls a session: by session and app, so that tabs that enter an app at once tell it the same. */
export const sidOf = (secrets: Pick<SecretBox, 'derive'>, sessionUid: string, clientId: string): string =>
  createHmac('sha256', secrets.derive('idp/sid/v1')).update(`${sessionUid}\0${clientId}`).digest('base64url');
