import { createHash, generateKeyPairSync, type KeyObject, randomBytes, randomUUID } from 'node:crypto';
import type { TestBrowser } from '@edutrust/testing/browser';
import { decodeJwt, type JWK, type JWTPayload, SignJWT } from 'jose';
import { type NewApp, registerApp } from '../src/apps/apps.ts';
import type { KeySet } from '../src/apps/keys.ts';
import type { TestIdp } from './idp.ts';

const setup = { kind: 'system', name: 'setup' } as const;
const callback = 'http://localhost:4001/callback';

interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly json: Record<string, string>;
  readonly body: string;
}

type Fields = Record<string, string | undefined>;

/** An app that speaks FAPI 2.0 as its developers' libraries do, with every step open to being done wrongly. */
export class FapiApp {
  readonly clientId: string;
  readonly keys: { readonly privateKey: KeyObject; readonly publicKey: KeyObject };
  readonly origin: string;
  #proofKeys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  #nonce: string | undefined;

  private constructor(origin: string, clientId: string, keys: FapiApp['keys']) {
    this.origin = origin;
    this.clientId = clientId;
    this.keys = keys;
  }

  /** Registers it for the profile, with a key of its own. */
  static async register(
    world: TestIdp,
    securityProfile: 'standard' | 'fapi2' | 'fapi2-signed',
    input: Partial<NewApp> = {},
  ) {
    const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwks: KeySet = { keys: [keys.publicKey.export({ format: 'jwk' }) as KeySet['keys'][number]] };
    const { app } = await world.context.db.transaction().execute((transaction) =>
      registerApp(
        transaction,
        {
          name: 'Học bạ số',
          purpose: { vi: 'Thử.', en: 'A try.' },
          kind: 'web',
          organisationId: world.city.departmentId,
          redirectUris: [callback],
          scopes: ['openid', 'profile', 'school', 'offline_access'],
          isApproved: true,
          securityProfile,
          ...(input.certificates ? {} : { jwks }),
          ...input,
        },
        setup,
        world.clock.now(),
      ),
    );
    return new FapiApp(world.origin, app.clientId, keys);
  }

  /** What it proves itself with (RFC 7523). */
  async assertion(): Promise<Record<string, string>> {
    return {
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await this.sign({ sub: this.clientId, jti: randomUUID() }),
    };
  }

  /** A JWT of the app to the provider, of now, for a minute. */
  sign(
    claims: JWTPayload,
    { alg = 'ES256', key = this.keys.privateKey as KeyObject | Uint8Array } = {},
  ): Promise<string> {
    const now = Math.floor(Date.now() / 1000); // the library's clock
    return new SignJWT({ iss: this.clientId, aud: this.origin, iat: now, nbf: now, exp: now + 60, ...claims })
      .setProtectedHeader({ alg })
      .sign(key);
  }

  /** A proof for a request (RFC 9449 §4.2), with the last nonce that was given. */
  async proof(method: string, path: string, claims: JWTPayload = {}): Promise<string> {
    const jwk = this.#proofKeys.publicKey.export({ format: 'jwk' }) as JWK;
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT({
      ...{ htm: method, htu: `${this.origin}${path}`, jti: randomUUID(), iat: now },
      ...(this.#nonce ? { nonce: this.#nonce } : {}),
      ...claims,
    })
      .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk })
      .sign(this.#proofKeys.privateKey);
  }

  /** Another key for proofs, as a thief of the token would have. */
  changeProofKey(): void {
    this.#proofKeys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  }

  async ask(method: string, path: string, fields?: Fields, headers: Record<string, string> = {}): Promise<Answered> {
    const response = await fetch(`${this.origin}${path}`, {
      method,
      headers,
      ...(fields ? { body: formOf(fields) } : {}),
    });
    const body = await response.text();
    this.#nonce = response.headers.get('dpop-nonce') ?? this.#nonce;
    const isJson = response.headers.get('content-type')?.includes('application/json');
    return { status: response.status, headers: response.headers, body, json: isJson ? JSON.parse(body) : {} };
  }

  parameters(extra: Fields = {}): { fields: Fields; verifier: string } {
    const verifier = randomBytes(32).toString('base64url');
    const fields = {
      client_id: this.clientId,
      response_type: 'code',
      redirect_uri: callback,
      scope: 'openid profile',
      state: 'a-state',
      nonce: 'a-nonce',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
      ...extra,
    };
    return { fields, verifier };
  }

  async push(fields: Fields, proof?: Record<string, string>): Promise<Answered> {
    return this.ask('POST', '/oidc/par', { ...fields, ...(proof ?? (await this.assertion())) });
  }

  /** The address where a person is sent with what was pushed. */
  pushedUrl(requestUri: string): URL {
    const url = new URL('/oidc/auth', this.origin);
    url.searchParams.set('client_id', this.clientId);
    url.searchParams.set('request_uri', requestUri);
    return url;
  }

  /** Pushes, signs in and gives the answer at the address of the app. */
  async enter(browser: TestBrowser, extra: Fields = {}): Promise<{ answer: URLSearchParams; verifier: string }> {
    const { fields, verifier } = this.parameters(extra);
    const pushed = await this.push(fields);
    if (pushed.status !== 201) throw new Error(pushed.body);
    let shown = await browser.get(this.pushedUrl(pushed.json.request_uri ?? ''));
    if (shown.page?.name === 'consent')
      shown = await browser.post(`${this.origin}${shown.page.props.action}`, { decision: 'allow' });
    return { answer: new URL(shown.url).searchParams, verifier };
  }

  /** Redeems with a proof, again with a nonce where one is asked for. */
  async token(fields: Fields, claims: JWTPayload = {}): Promise<Answered> {
    const once = async () =>
      this.ask(
        'POST',
        '/oidc/token',
        { ...fields, ...(await this.assertion()) },
        {
          dpop: await this.proof('POST', '/oidc/token', claims),
        },
      );
    const first = await once();
    return first.json.error === 'use_dpop_nonce' ? once() : first;
  }

  redemption(code: string | null, verifier: string): Fields {
    return { grant_type: 'authorization_code', code: code ?? '', code_verifier: verifier, redirect_uri: callback };
  }

  /** `ath` of a token. */
  hashOf(token: string): string {
    return createHash('sha256').update(token).digest('base64url');
  }

  /** The headers of a request with a token that is bound to its key. */
  async bound(method: string, path: string, token: string, claims: JWTPayload = {}) {
    const dpop = await this.proof(method, path, { ath: this.hashOf(token), ...claims });
    return { authorization: `DPoP ${token}`, dpop };
  }

  async userinfo(token: string, claims: JWTPayload = {}, accept = 'application/json'): Promise<Answered> {
    const bound = () => this.bound('GET', '/oidc/userinfo', token, claims);
    const once = async () => this.ask('GET', '/oidc/userinfo', undefined, { accept, ...(await bound()) });
    const first = await once();
    return first.headers.get('www-authenticate')?.includes('use_dpop_nonce') ? once() : first;
  }
}

function formOf(fields: Fields): URLSearchParams {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) form.set(name, value);
  return form;
}

/** What a signed answer says, by the JWT in the address. */
export const answerOf = (answer: URLSearchParams) => decodeJwt(answer.get('response') ?? '') as Record<string, string>;
