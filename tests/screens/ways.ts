import type { Page } from 'playwright-core';
import type { City, Who } from './city.ts';

export type Way = string | ((page: Page, city: City) => Promise<unknown>);

/** A screen of the inventory: whose it is and how one gets there. */
export interface Screen {
  /** Number of its kind in the inventory of twenty-five, and what it is. */
  readonly name: string;
  readonly who: Who;
  readonly open: Way;
  /** How one got there in a checkout of November 2026, before the screens were redrawn; null where it was not there. */
  readonly before?: Way | null;
}

export const signInPath = '/signin?return_to=%2F';

/** An app that nobody has agreed to yet asks for consent. */
export const consent = `/oidc/auth?${new URLSearchParams({
  client_id: 'thu-vien-so',
  response_type: 'code',
  redirect_uri: 'http://localhost:4001/callback',
  scope: 'openid profile school',
  code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  code_challenge_method: 'S256',
})}`;
