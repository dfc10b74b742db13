/** Who acts. */
export type Actor =
  | {
      readonly kind: 'person';
      readonly personId: string;
      readonly sessionId: string;
      readonly roles: readonly RoleAssignment[];
      /** How strongly the person signed in, as in ID tokens. */
      readonly acr: string;
      /** When the person last proved who they are. */
      readonly authenticatedAt: Date;
    }
  /** A relying app with its own credentials. */
  | { readonly kind: 'app'; readonly clientId: string; readonly scopes: readonly string[] }
  /** The program itself: a job, the command line (`cli`), the first start (`setup`). */
  | { readonly kind: 'system'; readonly name: string };

/** Someone who is signed in, as handlers and rules about people get them. */
export type PersonActor = Extract<Actor, { kind: 'person' }>;

/** A role in an organisation and everything below it. */
export interface RoleAssignment {
  readonly role: string;
  readonly organisationId: string;
}

/** Who acted, as the ledger keeps it: identifiers only. */
export type RecordedActor =
  | { readonly kind: 'person'; readonly personId: string }
  | { readonly kind: 'app'; readonly clientId: string }
  | { readonly kind: 'system'; readonly name: string };
