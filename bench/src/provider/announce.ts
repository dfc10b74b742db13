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
  readonly paths: { readonly auth: string; readonly token: string; readonly userinfo: string; readonly jwks: string };
  /** Of a family that only the bench rotates. */
  readonly refreshToken: string;
  /** Secrets that differ from the bench's own. */
  readonly secrets?: Readonly<Record<string, string>>;
}

/** Tells the parent that the process is ready, and from then on its CPU time in milliseconds whenever asked. */
export function announce(measured: Measured): void {
  process.on('message', () => {
    const { user, system } = process.cpuUsage();
    process.send?.({ cpuMs: (user + system) / 1000 });
  });
  process.on('disconnect', () => process.exit(0));
  process.send?.(measured);
}
