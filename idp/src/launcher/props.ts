import type { AppPicture } from '../apps/pictures.ts';
import type { AcceptedPasskeys } from '../passkeys/prompts.ts';

/** A sentence that is already in the reader's language. */
type Sentence = string;
/** ISO 8601 UTC. */
type Instant = string;

/** How a person is spoken to: `em`; `thầy` or `cô`; `anh` or `chị`. */
export interface Address {
  readonly kind: 'pupil' | 'teacher' | 'adult';
  readonly gender: 'male' | 'female' | null;
}

export interface LauncherApp {
  readonly clientId: string;
  readonly name: string;
  readonly purpose: Sentence;
  /** What its tile shows; null: its first letters. */
  readonly picture: AppPicture | null;
  readonly href: string;
}

/** A document that was issued to somebody. */
export interface IssuedLink {
  readonly title: Sentence;
  readonly issuedAt: Instant;
  /** Link to the file. */
  readonly filePath: string;
  /** Link to the public page that says whether it is genuine. */
  readonly verifyPath: string;
}

/** A learner this morning: in today, not in today, or without an account in use. */
export type Seat = 'in' | 'out' | 'none';

export interface LauncherProps {
  readonly name: string;
  readonly givenName: string;
  readonly place: string | null;
  readonly apps: readonly LauncherApp[];
  /** Our own pages that the person's roles open: `{ label: 'Quản trị', href: '/admin' }`. */
  readonly ownPages: readonly { readonly label: Sentence; readonly href: string }[];
  readonly children: { readonly givenNames: readonly string[]; readonly href: string } | null;
  /** Apps that wait for a sign-in on this phone; null when none does. */
  readonly signInRequests: { readonly apps: readonly string[]; readonly href: string } | null;
  /** A password was typed on the person's own device, and they have no passkey: the browser may make one by itself. */
  readonly offersPasskey: boolean;
  readonly accountPath: string;
  /** `<form method="post">` without fields: «Xong – đăng xuất», and «Không phải em?» for the next child. */
  readonly signOutAction: string;
  /** The lesson that the session began in; with it the page asks whether it is still on (`/api/v1/account/lesson`). */
  readonly lesson: { readonly kind: 'lab' | 'exam'; readonly endsAt: Instant } | null;
  /** The session is that of a shared computer: leaving is the main thing to offer. */
  readonly isShared: boolean;
  readonly address: Address;
  /** Documents that wait for the person's signature or seal; null when there are none. */
  readonly waiting: {
    readonly count: number;
    /** Everything that waits. */
    readonly href: string;
    /** The most urgent of it. */
    readonly batches: readonly {
      readonly purpose: 'sign' | 'seal';
      readonly className: string | null;
      readonly title: string;
      readonly isTranscripts: boolean;
      readonly count: number;
      readonly dueAt: Instant | null;
      /** Names of those whose marks stand out: to be read first. */
      readonly standOut: readonly string[];
      readonly href: string;
    }[];
  } | null;
  /** The classes that the person is class teacher of now. */
  readonly classes: readonly {
    readonly code: string;
    /** Each learner in the order of the list: in today, not in today, or without an account in use. */
    readonly seats: readonly Seat[];
    readonly href: string;
  }[];
  /** For the browser, after a sign-in with a passkey; null else. */
  readonly accepted: AcceptedPasskeys['accepted'] | null;
  /** A badge is all that they have, and it ends with the school that they are about to leave. */
  readonly needsOwnWay: boolean;
  /** Who belongs nowhere any longer: what is theirs for life, and nothing of a school; null for everybody else. */
  readonly left: {
    /** Newest first. */
    readonly documents: readonly IssuedLink[];
    readonly looksPath: string;
    readonly requestsPath: string;
  } | null;
  /** What happened to the account of a grown-up, newest first: the last few. */
  readonly activity: readonly { readonly at: Instant; readonly sentence: Sentence }[];
}
