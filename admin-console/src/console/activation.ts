/** A code that was just made, and whose it is. The server keeps only its hash: it is shown once. */
export interface MadeCode {
  readonly person: { readonly id: string; readonly fullName: string; readonly educationId: string };
  readonly code: string;
  readonly expiresAt: string;
}

/** What the camera reads: the page that takes the code. The code is in the fragment, which no server sees or logs. */
export const activationAddress = (code: string): string => `${location.origin}/activate#code=${code}`;
