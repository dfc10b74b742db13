import type { FastifyRequest } from 'fastify';
import type { Actor } from '../actor.ts';
import type { Disclosures } from './disclosure.ts';

/** What an action is done to, as far as deciding needs it; of several things every one counts. */
export interface Resource {
  /** The organisation it belongs to. */
  readonly organisationId?: string;
  /** A person: reading asks where they belong, governing asks for their home and every role that they hold. */
  readonly personId?: string;
  /** The class it belongs to: class teachers may do some things to what is their class's. */
  readonly classId?: string;
  /** Those whom it names, such as the signers of a document. */
  readonly assigneeIds?: readonly string[];
}

/**
 * Who may call a route. Every route names one in `config.access`; a route without one stops the start.
 * - `anyone`: public.
 * - `signed-in`: any person with a session, acting on their own things only.
 * - `action`: what `can(actor, action, resource)` allows. Without `resource` the handler narrows its answer to
 *   the organisations where the actor may act.
 * - `self-authenticating`: the protocol brings its own credential (token endpoint, SCIM bearer).
 */
export type Access =
  | { readonly kind: 'anyone' }
  | { readonly kind: 'signed-in' }
  | {
      readonly kind: 'action';
      readonly action: string;
      readonly resource?: (request: FastifyRequest) => Resource | Promise<Resource>;
      /** The route only proposes what takes a second person (registry/approvals); without it such an act is refused. */
      readonly proposes?: true;
      /** Seconds; an older sign-in answers 401 `session/step-up-required`. */
      readonly freshWithinSeconds?: number;
    }
  | { readonly kind: 'self-authenticating'; readonly scheme: string };

export const anyone: Access = { kind: 'anyone' };
export const signedIn: Access = { kind: 'signed-in' };

/** Given by the composition root: who is calling (idp knows), and may they (registry decides). */
export interface Gate {
  authenticate(request: FastifyRequest): Promise<Actor | null>;
  /** The same asked anew of a request that goes on: it does not count as use of the session, which may end meanwhile. */
  authenticateAgain?(request: FastifyRequest): Promise<Actor | null>;
  can(actor: Actor, action: string, resource?: Resource, how?: 'alone' | 'proposed'): Promise<boolean>;
  /** Who got to know what of whom; a server without it takes no route that discloses anything. */
  readonly disclosures?: Disclosures;
}
