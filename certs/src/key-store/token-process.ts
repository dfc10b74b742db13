/** The process that holds the PKCS#11 library; see token.ts. It speaks over its IPC channel only. */
import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import type { KeyAlgorithm } from './key-store.ts';

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

type Pkcs11 = typeof import('pkcs11js');
interface Open {
  readonly lib: Pkcs11;
  readonly p11: InstanceType<Pkcs11['PKCS11']>;
  readonly free: Buffer[];
  readonly waiting: ((session: Buffer) => void)[];
  readonly keys: Map<string, Buffer>;
}
let opening: Promise<Open> | undefined;

async function open(): Promise<Open> {
  // an optional dependency: it is compiled at install, and only this store needs it
  const { default: lib } = (await import('pkcs11js')) as unknown as { default: Pkcs11 };
  const p11 = new lib.PKCS11();
  p11.load(settings.module);
  p11.C_Initialize({ flags: lib.CKF_OS_LOCKING_OK }); // several sessions at once crash without it
  const slot = p11.C_GetSlotList(true).find((one) => p11.C_GetTokenInfo(one).label.trim() === settings.token);
  if (!slot) throw new Error('no slot has a token of this label');
  const sessions = Array.from({ length: sessionCount }, () =>
    p11.C_OpenSession(slot, lib.CKF_SERIAL_SESSION | lib.CKF_RW_SESSION),
  );
  const [first] = sessions;
  if (first) p11.C_Login(first, lib.CKU_USER, readFileSync(settings.pinFile, 'utf8').trim()); // for all sessions (§11.4)
  return { lib, p11, free: sessions, waiting: [], keys: new Map() };
}

async function withSession<Value>(opened: Open, use: (session: Buffer) => Promise<Value>): Promise<Value> {
  const session = opened.free.pop() ?? (await new Promise<Buffer>((resolve) => opened.waiting.push(resolve)));
  try {
    return await use(session);
  } finally {
    const next = opened.waiting.shift();
    if (next) next(session);
    else opened.free.push(session);
  }
}

async function serve(request: TokenRequest): Promise<readonly string[]> {
  opening ??= open();
  const opened = await opening;
  return withSession(opened, async (session) => {
    switch (request.kind) {
      case 'generate':
        return generate(opened, session, request);
      case 'import':
        return importKey(opened, session, request);
      case 'sign':
        return sign(opened, session, request);
      case 'health':
        opened.p11.C_GetSessionInfo(session);
        return [];
    }
  });
}

const idBytes = (id: string) => Buffer.from(id.replaceAll('-', ''), 'hex');

function privateTemplate({ lib }: Open, id: string, keyType: number) {
  return [
    { type: lib.CKA_CLASS, value: lib.CKO_PRIVATE_KEY },
    { type: lib.CKA_KEY_TYPE, value: keyType },
    { type: lib.CKA_ID, value: idBytes(id) },
    { type: lib.CKA_LABEL, value: `edutrust ${id}` },
    { type: lib.CKA_TOKEN, value: true },
    { type: lib.CKA_PRIVATE, value: true },
    { type: lib.CKA_SENSITIVE, value: true },
    { type: lib.CKA_EXTRACTABLE, value: false },
    { type: lib.CKA_SIGN, value: true },
  ];
}

function generate(opened: Open, session: Buffer, { id, algorithm }: Extract<TokenRequest, { kind: 'generate' }>) {
  const { lib, p11, keys } = opened;
  const isRsa = algorithm === 'rsa3072';
  const keyType = isRsa ? lib.CKK_RSA : lib.CKK_EC;
  const kind = isRsa
    ? [
        { type: lib.CKA_MODULUS_BITS, value: 3072 },
        { type: lib.CKA_PUBLIC_EXPONENT, value: Buffer.of(1, 0, 1) },
      ]
    : [{ type: lib.CKA_EC_PARAMS, value: Buffer.from(curveParameters[algorithm], 'hex') }];
  const publicTemplate = [
    { type: lib.CKA_CLASS, value: lib.CKO_PUBLIC_KEY },
    { type: lib.CKA_KEY_TYPE, value: keyType },
    { type: lib.CKA_ID, value: idBytes(id) },
    { type: lib.CKA_TOKEN, value: true },
    { type: lib.CKA_VERIFY, value: true },
    ...kind,
  ];
  const mechanism = { mechanism: isRsa ? lib.CKM_RSA_PKCS_KEY_PAIR_GEN : lib.CKM_EC_KEY_PAIR_GEN };
  const pair = p11.C_GenerateKeyPair(session, mechanism, publicTemplate, privateTemplate(opened, id, keyType));
  keys.set(id, pair.privateKey);
  const asked = isRsa ? [lib.CKA_MODULUS, lib.CKA_PUBLIC_EXPONENT] : [lib.CKA_EC_POINT];
  const found = p11.C_GetAttributeValue(
    session,
    pair.publicKey,
    asked.map((type) => ({ type })),
  );
  return found.map(({ value }) => Buffer.from(value as Buffer).toString('base64'));
}

function importKey(opened: Open, session: Buffer, { id, pkcs8 }: Extract<TokenRequest, { kind: 'import' }>) {
  const { lib, p11, keys } = opened;
  const key = createPrivateKey({ key: Buffer.from(pkcs8, 'base64'), format: 'der', type: 'pkcs8' });
  const jwk = key.export({ format: 'jwk' });
  const part = (text: string | undefined) => Buffer.from(text ?? '', 'base64url');
  const isRsa = key.asymmetricKeyType === 'rsa';
  const values = isRsa
    ? [
        { type: lib.CKA_MODULUS, value: part(jwk.n) },
        { type: lib.CKA_PUBLIC_EXPONENT, value: part(jwk.e) },
        { type: lib.CKA_PRIVATE_EXPONENT, value: part(jwk.d) },
        { type: lib.CKA_PRIME_1, value: part(jwk.p) },
        { type: lib.CKA_PRIME_2, value: part(jwk.q) },
        { type: lib.CKA_EXPONENT_1, value: part(jwk.dp) },
        { type: lib.CKA_EXPONENT_2, value: part(jwk.dq) },
        { type: lib.CKA_COEFFICIENT, value: part(jwk.qi) },
      ]
    : [
        { type: lib.CKA_EC_PARAMS, value: Buffer.from(curveParameters[jwk.crv === 'P-384' ? 'p384' : 'p256'], 'hex') },
        { type: lib.CKA_VALUE, value: part(jwk.d) },
      ];
  keys.set(
    id,
    p11.C_CreateObject(session, [...privateTemplate(opened, id, isRsa ? lib.CKK_RSA : lib.CKK_EC), ...values]),
  );
  return [];
}

async function sign(opened: Open, session: Buffer, { id, algorithm, input }: Extract<TokenRequest, { kind: 'sign' }>) {
  const { lib, p11 } = opened;
  const mechanism = { mechanism: algorithm === 'rsa3072' ? lib.CKM_SHA256_RSA_PKCS : lib.CKM_ECDSA };
  p11.C_SignInit(session, mechanism, findKey(opened, session, id));
  const signature = await p11.C_SignAsync(session, Buffer.from(input, 'base64'), Buffer.alloc(1024));
  return [signature.toString('base64')];
}

function findKey({ lib, p11, keys }: Open, session: Buffer, id: string): Buffer {
  const known = keys.get(id);
  if (known) return known;
  p11.C_FindObjectsInit(session, [
    { type: lib.CKA_CLASS, value: lib.CKO_PRIVATE_KEY },
    { type: lib.CKA_ID, value: idBytes(id) },
  ]);
  const [found] = p11.C_FindObjects(session, 1);
  p11.C_FindObjectsFinal(session);
  if (!found) throw new Error(`the token has no key ${id}`);
  keys.set(id, found);
  return found;
}

process.on('message', (message) => {
  const { number, ...request } = message as TokenRequest & { number: number }; // from our own process
  serve(request).then(
    (values) => process.send?.({ number, values } satisfies TokenAnswer),
    (error: unknown) =>
      process.send?.({ number, problem: error instanceof Error ? error.message : String(error) } satisfies TokenAnswer),
  );
});
process.on('disconnect', () => process.exit(0));
