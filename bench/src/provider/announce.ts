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

/** What a provider holds: bytes in use after a full collection, and in the tables of its database. */
export interface Held {
  readonly inUse: number;
  readonly stored: number;
}

/**
 * Tells the parent that the process is ready; it ends with the parent. Asked for it, and started with `--expose-gc`, it
 * says what it holds: the first collection only finds what is to be finalised.
 */
export function announce(measured: Measured, stored: () => Promise<number> = async () => 0): void {
  process.on('disconnect', () => process.exit(0));
  process.on('message', async () => {
    const bytes = await stored();
    globalThis.gc?.();
    globalThis.gc?.();
    const { heapUsed, external } = process.memoryUsage();
    process.send?.({ inUse: heapUsed + external, stored: bytes } satisfies Held);
  });
  process.send?.(measured);
}
