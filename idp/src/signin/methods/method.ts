import type { FastifyRequest } from 'fastify';
import type Type from 'typebox';
import type { BadgePrompt, PasskeyPrompt } from '../../pages.ts';
import type { Assurance } from '../../provider/assurance.ts';
import type { IdpTools } from '../../tools.ts';
import type { Proof } from '../proof.ts';

/** The sign-in under way that a try belongs to. */
export interface Attempt {
  readonly request: FastifyRequest;
  /** The provider's interaction: only the browser that began it goes on with it, and challenges are bound to it. */
  readonly uid: string;
  /** The person who confirms their own session again; undefined while anybody may sign in. */
  readonly personId: string | undefined;
}

/** What the sign-in page needs to offer the methods. */
export interface Offers {
  readonly hasPassword?: boolean;
  readonly passkey?: PasskeyPrompt;
  readonly badge?: BadgePrompt;
}

/**
 * One way to prove who one is. The sign-in knows nothing of what a method asks: it hands the answer over and gets a proof
 * or the reason why not. To add one: a file here, a line in `methods.ts`, its part of the page.
 */
export interface SignInMethod<Answer extends Type.TObject = Type.TObject, Ask extends Type.TObject = Type.TObject> {
  /** Last part of its path, `/signin/{uid}/{name}`; the form of the page itself posts to `/signin/{uid}`. */
  readonly name: string;
  /** The most that it can prove: where an app asks for more, it is not offered. */
  readonly acr: Assurance;
  /**
   * `form`: an HTML form, which works without JavaScript; a refusal is shown on the page. `script`: JSON from the page's
   * script, answered with `{ location }` or problem details.
   */
  readonly by: 'form' | 'script';
  /** What is posted, beside the fields that every sign-in has. */
  readonly answer: Answer;
  /** Its part of the page at `action`, when it can be offered to this person. */
  offer(tools: IdpTools, attempt: Attempt, action: string): Promise<Offers>;
  /** For a `script`: what the proof needs first (a fresh challenge, whose badge it is), asked at `/signin/{uid}/{name}/options`. */
  readonly begin?: {
    readonly asks: Ask;
    options(tools: IdpTools, attempt: Attempt, asked: Type.Static<Ask>): Promise<object>;
  };
  /** @throws EduTrustError why this is no proof */
  prove(tools: IdpTools, attempt: Attempt, answer: Type.Static<Answer>): Promise<Proof>;
}
