/**
 * Everything a script needs to sign a child in with a badge. It scans the QR code (or takes the typed code), signs
 * `edutrust room v1\\n{uid}\\n` with the key of an enrolled browser when it has one, and posts `{ scanned | code, room? }`
 * to `lookPath`: 200 `{ "options": BadgeOptions }`. Then it asks for the PIN and posts `{ ticket, pin }` to `verifyPath`:
 * 200 `{ "location": "/…" }`, else problem details to show.
 */
export interface BadgePrompt {
  readonly uid: string;
  readonly lookPath: string;
  readonly verifyPath: string;
}

/** Whose badge was shown, and what to ask. */
export interface BadgeOptions {
  readonly ticket: string;
  readonly givenName: string;
  readonly kind: 'pictures' | 'digits';
  /** How many pictures or digits. */
  readonly length: number;
  /** In the order in which to show them, another one each time; empty for digits. */
  readonly pictures: readonly string[];
}
