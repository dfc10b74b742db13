import process from 'node:process';

export const clientId = 'lop-hoc';
export const refreshId = 'so-tay';
export const machineId = 'may-cham-cong';
export const secret = 'a secret of the bench';
export const redirectUri = 'http://localhost:4002/callback';

/** A provider process that is ready to be measured. */
export interface Measured {
  readonly origin: string;
  /** Of a person who is signed in. */
  readonly cookie: string;
  readonly paths: {
    readonly auth: string;
    readonly token: string;
    readonly userinfo: string;
    readonly jwks: string;
    readonly introspection: string;
  };
  /** What a person sends who signs in. */
  readonly form: Readonly<Record<string, string>>;
  /** First process of its PostgreSQL. */
  readonly postmaster?: number;
  /** Of a family that only the bench rotates. */
  readonly refreshToken: string;
  /** Secrets that differ from the bench's own. */
  readonly secrets?: Readonly<Record<string, string>>;
}

/** Tells the parent that the process is ready; it ends with the parent. */
export function announce(measured: Measured): void {
  process.on('disconnect', () => process.exit(0));
  process.send?.(measured);
}
