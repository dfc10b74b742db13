import type { ServiceContext } from '@edutrust/platform/context';
import { statement } from '@edutrust/platform/database';
import { kindOf } from '@edutrust/platform/http';
import type Provider from 'oidc-provider';
import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { CookieNames } from '../sessions/cookies.ts';
import { createAppOrigins } from './cors.ts';
import { hashOf } from './models/hash.ts';
import { giveBackInteraction } from './models/interaction.ts';
import { endRedemption } from './models/redemption.ts';
import { lostItsSession } from './models/session.ts';

/**
 * What our answers do that the library's do not: say «busy» and not «broken» while something we need is away, burn a
 * code that somebody presented wrongly, keep a cookie that another tab renewed, name no origin that is no app's.
 */
export function completeAnswers(provider: Provider, context: ServiceContext, cookies: CookieNames): void {
  const failures = new WeakMap<object, Error>();
  const keep = (ctx: KoaContextWithOIDC, error: Error) => failures.set(ctx, error);
  provider.on('server_error', keep);
  provider.on('grant.error', keep);
  const isAppOrigin = createAppOrigins(context.db, context.clock);

  provider.use(async (ctx: KoaContextWithOIDC, next: () => Promise<unknown>) => {
    try {
      await next();
    } catch (error) {
      // Beyond the library's own handlers: saving a session failed when the answer was already made.
      keep(ctx, error as Error);
      ctx.status = 500;
      ctx.body = { error: 'server_error' };
      context.log.error({ err: error }, 'provider');
    }
    const failure = failures.get(ctx);
    if (failure && ctx.status >= 500) sayWhatFailed(ctx, failure);
    if (failure) await endRedemption(context.db, ctx);
    await giveBackInteraction(context, ctx);
    if (failure && ctx.status === 400) await burnCode(context, ctx, failure);
    if (lostItsSession(ctx)) removeCookie(ctx, cookies.session);
    // RFC 7009 §2.2: there is no body, so there is no type of it; some libraries refuse text/plain.
    if (ctx.oidc?.route === 'revocation' && ctx.status === 200 && !ctx.body) ctx.remove('content-type');
    const origin = ctx.get('origin');
    if (origin && ctx.response.get('access-control-allow-origin') === origin && !(await isAppOrigin(origin))) {
      for (const name of ['Origin', 'Methods', 'Headers']) ctx.remove(`access-control-allow-${name.toLowerCase()}`);
      ctx.remove('access-control-expose-headers');
      ctx.remove('access-control-max-age');
    }
  });
}

/** 503 with `Retry-After` while the database or the store is away; 400 for text that cannot be stored. */
function sayWhatFailed(ctx: KoaContextWithOIDC, failure: Error): void {
  const { status, retryAfterSeconds } = kindOf(failure);
  ctx.status = status;
  if (retryAfterSeconds !== undefined) ctx.set('retry-after', String(retryAfterSeconds));
  if (ctx.type === 'text/html') return; // the page said so already
  ctx.body = {
    error: status === 503 ? 'temporarily_unavailable' : status === 400 ? 'invalid_request' : 'server_error',
  };
}

/** A code that its app presents with a wrong verifier, address or proof was seen by somebody: it no longer works. */
async function burnCode({ db }: ServiceContext, ctx: KoaContextWithOIDC, failure: Error): Promise<void> {
  const { grant_type: grantType, code } = ctx.oidc?.params ?? {};
  const { client } = ctx.oidc ?? {};
  if (!(failure instanceof errors.InvalidGrant) || grantType !== 'authorization_code' || !client) return;
  await burn(db, hashOf(String(code)), client.clientId);
}

const burn = statement<never, [idHash: Buffer, clientId: string]>(
  'idp.authorization-code-burn',
  `UPDATE idp.authorization_code SET consumed_at = now()
   WHERE id_hash = $1 AND payload->>'clientId' = $2 AND consumed_at IS NULL`,
);

function removeCookie(ctx: KoaContextWithOIDC, name: string): void {
  const lines = [ctx.response.get('set-cookie') as string | string[]].flat().filter(Boolean);
  const kept = lines.filter((line) => !line.startsWith(`${name}=`) && !line.startsWith(`${name}.sig=`));
  if (kept.length === lines.length) return;
  ctx.remove('set-cookie');
  if (kept.length > 0) ctx.set('set-cookie', kept);
}
