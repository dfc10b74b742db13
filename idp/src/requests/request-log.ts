import type { ServiceContext } from '@edutrust/platform/context';
import { sql } from 'kysely';
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { AppDirectory } from '../apps/directory.ts';
import { ownClientId } from '../provider/first-party.ts';
import { refusalOf } from './reason.ts';
import { createUseCounter } from './uses.ts';

/** How many requests of an app are kept: what somebody looks at who wonders why a sign-in fails. */
const kept = 50;
/** More wait for the database only in a flood, of which a part says as much as the whole. */
const mostWaiting = 200;

/** What of a request is kept: no secret, code, token or hint, nothing of a person. */
const shown = [
  'response_type',
  'redirect_uri',
  'post_logout_redirect_uri',
  'scope',
  'prompt',
  'max_age',
  'acr_values',
  'code_challenge_method',
  'grant_type',
  'response_mode',
  'resource',
] as const;
/** Of these whether they were there. */
const present = [
  ...['state', 'nonce', 'code_challenge', 'code_verifier', 'client_secret'],
  ...['client_assertion', 'request', 'request_uri', 'claims'],
] as const;

/** By these grants a person comes in; by others an app goes on, or acts for itself. */
const lettingIn = new Set([
  'authorization_code',
  'urn:ietf:params:oauth:grant-type:device_code',
  'urn:openid:params:grant-type:ciba',
]);

/** What an app may well be answered while all is as it should be: nobody is signed in, a person says no or takes time. */
const isNobodysFault = ({ message }: Error) =>
  ['login_required', 'consent_required', 'access_denied', 'authorization_pending', 'slow_down'].includes(message);

interface Noted {
  readonly client_id: string;
  readonly at: string;
  readonly endpoint: string;
  readonly error: string | null;
  readonly reason: string | null;
  readonly detail: string | null;
  readonly sent: Readonly<Record<string, string>>;
}

/** The last requests of each app, and how many there were, written behind the answer, which waits for nothing. */
export interface RequestLog {
  /** Keeps why an app was refused. */
  refused(ctx: KoaContextWithOIDC, error: Error): void;
  /** Keeps that it worked, of an app in its sandbox. */
  succeeded(ctx: KoaContextWithOIDC): void;
  settled(): Promise<void>;
}

export function createRequestLog(context: ServiceContext, apps: AppDirectory): RequestLog {
  const uses = createUseCounter(context);
  let waiting: Noted[] = [];
  let writing: Promise<void> | undefined;

  async function write(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      await keep(context, batch).catch((error: unknown) => context.log.error({ err: error }, 'requests of apps'));
    }
    writing = undefined;
  }

  function note(ctx: KoaContextWithOIDC, error?: Error): void {
    const clientId = appOf(ctx);
    if (!clientId || waiting.length >= mostWaiting) return;
    waiting.push({
      client_id: clientId,
      at: context.clock.now().toISOString(),
      endpoint: ctx.oidc.route,
      error: error?.message ?? null,
      ...(error ? refusalOf(error) : { reason: null, detail: null }),
      sent: sentOf(ctx.oidc.params ?? {}),
    });
    writing ??= write();
  }

  return {
    refused: (ctx, error) => {
      // that a proof needs the nonce that comes with the answer is how every exchange with one begins (RFC 9449 §8)
      if (error.message === 'use_dpop_nonce') return;
      const clientId = appOf(ctx);
      if (clientId && !isNobodysFault(error)) uses.refused(clientId);
      note(ctx, error);
    },
    succeeded: (ctx) => {
      const clientId = appOf(ctx);
      if (!clientId) return;
      if (ctx.oidc.route === 'token' && lettingIn.has(String(ctx.oidc.params?.grant_type))) uses.entered(clientId);
      void apps.app(clientId).then(
        (app) => (app?.isSandbox ? note(ctx) : undefined),
        () => undefined,
      );
    },
    settled: async () => {
      await Promise.all([writing, uses.settled()]);
    },
  };
}

const appOf = (ctx: KoaContextWithOIDC): string | undefined => {
  const clientId = ctx.oidc?.client?.clientId;
  return clientId === ownClientId ? undefined : clientId;
};

function sentOf(params: Readonly<Record<string, unknown>>): Record<string, string> {
  const sent: Record<string, string> = {};
  for (const name of shown) if (typeof params[name] === 'string') sent[name] = params[name].slice(0, 300);
  for (const name of present) if (params[name] !== undefined) sent[name] = '…';
  return sent;
}

async function keep({ db }: ServiceContext, batch: readonly Noted[]): Promise<void> {
  await sql`
    INSERT INTO idp.app_request (client_id, at, endpoint, error, reason, detail, sent)
    SELECT r.client_id, r.at, r.endpoint, r.error, r.reason, r.detail, r.sent
    FROM jsonb_to_recordset(${JSON.stringify(batch)}::jsonb)
      AS r (client_id text, at timestamptz, endpoint text, error text, reason text, detail text, sent jsonb)
    JOIN idp.app AS a ON a.client_id = r.client_id`.execute(db);
  const clientIds = [...new Set(batch.map(({ client_id }) => client_id))];
  await sql`
    DELETE FROM idp.app_request AS old USING unnest(${clientIds}::text[]) AS of (client_id)
    WHERE old.client_id = of.client_id AND old.id <= (
      SELECT id FROM idp.app_request WHERE client_id = of.client_id ORDER BY id DESC OFFSET ${kept} LIMIT 1)`.execute(
    db,
  );
}
