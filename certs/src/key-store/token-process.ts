/** The process that holds the PKCS#11 library; see token.ts. It speaks over its IPC channel only. */
import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import type { KeyAlgorithm } from './key.ts';
import { type Attribute, booleanValue, ck, type Handle, loadPkcs11, type Pkcs11, ulongValue } from './pkcs11.ts';

export type TokenRequest =
  | { readonly kind: 'generate'; readonly id: string; readonly algorithm: KeyAlgorithm }
  | { readonly kind: 'import'; readonly id: string; readonly pkcs8: string }
  | { readonly kind: 'sign'; readonly id: string; readonly algorithm: KeyAlgorithm; readonly input: string }
  | { readonly kind: 'health' };

/** Values are base64; without values the problem says what is wrong with the token. */
export interface TokenAnswer {
  readonly number: number;
  readonly values?: readonly string[];
  readonly problem?: string;
}

/** Sessions at once: one operation each (PKCS #11 v2.40 §5.6), so that a slow token still answers several. */
const sessionCount = 4;
const curveParameters = { p256: '06082a8648ce3d030107', p384: '06052b81040022' } as const;

const settings = JSON.parse(process.env.EDUTRUST_TOKEN ?? '{}') as { module: string; token: string; pinFile: string };

interface Open {
  readonly p11: Pkcs11;
  readonly free: Handle[];
  readonly waiting: ((session: Handle) => void)[];
  readonly keys: Map<string, Handle>;
}
let opened: Open | undefined;

function open(): Open {
  const p11 = loadPkcs11(settings.module);
  const slot = p11.findSlot(settings.token);
  if (slot === undefined) throw new Error('no slot has a token of this label');
  const sessions = Array.from({ length: sessionCount }, () => p11.openSession(slot));
  const [first] = sessions;
  if (first !== undefined) p11.login(first, readFileSync(settings.pinFile, 'utf8').trim()); // for all sessions (§11.4)
  return { p11, free: sessions, waiting: [], keys: new Map() };
}

async function withSession<Value>({ free, waiting }: Open, use: (session: Handle) => Promise<Value>): Promise<Value> {
  const session = free.pop() ?? (await new Promise<Handle>((resolve) => waiting.push(resolve)));
  try {
    return await use(session);
  } finally {
    const next = waiting.shift();
    if (next) next(session);
    else free.push(session);
  }
}

async function serve(request: TokenRequest): Promise<readonly Buffer[]> {
  opened ??= open();
  const token = opened;
  return withSession(token, async (session) => {
    switch (request.kind) {
      case 'generate':
        return generate(token, session, request);
      case 'import':
        importKey(token, session, request);
        return [];
      case 'sign':
        return [await sign(token, session, request)];
      case 'health':
        token.p11.checkSession(session);
        return [];
    }
  });
}

const idBytes = (id: string) => Buffer.from(id.replaceAll('-', ''), 'hex');

function privateTemplate(id: string, keyType: number): Attribute[] {
  return [
    [ck.CKA_CLASS, ulongValue(ck.CKO_PRIVATE_KEY)],
    [ck.CKA_KEY_TYPE, ulongValue(keyType)],
    [ck.CKA_ID, idBytes(id)],
    [ck.CKA_LABEL, Buffer.from(`edutrust ${id}`)],
    [ck.CKA_TOKEN, booleanValue(true)],
    [ck.CKA_PRIVATE, booleanValue(true)],
    [ck.CKA_SENSITIVE, booleanValue(true)],
    [ck.CKA_EXTRACTABLE, booleanValue(false)],
    [ck.CKA_SIGN, booleanValue(true)],
  ];
}

type Asked<Kind extends TokenRequest['kind']> = Extract<TokenRequest, { kind: Kind }>;

function generate({ p11, keys }: Open, session: Handle, { id, algorithm }: Asked<'generate'>): Buffer[] {
  const isRsa = algorithm === 'rsa3072';
  const keyType = isRsa ? ck.CKK_RSA : ck.CKK_EC;
  const kind: Attribute[] = isRsa
    ? [
        [ck.CKA_MODULUS_BITS, ulongValue(3072)],
        [ck.CKA_PUBLIC_EXPONENT, Buffer.of(1, 0, 1)],
      ]
    : [[ck.CKA_EC_PARAMS, Buffer.from(curveParameters[algorithm], 'hex')]];
  const publicTemplate: Attribute[] = [
    [ck.CKA_CLASS, ulongValue(ck.CKO_PUBLIC_KEY)],
    [ck.CKA_KEY_TYPE, ulongValue(keyType)],
    [ck.CKA_ID, idBytes(id)],
    [ck.CKA_TOKEN, booleanValue(true)],
    [ck.CKA_VERIFY, booleanValue(true)],
    ...kind,
  ];
  const mechanism = isRsa ? ck.CKM_RSA_PKCS_KEY_PAIR_GEN : ck.CKM_EC_KEY_PAIR_GEN;
  const pair = p11.generateKeyPair(session, mechanism, publicTemplate, privateTemplate(id, keyType));
  keys.set(id, pair.privateKey);
  const asked = isRsa ? [ck.CKA_MODULUS, ck.CKA_PUBLIC_EXPONENT] : [ck.CKA_EC_POINT];
  return asked.map((type) => p11.readAttribute(session, pair.publicKey, type));
}

function importKey({ p11, keys }: Open, session: Handle, { id, pkcs8 }: Asked<'import'>): void {
  const key = createPrivateKey({ key: Buffer.from(pkcs8, 'base64'), format: 'der', type: 'pkcs8' });
  const jwk = key.export({ format: 'jwk' });
  const part = (text: string | undefined) => Buffer.from(text ?? '', 'base64url');
  const isRsa = key.asymmetricKeyType === 'rsa';
  const values: Attribute[] = isRsa
    ? [
        [ck.CKA_MODULUS, part(jwk.n)],
        [ck.CKA_PUBLIC_EXPONENT, part(jwk.e)],
        [ck.CKA_PRIVATE_EXPONENT, part(jwk.d)],
        [ck.CKA_PRIME_1, part(jwk.p)],
        [ck.CKA_PRIME_2, part(jwk.q)],
        [ck.CKA_EXPONENT_1, part(jwk.dp)],
        [ck.CKA_EXPONENT_2, part(jwk.dq)],
        [ck.CKA_COEFFICIENT, part(jwk.qi)],
      ]
    : [
        [ck.CKA_EC_PARAMS, Buffer.from(curveParameters[jwk.crv === 'P-384' ? 'p384' : 'p256'], 'hex')],
        [ck.CKA_VALUE, part(jwk.d)],
      ];
  keys.set(id, p11.createObject(session, [...privateTemplate(id, isRsa ? ck.CKK_RSA : ck.CKK_EC), ...values]));
}

function sign(token: Open, session: Handle, { id, algorithm, input }: Asked<'sign'>): Promise<Buffer> {
  const mechanism = algorithm === 'rsa3072' ? ck.CKM_SHA256_RSA_PKCS : ck.CKM_ECDSA;
  return token.p11.sign(session, mechanism, findKey(token, session, id), Buffer.from(input, 'base64'));
}

function findKey({ p11, keys }: Open, session: Handle, id: string): Handle {
  const found =
    keys.get(id) ??
    p11.findObject(session, [
      [ck.CKA_CLASS, ulongValue(ck.CKO_PRIVATE_KEY)],
      [ck.CKA_ID, idBytes(id)],
    ]);
  if (found === undefined) throw new Error(`the token has no key ${id}`);
  keys.set(id, found);
  return found;
}

process.on('message', (message) => {
  const { number, ...request } = message as TokenRequest & { number: number }; // from our own process
  serve(request).then(
    (values) =>
      process.send?.({ number, values: values.map((value) => value.toString('base64')) } satisfies TokenAnswer),
    (error: unknown) =>
      process.send?.({ number, problem: error instanceof Error ? error.message : String(error) } satisfies TokenAnswer),
  );
});
process.on('disconnect', () => process.exit(0));
