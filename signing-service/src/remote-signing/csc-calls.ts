import { timeStampOf } from '@edutrust/certs/time-stamp';
import type { ServiceContext } from '@edutrust/platform/context';
import type { FastifyReply } from 'fastify';
import { askToSign, newSecret } from './ask.ts';
import { giveActivationData, ofHandle } from './authorisations.ts';
import { usableSeconds } from './confirm.ts';
import {
  type CredentialWish,
  credentialInfo,
  credentialsOf,
  isUsable,
  mustBeCredential,
  phone,
} from './credentials.ts';
import { CscError, invalidRequest } from './csc-error.ts';
import type { AppsPort, HeldToken, TokenHolder } from './port.ts';
import {
  credentialIdOf,
  hashes,
  isBase64,
  longestDescription,
  missing,
  mustBeOurSignAlgo,
  mustBeSha256,
  numSignatures,
  oids,
  oneOf,
  optionalFlag,
  optionalText,
  type Parameters,
  text,
} from './request.ts';
import { signDocuments } from './sign-doc.ts';
import { type Activation, signHashes } from './sign-hash.ts';

/** A call of the API whose token was looked at. */
export interface Call {
  readonly holder: TokenHolder;
  /** Of a second token, which came as a parameter. */
  readonly beside: HeldToken['beside'];
  readonly parameters: Parameters;
  readonly reply: FastifyReply;
}

async function wishOf(apps: AppsPort, { holder, parameters }: Call): Promise<CredentialWish> {
  return {
    certificates: oneOf(parameters, 'certificates', ['none', 'single', 'chain'], 'single'),
    certInfo: optionalFlag(parameters, 'certInfo'),
    authInfo: optionalFlag(parameters, 'authInfo'),
    mode: await modeOf(apps, holder),
  };
}

/** An app that may ask in its own sign-in does; others put their question on the phone. */
async function modeOf(apps: AppsPort, { clientId }: TokenHolder): Promise<CredentialWish['mode']> {
  return (await apps.app(clientId))?.scopes.includes('credential') ? 'oauth2code' : 'explicit';
}

export async function listCredentials(context: ServiceContext, apps: AppsPort, call: Call) {
  const { parameters, holder } = call;
  if (parameters.userID !== undefined && parameters.userID !== null)
    throw invalidRequest('userID parameter MUST be null');
  const wish = await wishOf(apps, call);
  const onlyValid = optionalFlag(parameters, 'onlyValid');
  const all = await credentialsOf(context, holder.personId);
  const found = onlyValid ? all.filter((one) => isUsable(one, context.clock.now())) : all;
  return {
    credentialIDs: found.map(({ id }) => id),
    ...(optionalFlag(parameters, 'credentialInfo')
      ? {
          credentialInfos: await Promise.all(
            found.map(async (one) => ({ credentialID: one.id, ...(await credentialInfo(context, one, wish)) })),
          ),
        }
      : {}),
    ...(onlyValid ? { onlyValid } : {}),
  };
}

export async function readCredential(context: ServiceContext, apps: AppsPort, call: Call) {
  const credentialId = credentialIdOf(call.parameters);
  const wish = await wishOf(apps, call);
  return credentialInfo(context, await mustBeCredential(context, call.holder.personId, credentialId), wish);
}

export async function authorize(context: ServiceContext, apps: AppsPort, { holder, parameters, reply }: Call) {
  const credentialId = credentialIdOf(parameters);
  if ((await modeOf(apps, holder)) !== 'explicit')
    throw invalidRequest('The credential is authorised by OAuth 2.0 (scope credential), not by this method');
  const credential = await mustBeCredential(context, holder.personId, credentialId);
  if (!isUsable(credential, context.clock.now()))
    throw invalidRequest('The credential identified by credentialID is disabled');
  const count = numSignatures(parameters);
  const wanted = hashes(parameters);
  if (wanted.length !== count) throw invalidRequest('Invalid value for parameter numSignatures');
  mustBeSha256(parameters, true);
  mustNamePhone(parameters);
  const description = optionalText(parameters, 'description') ?? null;
  if (description && description.length > longestDescription) throw invalidRequest('Invalid parameter description');
  const handle = newSecret();
  const { clientId, personId } = holder;
  const asked = wanted.map((hash) => ({ hash, label: null }));
  await askToSign(context, { clientId, personId, hashes: asked, description, by: { handle } });
  return reply.code(202).send({ handle });
}

/** The one authentication object that there is, and nothing in it: the act is elsewhere. */
function mustNamePhone({ authData }: Parameters): void {
  if (!Array.isArray(authData)) throw missing('array', 'authData');
  const [only, ...others] = authData as ({ id?: unknown } | null)[];
  if (others.length > 0 || only?.id !== phone.id) throw invalidRequest('The authentication data is invalid');
}

export async function authorizeCheck(context: ServiceContext, { holder, parameters, reply }: Call) {
  const handle = text(parameters, 'handle');
  const found = await ofHandle(context, handle, holder);
  if (!found || found.isGiven) throw invalidRequest('Invalid parameter handle');
  if (found.outcome === 'waiting') return reply.code(202).send({ handle });
  if (found.outcome === 'refused') throw new CscError(400, 'access_denied', 'The signer did not confirm');
  const SAD = newSecret();
  if (found.outcome === 'expired' || !(await giveActivationData(context, found.id, SAD)))
    throw invalidRequest('Invalid parameter handle');
  return { SAD, expiresIn: usableSeconds };
}

/** The act that a call uses: the data of the phone's confirmation, or a token that the person gave in a sign-in for it. */
async function activationOf({ holder, beside, parameters }: Call): Promise<Activation> {
  const credentialId = credentialIdOf(parameters);
  if (holder.scopes.includes('credential') && optionalText(parameters, 'SAD') === undefined)
    return { holder, credentialId, sad: undefined };
  const sad = text(parameters, 'SAD');
  // With a token of the service the one for the credential may come as the data (§11.10).
  const ofToken = /^[\w-]{40,100}$/.test(sad) ? await beside(sad) : undefined;
  if (!ofToken) return { holder, credentialId, sad };
  const isSame = ofToken.clientId === holder.clientId && ofToken.personId === holder.personId;
  if (!isSame || !ofToken.scopes.includes('credential')) throw invalidRequest('Invalid parameter SAD');
  return { holder, credentialId, sad: undefined };
}

export async function signHash(context: ServiceContext, call: Call) {
  const activation = await activationOf(call);
  const parameters = named(synchronous(call.parameters));
  mustBeOurSignAlgo(parameters);
  mustBeSha256(parameters, false);
  const signatures = await signHashes(context, activation, hashes(parameters));
  return { signatures: signatures.map((signature) => signature.toString('base64')) };
}

/** Clients of version 1 (1.0.4.0 §11.9) call two members otherwise. */
function named({ hash, hashAlgo, ...parameters }: Parameters): Parameters {
  return { hashes: hash, hashAlgorithmOID: hashAlgo, ...parameters };
}

export async function signDoc(context: ServiceContext, call: Call) {
  return signDocuments(context, await activationOf(call), synchronous(call.parameters));
}

function synchronous(parameters: Parameters): Parameters {
  oneOf(parameters, 'operationMode', ['S'], 'S');
  return parameters;
}

const stamped = {
  [oids.sha256]: ['sha256', 32],
  [oids.sha384]: ['sha384', 48],
  [oids.sha512]: ['sha512', 64],
} as const;

export async function timestamp(context: ServiceContext, parameters: Parameters) {
  const given = text(parameters, 'hash');
  const name = text(parameters, 'hashAlgo');
  const known = Object.entries(stamped).find(([oid]) => oid === name)?.[1];
  if (!known) throw invalidRequest('Invalid parameter hashAlgo');
  if (!isBase64(given)) throw invalidRequest('Invalid Base64 hash string parameter');
  const digest = Buffer.from(given, 'base64');
  const [hash, length] = known;
  if (digest.length !== length) throw invalidRequest('Invalid digest value length');
  const nonce = optionalText(parameters, 'nonce');
  if (nonce !== undefined && !/^(?:[0-9a-f]{2}){1,64}$/i.test(nonce)) throw invalidRequest('Invalid parameter nonce');
  const token = await timeStampOf(
    context,
    { hash, digest },
    nonce === undefined ? undefined : Buffer.from(nonce, 'hex'),
  );
  return { timestamp: token.toString('base64') };
}
