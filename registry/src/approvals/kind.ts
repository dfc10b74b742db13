import type { Actor, PersonActor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Transaction } from '@edutrust/platform/database';
import type { Text } from '@edutrust/platform/messages';
import type { TSchema } from 'typebox';
import type { Action } from '../permissions/permissions.ts';
import type { ApprovalPasskey } from './passkey.ts';

export type { ApprovalPasskey, GivenCredential } from './passkey.ts';

/** One line of what the digest covers, in words. */
export interface Fact {
  readonly label: Text;
  readonly value: Text;
}

/** What an effect is given beside the object. */
export interface Applying {
  readonly context: ServiceContext;
  readonly approvalId: string;
  /** The maker, with the roles of now: what they may no longer do is not done. */
  readonly maker: PersonActor;
  /** The second person; the actor of the effect's events. */
  readonly approver: PersonActor;
}

/** What came of an effect. */
export interface Applied {
  /** Texts that one person may collect within a day (half of a code): kept encrypted, shown to that person alone. */
  readonly collect?: readonly { readonly personId: string; readonly text: string }[];
  /** True when the effect goes on after this transaction; {@link markApplied} ends it. */
  readonly goesOn?: boolean;
}

/**
 * A kind of act that takes two people, as a value; its owner hands it to the composition root. The content is the whole
 * truth: `describe` says all of it in words, the digest covers all of it, and `apply` does exactly it or throws. So the
 * content carries the versions of what it was made from, and the names that are shown.
 */
export interface ApprovalKind<Content = unknown> {
  /** `noun.verb`, stable: it is in the digest. */
  readonly kind: string;
  /** Refuses unknown members: nothing rides along unseen. */
  readonly content: TSchema;
  /** Who may be the second person: this action over the approval's organisation. */
  readonly approve: Action;
  /** A signature or a certificate stands on it: its text stays when a person whom it names is erased (ADR 0237). */
  readonly isEvidence?: true;
  /** How long it waits; a week when absent. */
  readonly lifeHours?: number;
  describe(content: Content): { readonly title: Text; readonly facts: readonly Fact[] };
  /** The person whom it is about: is notified, and is never the approver. */
  concerns(content: Content): string | undefined;
  /** The only person who may be the second, where the rules name one; everybody who may `approve` when absent. */
  approver?(content: Content): string;
  /** Whether it is about the person without the content's saying so (a row of a plan): they are never the approver either. */
  concernsToo?(transaction: Transaction, content: Content, personId: string): Promise<boolean>;
  /** Where the console shows what the content names by a digest alone. */
  page?(content: Content): string;
  /** The passkey that the maker confirms with when it is none for signing in (a phone confirms with its own). */
  makerPasskey?(content: Content): ApprovalPasskey;
  /** What the person concerned reads out and the approver types: compared without spaces, five tries. */
  readOut?(content: Content): string;
  /**
   * Does exactly what the content says, in the transaction that keeps the second person's act.
   *
   * @throws Conflict, Forbidden, NotFound, InvalidInput when that is no longer possible: the approval has failed then.
   */
  apply(transaction: Transaction, content: Content, applying: Applying): Promise<Applied | undefined>;
  /** It came to nothing: what waits for it moves on. */
  closed?(
    transaction: Transaction,
    content: Content,
    outcome: { readonly state: 'refused' | 'withdrawn' | 'expired' | 'failed'; readonly reason: string | null },
    closing: { readonly context: ServiceContext; readonly actor: Actor },
  ): Promise<void>;
  /** After the commit, at once; a job of the kind's own makes sure of it when the process dies here. */
  follow?(content: Content, applying: Applying): Promise<void>;
}

/** What the approvals are given at composition: the kinds of every service, and whose passkeys are whose. */
export interface ApprovalPorts {
  readonly kinds: readonly ApprovalKind[];
  /** The passkeys with which the person signs in. */
  passkeysOf(db: Transaction | ServiceContext['db'], personId: string): Promise<readonly ApprovalPasskey[]>;
  /** Keeps the counter of a passkey that was used. @throws InvalidInput when it went back. */
  passkeyUsed(transaction: Transaction, credentialId: string, counter: number): Promise<void>;
}
