import type { RecordedEvent } from '@edutrust/platform/outbox';

const caep = 'https://schemas.openid.net/secevent/caep/event-type';
const risc = 'https://schemas.openid.net/secevent/risc/event-type';

/** What receivers may be told (CAEP 1.0 §3, RISC 1.0 §2). */
export const signalTypes = [
  `${caep}/session-revoked`,
  `${caep}/credential-change`,
  `${risc}/account-disabled`,
  `${risc}/account-enabled`,
  `${risc}/account-purged`,
  `${risc}/credential-compromise`,
] as const;
export type SignalType = (typeof signalTypes)[number];

/** What an erasure notes itself, before the name that a receiver knows the person by is gone (RISC 1.0 §2.2). */
export const purgedType: SignalType = `${risc}/account-purged`;

/** That a stream works (SSF 1.0 §8.1.4); no receiver has to ask for it. */
export const verificationType = 'https://schemas.openid.net/secevent/ssf/event-type/verification';

/** One statement about a person, in the words of its specification. */
export interface Signal {
  readonly type: SignalType;
  readonly details: Readonly<Record<string, string>>;
}

const session = (initiating_entity: string): Signal => ({
  type: `${caep}/session-revoked`,
  details: { initiating_entity },
});
/** CAEP 1.0 §3.3: which kind of credential, and what became of it. */
const credential = (credential_type: string, change_type: string): Signal => ({
  type: `${caep}/credential-change`,
  details: { credential_type, change_type },
});
const account = (what: 'account-disabled' | 'account-enabled'): Signal => ({ type: `${risc}/${what}`, details: {} });

/** Whoever ended a session, in CAEP's words (§2). */
const enders: Readonly<Record<string, string>> = {
  'signed-out': 'user',
  'signed-out-everywhere': 'user',
  'credentials-changed': 'user',
  'not-me': 'user',
  'ended-by-administrator': 'admin',
  suspended: 'admin',
};

const signals = {
  'session.ended': ({ data }) => session(enders[String(data.reason)] ?? 'system'),
  'password.changed': () => credential('password', 'update'),
  'pin.given': () => credential('pin', 'update'),
  'passkey.added': () => credential('fido2-platform', 'create'),
  'passkey.removed': () => credential('fido2-platform', 'delete'),
  'second-factor.added': () => credential('app', 'create'),
  'second-factor.removed': () => credential('app', 'delete'),
  'passkey.counter-went-back': () => ({
    type: `${risc}/credential-compromise`,
    details: { credential_type: 'fido2-platform' },
  }),
  /** Whoever changed it may know the password, which is forgotten (RISC 1.0 §2.7). */
  'account.taken-back': () => ({ type: `${risc}/credential-compromise`, details: { credential_type: 'password' } }),
  'account.suspended': () => account('account-disabled'),
  'account.resumed': () => account('account-enabled'),
  'person.left': () => account('account-disabled'),
  'person.returned': () => account('account-enabled'),
} satisfies Readonly<Record<string, (event: Pick<RecordedEvent, 'data'>) => Signal>>;

/** The events of ours that become signals. */
export const sources = Object.keys(signals) as (keyof typeof signals)[];

/** What receivers are told of an event; undefined for one that is none of theirs. */
export function signalOf(event: Pick<RecordedEvent, 'type' | 'data'>): Signal | undefined {
  return Object.hasOwn(signals, event.type) ? signals[event.type as keyof typeof signals](event) : undefined;
}
