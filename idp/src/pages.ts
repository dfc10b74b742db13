import type { Problem } from '@edutrust/platform/http';
import type { Locale } from '@edutrust/platform/messages';
import type { BadgePrompt } from './badges/prompt.ts';
import type { BreakGlassProps } from './break-glass/props.ts';
import type { SignInRequestProps } from './ciba/props.ts';
import type { DataRequestsProps } from './data-requests/props.ts';
import type { FormError } from './form-error.ts';
import type { IssuedLink, LauncherProps } from './launcher/props.ts';
import type { LooksProps } from './looks/props.ts';
import type { AcceptedPasskeys, PasskeyCreation, PasskeyPrompt } from './passkeys/prompts.ts';
import type { DeviceProps } from './provider/device-props.ts';
import type { SecondFactorSetupProps } from './second-factor/props.ts';
import type { NotMeProps } from './undo/props.ts';
import type { UpstreamProps } from './upstream/props.ts';

export type { Problem } from '@edutrust/platform/http';
export type { AppPicture } from './apps/pictures.ts';
export type { BadgeOptions, BadgePrompt } from './badges/prompt.ts';
export type { BreakGlassProps } from './break-glass/props.ts';
export type { SignInRequestProps } from './ciba/props.ts';
export type { DataRequestsProps } from './data-requests/props.ts';
export type { FormError } from './form-error.ts';
export type { Address, IssuedLink, LauncherApp, LauncherProps, Seat } from './launcher/props.ts';
export type { LooksProps } from './looks/props.ts';
export type { PasskeyCreation, PasskeyPrompt } from './passkeys/prompts.ts';
export type { DeviceProps } from './provider/device-props.ts';
export type { SecondFactorSetupProps } from './second-factor/props.ts';
export type { NotMeProps } from './undo/props.ts';
export type { UpstreamProps } from './upstream/props.ts';

/** How a page is shown. */
export interface View {
  readonly locale: Locale;
  /** The address that was asked for, with its query: the language links return to it with `lang=vi|en`. */
  readonly path: string;
  /**
   * After how many seconds unused the session of a shared computer ends: the page warns a minute before, and then signs
   * out by itself (WCAG 2.2 §2.2.1). Absent on a device of one's own.
   */
  readonly idleSeconds?: number;
}

/** A sentence that is already in the reader's language. */
type Sentence = string;
/** ISO 8601 UTC. */
type Instant = string;

/** The app that sent the person here. `host` is where they will return to; null: to a device that waits. */
export interface AskingApp {
  readonly name: string;
  readonly host: string | null;
  /** Ours (console, launcher, account): shown as the platform itself. */
  readonly isOwn: boolean;
}

/** `/signin/{uid}/badge`: the camera first, then the PIN; without a camera the code is typed. */
export interface BadgeProps {
  readonly badge: BadgePrompt;
  /** Every picture that a PIN can have, by name: cat, fish, rabbit … */
  readonly pictures: readonly string[];
  /** Back to the page with the other ways. */
  readonly backPath: string;
  readonly app: AskingApp;
}

/** Where a badge's QR code leads with any other camera: that it is for the school's computers, and how to go on. */
export interface BadgeOutsideProps {
  readonly signInPath: string;
}

/**
 * Sign-in: `<form method="post" action>` with `identifier` (`autocomplete="username webauthn"`, `inputmode="numeric"`)
 * and `password` (`current-password`). Works with JavaScript off.
 */
export interface SignInProps {
  readonly action: string;
  readonly app: AskingApp;
  /** What was typed before; never the password. */
  readonly identifier: string;
  readonly error?: FormError;
  readonly passkey?: PasskeyPrompt;
  /** `<form method="post" action>` without fields: back to the app without signing in. Absent for our own pages. */
  readonly cancelAction?: string;
  /** Link for those who hold a printed code. */
  readonly activatePath: string;
  /** Link to sign in with a badge; absent where the app asks for more than a badge proves. */
  readonly badgePath?: string;
  /** Links to the sign-in of other houses. */
  readonly upstream?: readonly { readonly name: string; readonly path: string }[];
  /** A school's registered network: the badge comes first. */
  readonly isAtSchool: boolean;
  /**
   * Whether the box `shared=yes` («Máy dùng chung») is ticked: in a school's registered network it is at first. By script
   * it goes as `{ credential, shared: true }`. A pupil's session is that of a shared computer in any case.
   */
  readonly isShared: boolean;
}

/** The person is known and confirms again: one field `password`, or the passkey. */
export interface StepUpProps {
  readonly action: string;
  readonly app: AskingApp;
  /** The person's own name: it is their own session. */
  readonly name: string;
  /** What is unusual about the session, as a clause; empty where an app or a page asks for a fresh or a stronger proof. */
  readonly why: Sentence;
  readonly hasPassword: boolean;
  readonly error?: FormError;
  readonly passkey?: PasskeyPrompt;
  readonly badgePath?: string;
  readonly cancelAction?: string;
  /** Form without fields, «Không phải em?»: the session ends, and the next person signs in. */
  readonly someoneElseAction: string;
}

/** `prompt=select_account`: a form without fields to go on as the person of the session, and one for somebody else. */
export interface SelectAccountProps {
  readonly action: string;
  readonly app: AskingApp;
  /** The person's own name: it is their own session. */
  readonly name: string;
  readonly someoneElseAction: string;
}

/** An app in its sandbox: one button `person=<id>` for each invented person. */
export interface SandboxProps {
  readonly action: string;
  readonly cancelAction: string;
  readonly app: AskingApp;
  readonly people: readonly { readonly id: string; readonly name: string; readonly places: readonly Sentence[] }[];
}

/** The password was right, and the account asks for more: one field `code` (`autocomplete="one-time-code"`). */
export interface SecondFactorProps {
  readonly action: string;
  readonly app: AskingApp;
  /** The code was mailed; else it is one of the authenticator app. */
  readonly isMailed: boolean;
  /** What is unusual about this sign-in, as a clause; empty for nothing. */
  readonly why: Sentence;
  readonly error?: FormError;
  /** Back to the page with the other ways. */
  readonly backPath: string;
}

/** The three steps of activation; each is a form that posts to `action`. After the last the person is signed in. */
export type ActivateProps =
  /** Field `code` (4-4-4 groups, `autocomplete="off"`, `autocapitalize="characters"`); spaces and hyphens do not matter. */
  | { readonly step: 'code'; readonly action: string; readonly code: string; readonly error?: FormError }
  /** "N… T… Nguyệt, lớp 3/2: đúng là em?": hidden `ticket`, buttons `answer=yes` and `answer=no`. */
  | {
      readonly step: 'confirm';
      readonly action: string;
      readonly ticket: string;
      readonly maskedName: string;
      /** `Lớp 5A, Trường Tiểu học Lê Lợi`; null when there is nothing to say. */
      readonly place: string | null;
      readonly isPupil: boolean;
    }
  /** Hidden `ticket`, fields `password` (`new-password`) and `repeat`; or the passkey, by script. */
  | {
      readonly step: 'choose';
      readonly action: string;
      readonly ticket: string;
      /** To remember: what is typed at sign-in, `790 123 456 8`. */
      readonly educationId: string;
      readonly name: string;
      readonly isPupil: boolean;
      /** Their roles work with a passkey, or a password and a second factor, which they are led to next. */
      readonly needsPasskey: boolean;
      readonly minimumLength: number;
      /** What a good password is here. */
      readonly advice: Sentence;
      readonly error?: FormError;
      readonly passkey: PasskeyCreation;
    };

/** One thing that an app would learn, with its ACTUAL value: `{ label: 'Lớp', value: '5A' }`. */
export interface Datum {
  readonly claim: string;
  readonly label: Sentence;
  readonly value: string;
}

/** Hidden nothing; buttons `decision=allow` and `decision=refuse`. */
export interface ConsentProps {
  readonly action: string;
  readonly app: AskingApp & { readonly purpose: Sentence; readonly owner: string | null };
  readonly data: readonly Datum[];
  /** Children for whom the app would let the person act: `Nguyễn An (5A)`. */
  readonly actsFor: readonly Sentence[];
  /** Whether the app keeps access when the person is away (`offline_access`). */
  readonly keepsAccess: boolean;
  /** Whose word it takes: the person's own, a child's and a guardian's, or, under 7, a guardian's. */
  readonly who: 'self' | 'both' | 'guardian';
  /** The child has done what is theirs: a guardian's word is waited for, and the button is `decision=refuse` alone. */
  readonly waiting: { readonly hasGuardian: boolean } | null;
  /** Who is signed in, so that the next child notices. */
  readonly name: string;
  /** Form without fields, «Không phải em?»: the session ends, and the next person signs in. */
  readonly someoneElseAction: string;
}

/** Posts `fields` as hidden inputs; the button `logout=yes` ends everything, a plain submit keeps the session. */
export interface LogoutConfirmProps {
  readonly action: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly app: { readonly name: string } | null;
  /** Names of the apps that will be signed out too. */
  readonly alsoEnds: readonly string[];
}

export interface LoggedOutProps {
  /** The app that asked, when it gave no address to return to. */
  readonly app: { readonly name: string } | null;
  readonly signInPath: string;
}

export interface AccountPasskey {
  readonly id: string;
  readonly name: string;
  readonly createdAt: Instant;
  readonly lastUsedAt: Instant | null;
  /** Copied between the person's devices by their maker. */
  readonly isSynced: boolean;
  /** Form without fields; null for the last means of signing in. */
  readonly removeAction: string | null;
}

export interface AccountSession {
  readonly id: string;
  readonly isCurrent: boolean;
  /** `Chrome trên Windows` */
  readonly device: Sentence;
  readonly method: 'badge' | 'password' | 'code' | 'passkey';
  readonly signedInAt: Instant;
  readonly lastSeenAt: Instant;
  readonly apps: readonly string[];
  /** Form without fields: «not me». */
  readonly endAction: string;
}

export interface AccountProps extends AcceptedPasskeys {
  readonly name: string;
  readonly educationId: string;
  readonly place: string | null;
  readonly isPupil: boolean;
  readonly hasPassword: boolean;
  readonly passwordChangedAt: Instant | null;
  /** Fields `current` (absent when `hasPassword` is false), `password`, `repeat`. */
  readonly passwordAction: string;
  readonly minimumLength: number;
  readonly passkeys: readonly AccountPasskey[];
  /** Link to the page that adds one. */
  readonly addPasskeyPath: string;
  /** Where a code of an authenticator app is added or removed; absent for pupils and for those without a password. */
  readonly secondFactor?: { readonly path: string; readonly isOn: boolean };
  readonly sessions: readonly AccountSession[];
  /** Form without fields: ends every session, this one too. */
  readonly endAllAction: string;
  readonly apps: readonly {
    readonly name: string;
    readonly since: Instant;
    readonly data: readonly Datum[];
    /** Form without fields; null when the school approved the app. */
    readonly withdrawAction: string | null;
    /** Link to the signed receipt of what was agreed to; null for what is not the reader's to prove. */
    readonly receiptPath: string | null;
  }[];
  /** What a child asked for and a guardian has not agreed to: the app knows nothing yet. */
  readonly asked: readonly {
    readonly name: string;
    readonly askedAt: Instant;
    readonly data: readonly Datum[];
    /** Any one of them is enough; empty where the school has recorded nobody who decides. */
    readonly waitsFor: readonly ('mother' | 'father' | 'guardian')[];
    /** Form without fields: the child no longer asks. */
    readonly withdrawAction: string;
  }[];
  /** Systems that got data of the person without their coming there: which fields, by neutral name, and when last. */
  readonly releases: readonly {
    readonly recipient: string;
    readonly fields: readonly string[];
    readonly lastAt: Instant;
    readonly times: number;
  }[];
  /** What the person was told, newest first. */
  readonly notices: readonly {
    readonly at: Instant;
    readonly title: Sentence;
    readonly remedy: Sentence;
    /** Link: «not me»; absent when nothing can be taken back, and for pupils. */
    readonly notMePath?: string;
  }[];
  /** Newest first. */
  readonly activity: readonly { readonly at: Instant; readonly sentence: Sentence }[];
  /** Numbers of the state in the record; those that there are. */
  readonly ministryId: string | null;
  readonly lifelongCode: string | null;
  /** Who looked at the record. */
  readonly looksPath: string;
  /** The copy of one's own data, after a fresh proof; null while guardians decide. */
  readonly dataPath: string | null;
  /** Accounts of other houses; absent where none is accepted. */
  readonly upstreamPath?: string;
  readonly homePath: string;
  readonly signOutAction: string;
  /** What was just done, in words. */
  readonly notice?: Sentence;
  readonly error?: FormError;
}

/** A guardian's children. */
export interface ChildrenProps {
  readonly children: readonly {
    readonly id: string;
    readonly fullName: string;
    readonly educationId: string;
    readonly school: string | null;
    readonly className: string | null;
    /** From 16: what apps know and what happened to the account is theirs; both lists are empty. */
    readonly decidesAlone: boolean;
    readonly isLimited: boolean;
    readonly documents: readonly IssuedLink[];
    readonly apps: readonly {
      readonly name: string;
      readonly since: Instant;
      readonly data: readonly Datum[];
      /** Form without fields; null when the school approved the app. */
      readonly withdrawAction: string | null;
      /** Link to the signed receipt of what was agreed to; null for what is not the reader's to prove. */
      readonly receiptPath: string | null;
    }[];
    /** What apps ask for the child, which waits for the guardian's word; forms without fields. */
    readonly asked: readonly {
      readonly name: string;
      readonly purpose: Sentence;
      readonly data: readonly Datum[];
      readonly agreeAction: string;
      readonly refuseAction: string;
    }[];
    /** What happened to the child's account, newest first. */
    readonly activity: readonly { readonly at: Instant; readonly sentence: Sentence }[];
    /** Who looked at the child's record; null from 16. */
    readonly looksPath: string | null;
    /** The copy of the child's data, after a fresh proof; null from 16. */
    readonly dataPath: string | null;
  }[];
  readonly accountPath: string;
  readonly homePath: string;
}

export interface PasskeyAddProps {
  readonly name: string;
  /** `Chrome · Windows`: what this device would be called; empty when the browser does not say. */
  readonly deviceName: string;
  readonly passkey: PasskeyCreation;
  /** Back without adding. */
  readonly accountPath: string;
}

export interface ErrorProps {
  readonly problem: Problem;
}

/**
 * The pages of sign-in and account, each a whole HTML document that works without JavaScript but for passkeys.
 * Every form posts `application/x-www-form-urlencoded`; there is no token against cross-site requests in them: the
 * HTTP base looks at where a request comes from. Implemented by the screens.
 */
export interface IdpPages {
  signIn(props: SignInProps, view: View): string;
  secondFactor(props: SecondFactorProps, view: View): string;
  secondFactorSetup(props: SecondFactorSetupProps, view: View): string;
  badge(props: BadgeProps, view: View): string;
  badgeOutside(props: BadgeOutsideProps, view: View): string;
  stepUp(props: StepUpProps, view: View): string;
  selectAccount(props: SelectAccountProps, view: View): string;
  sandbox(props: SandboxProps, view: View): string;
  activate(props: ActivateProps, view: View): string;
  consent(props: ConsentProps, view: View): string;
  device(props: DeviceProps, view: View): string;
  signInRequest(props: SignInRequestProps, view: View): string;
  logoutConfirm(props: LogoutConfirmProps, view: View): string;
  loggedOut(props: LoggedOutProps, view: View): string;
  launcher(props: LauncherProps, view: View): string;
  account(props: AccountProps, view: View): string;
  children(props: ChildrenProps, view: View): string;
  looks(props: LooksProps, view: View): string;
  dataRequests(props: DataRequestsProps, view: View): string;
  upstream(props: UpstreamProps, view: View): string;
  notMe(props: NotMeProps, view: View): string;
  breakGlass(props: BreakGlassProps, view: View): string;
  passkeyAdd(props: PasskeyAddProps, view: View): string;
  error(props: ErrorProps, view: View): string;
}
