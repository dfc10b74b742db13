import { breakGlassAcr } from '@edutrust/registry/permissions';
import { interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import { isClosedByExam } from '../lessons/entering.ts';
import type { RiskWatch } from '../risk/risk.ts';
import { riskReason, type Signal } from '../risk/words.ts';
import { keptOrigin } from '../throttling/origin.ts';
import { isStrongEnough } from './assurance.ts';
import { acrAsked } from './claims-parameter.ts';
import { ownClientId } from './first-party.ts';
import { readPrefetched } from './prefetch.ts';

/** Why a sign-in is shown that no sign-in resolves: see `lessons/entering.ts`. */
export const closedReason = 'exam';

/** The library's policy, a step-up when an app asks for more than the session has, and the choice of a person (OpenID Connect Core §3.1.2.1). */
export function signInPolicy(risk: RiskWatch): interactionPolicy.DefaultPolicy {
  const policy = interactionPolicy.base();
  const isWeaker = new interactionPolicy.Check(
    'acr_values',
    'the requested authentication context was not reached',
    'login_required',
    ({ oidc }) =>
      oidc.session?.accountId !== undefined &&
      (!isStrongEnough(oidc.session.acr, acrAsked(oidc.params ?? {})) ||
        // Broken glass opens the console alone.
        (oidc.session.acr === breakGlassAcr && oidc.client?.clientId !== ownClientId)),
  );
  const login = policy.get('login')?.checks;
  // the library compares `acr` as text, and a stronger sign-in is one that was asked for too
  for (const ofText of ['essential_acrs', 'essential_acr']) login?.remove(ofText);
  login?.add(isWeaker);
  login?.add(comesFromElsewhere(risk));
  login?.add(
    new interactionPolicy.Check(closedReason, 'the person sits in an exam without this app', 'access_denied', (ctx) =>
      isClosedByExam(ctx, ownClientId),
    ),
  );
  // After the sign-in: who has just signed in has chosen (`finishSignIn` says so).
  policy.add(new interactionPolicy.Prompt({ name: 'select_account', requestable: true }), 1);
  // The last of all: a person's key is used by an act of its own, whatever was agreed to before (CSC API v2.2 §8.4.2).
  policy.add(new interactionPolicy.Prompt({ name: 'credential', requestable: false }, isNotConfirmed));
  return policy;
}

/** A session of staff whose cookie is used where it did not begin; whoever has just signed in was judged then. */
function comesFromElsewhere(risk: RiskWatch): interactionPolicy.Check {
  const found = new WeakMap<KoaContextWithOIDC, readonly Signal[]>();
  return new interactionPolicy.Check(
    riskReason,
    'the session is used where it did not begin',
    'login_required',
    async (ctx) => {
      const { began } = readPrefetched();
      if (ctx.oidc.result?.login || !began || began.personId !== ctx.oidc.session?.accountId) return false;
      const signals = await risk.ofSession(began, keptOrigin(ctx.req), ctx.get('user-agent'));
      found.set(ctx, signals);
      return signals.length > 0;
    },
    (ctx) => ({ [riskReason]: found.get(ctx) ?? [] }),
  );
}

const isNotConfirmed = new interactionPolicy.Check(
  'credential_not_confirmed',
  'the signer has to confirm what is signed',
  'interaction_required',
  ({ oidc }) => asksForCredential(oidc.params) && oidc.result?.credential === undefined,
);

const asksForCredential = (params: { scope?: unknown } | undefined): boolean =>
  String(params?.scope ?? '')
    .split(' ')
    .includes('credential');
