import { createHash, generateKeyPairSync } from 'node:crypto';
import { hostname } from 'node:os';
import { findIssuers } from '@edutrust/certs/status-client';
import type { Clock } from '@edutrust/platform/clock';
import { EduTrustError, InvalidInput } from '@edutrust/platform/errors';
import type { Text } from '@edutrust/platform/messages';
import { pairingText } from '@edutrust/signing-service/sealing-machine';
import { askOrigin, type Client, createClient, type Fetch } from './client.ts';
import { type KeptPairing, keepPairing, readPairing } from './pairing-file.ts';

/** A key that seals, wherever it lies, for as long as it is open. */
export interface UnlockedKey {
  /** DER `ECDSA-Sig-Value`, or the RSA signature; SHA-256. */
  sign(bytes: Uint8Array): Promise<Buffer>;
  /** Of a key elsewhere, which authorises a list at once: all of them, or none. */
  signAll?(all: readonly Uint8Array[]): Promise<Buffer[]>;
  lock(): void;
}

/** The school's certificate and its key: on a token, or in a file. */
export interface SchoolKey {
  /** DER. */
  readonly certificate: Buffer;
  /** As far as they lie beside it; DER. */
  readonly issuers: readonly Buffer[];
  unlock(pin: string): UnlockedKey;
}

/** This computer with the school's key, one service, and the clerk in front of it. */
export interface SchoolComputer {
  readonly origin: string;
  readonly key: SchoolKey;
  readonly folder: string;
  readonly clock: Clock;
  readonly fetch: Fetch;
  readonly say: (text: Text) => void;
  /** Empty: the clerk does not want to. */
  readonly askPin: () => Promise<string>;
  /** Where the clerk reads a document before sealing it. */
  readonly keepFile?: (name: string, bytes: Buffer) => Promise<void>;
  /** Between two looks. */
  readonly pause: () => Promise<void>;
}

const sha256Hex = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** What the service says of this machine. */
interface OwnMachine {
  readonly state: 'awaiting-approval' | 'paired' | 'refused' | 'revoked';
  readonly origin: string;
  readonly organisation: string;
}

/** The service as this paired computer asks it; undefined while a second person has yet to approve. */
export async function pairedClient(computer: SchoolComputer, pairAnew: boolean): Promise<Client | undefined> {
  const { origin, key, fetch, clock, folder, say } = computer;
  const kept = pairAnew ? undefined : await readPairing(folder, origin);
  const isOther = kept && kept.certificateSha256 !== sha256Hex(key.certificate);
  if (isOther) throw otherCertificate();
  const pairing = kept ?? (await pair(computer));
  const client = createClient(fetch, () => clock.now(), pairing);
  const own = await client.get<OwnMachine>('/api/v1/sealing/machine').catch((error: unknown) => {
    if (isNotPaired(error)) throw notPaired();
    throw error;
  });
  if (own.origin !== origin) throw otherOrigin(own.origin);
  if (own.state === 'paired') return client;
  if (own.state !== 'awaiting-approval') throw notPaired();
  say({
    vi: `Máy này đã được đề nghị ghép với ${own.organisation}. Chờ cán bộ an toàn thông tin duyệt, rồi chạy lại lệnh này.`,
    en: `This computer is proposed for ${own.organisation}. A security officer has yet to approve; then run this command again.`,
  });
  return undefined;
}

/** Shows a code until the clerk has typed it in the browser. The pairing is kept before that: nothing is lost by a restart. */
async function pair({ origin, key, folder, clock, fetch, say, askPin, pause }: SchoolComputer): Promise<KeptPairing> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  say({
    vi: `Ghép máy này với ${origin}. Nhập PIN để thiết bị chứng minh nó giữ khoá của chứng thư.`,
    en: `Pairing this computer with ${origin}. Type the PIN, so that the token proves it holds the certificate’s key.`,
  });
  const unlocked = key.unlock(await askPin());
  const possession = await unlocked
    .sign(Buffer.from(pairingText(origin, sha256Hex(spki)), 'utf8'))
    .finally(() => unlocked.lock());
  const issuers = await findIssuers(key.certificate, key.issuers, fetch);
  const asked = await askOrigin<{ code: string; token: string; expiresAt: string }>(
    fetch,
    origin,
    '/api/v1/sealing/machines',
    {
      publicKey: spki.toString('base64url'),
      certificate: key.certificate.toString('base64url'),
      issuers: issuers.map((der) => der.toString('base64url')),
      possession: possession.toString('base64url'),
      machineName: hostname().slice(0, 80) || 'PC',
    },
  );
  const pairing: KeptPairing = {
    origin,
    token: asked.token,
    privateKeyPem: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    certificateSha256: sha256Hex(key.certificate),
  };
  say({
    vi: `Mã ghép: ${asked.code}\nVăn thư mở ${origin}/admin/sealing và gõ mã này trong 10 phút.`,
    en: `Pairing code: ${asked.code}\nAs the clerk open ${origin}/admin/sealing and type this code within 10 minutes.`,
  });
  const client = createClient(fetch, () => clock.now(), pairing);
  const end = new Date(asked.expiresAt);
  for (;;) {
    const isTyped = await client.get('/api/v1/sealing/machine').then(
      () => true,
      (error: unknown) => {
        if (isNotPaired(error)) return false;
        throw error;
      },
    );
    if (isTyped) break;
    if (clock.now() >= end) throw codeExpired();
    await pause();
  }
  await keepPairing(folder, pairing);
  return pairing;
}

const isNotPaired = (error: unknown) => error instanceof EduTrustError && error.code === 'sealing/not-paired';

function codeExpired(): InvalidInput {
  return new InvalidInput('sign/code-expired', {
    vi: 'Mã đã hết hạn mà chưa ai gõ. Chạy lại để có mã mới.',
    en: 'The code expired before anybody typed it. Run this again for a new one.',
  });
}

function notPaired(): InvalidInput {
  return new InvalidInput(
    'sign/not-paired',
    {
      vi: 'Máy này không còn được ghép với trường: đã bị từ chối, bị ngừng hoặc hết hạn.',
      en: 'This computer is no longer paired with the school: refused, revoked or expired.',
    },
    { remedy: { vi: 'Chạy lại với --pair để ghép lại.', en: 'Run this with --pair to pair it anew.' } },
  );
}

function otherCertificate(): InvalidInput {
  return new InvalidInput(
    'sign/other-certificate',
    {
      vi: 'Thiết bị đang cắm không phải thiết bị đã ghép.',
      en: 'The token is not the one that was paired.',
    },
    {
      remedy: { vi: 'Cắm đúng thiết bị, hoặc chạy với --pair.', en: 'Plug in the right one, or run this with --pair.' },
    },
  );
}

function otherOrigin(said: string): InvalidInput {
  return new InvalidInput('sign/other-origin', {
    vi: `Máy chủ trả lời rằng nó là ${said}, không phải địa chỉ đã ghép. Chưa có gì được đóng dấu.`,
    en: `The server says that it is ${said}, not the paired origin. Nothing was sealed.`,
  });
}
