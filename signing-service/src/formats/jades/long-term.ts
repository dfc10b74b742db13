import { createHash } from 'node:crypto';
import { verifyTimeStampToken } from '@edutrust/certs/cms';
import { InvalidInput } from '@edutrust/platform/errors';
import { type GoodStamp, stampTrust } from '../../validation/judge-signature.ts';
import { type Material, type Surroundings, withMaterial } from '../../validation/surroundings.ts';
import type { TimeStamper, ValidationData } from '../format.ts';
import { fromBase64, fromBase64Url, listOf, MalformedJson, membersOf, readJson } from '../json/read.ts';
import { type Jws, readJws } from './jws.ts';

type Members = Readonly<Record<string, unknown>>;

/** Values of one kind, and time stamps, that are looked at. */
const mostMaterial = 200;
const mostStamps = 16;

/** What nobody signed of a signature, in its order (ETSI TS 119 182-1 §5.3.1): each as base64url, or as it is; both are in use. */
export function unsignedProperties({ unprotected }: Jws): readonly (Members | undefined)[] {
  return listOf(unprotected.etsiU).map((value) => {
    if (typeof value !== 'string') return membersOf(value);
    const bytes = fromBase64Url(value);
    try {
      return bytes && membersOf(readJson(bytes));
    } catch (error) {
      if (error instanceof MalformedJson) return undefined; // nobody signed it, and it proves nothing
      throw error;
    }
  });
}

/** Tokens of a container of time stamps (§5.4.3.3), DER. */
export function tokensIn(stamp: unknown): Buffer[] {
  return listOf(membersOf(stamp)?.tstTokens).flatMap((token) => fromBase64(membersOf(token)?.val) ?? []);
}

/** Certificates and revocation data that came along (§5.3.5, §5.3.6): of the signer's chain and of time stamps. */
export function materialOf(jws: Jws): Material {
  const found = unsignedProperties(jws).flatMap(valuesOf);
  const ders = (of: (one: Members) => readonly unknown[]) =>
    found
      .flatMap((one) => of(one))
      .slice(0, mostMaterial)
      .flatMap((one) => fromBase64(membersOf(one)?.val) ?? []);
  return {
    untrusted: ders(({ xVals }) => listOf(xVals).map((one) => membersOf(one)?.x509Cert)),
    crls: ders(({ rVals }) => listOf(membersOf(rVals)?.crlVals)),
    ocsp: ders(({ rVals }) => listOf(membersOf(rVals)?.ocspVals)),
  };
}

/** Of a property what it holds of `xVals` and `rVals`: itself, or inside `tstVD` and `anyValData`. */
function valuesOf(property: Members | undefined): Members[] {
  const { tstVD, anyValData, ...own } = property ?? {};
  return [own, membersOf(tstVD), membersOf(anyValData)].filter(
    (one): one is Members => one !== undefined && ('xVals' in one || 'rVals' in one),
  );
}

/** The good archive time stamps, oldest first, and whether one covers all material of now (§5.3.6.3). */
export function archiveStamps(
  jws: Jws,
  payload: string,
  { around, material }: { readonly around: Surroundings; readonly material: Material },
): { readonly covering: readonly GoodStamp[]; readonly isMaterialStamped: boolean } {
  const properties = unsignedProperties(jws);
  const trust = stampTrust(withMaterial(around, material));
  const lastMaterial = properties.findLastIndex((one) => valuesOf(one).length > 0);
  const covering = properties
    .flatMap((property, index) => {
      const stamp = membersOf(property?.arcTst);
      // One that is over other stamps alone is not read.
      if (!stamp || (stamp.timeStamped ?? 'all') !== 'all') return [];
      const over = archivedBytes(jws, payload, index);
      return over ? tokensIn(stamp).map((token) => ({ token, over, coversMaterial: lastMaterial < index })) : [];
    })
    .slice(0, mostStamps)
    .flatMap(({ token, over, coversMaterial }) => {
      const verified = verifyTimeStampToken(token, over, trust);
      return verified.isTrusted ? [{ at: verified.at, authority: verified.authority, coversMaterial }] : [];
    })
    .toSorted((one, other) => one.at.getTime() - other.at.getTime());
  return { covering, isMaterialStamped: covering.some(({ coversMaterial }) => coversMaterial) };
}

/**
 * What an archive time stamp at that place of the list is over (§5.3.6.3.1): payload, protected header, signature and the properties before it,
 * as base64url; `undefined` where they stand in the clear, which is not read.
 */
function archivedBytes(
  { protectedText, signatureText, unprotected }: Jws,
  payload: string,
  index: number,
): Buffer | undefined {
  const before = listOf(unprotected.etsiU).slice(0, index);
  if (!before.every((one) => typeof one === 'string')) return undefined;
  return Buffer.from(`${payload}.${protectedText}.${signatureText}.${before.join('')}`);
}

/**
 * Adds validation data to a signature in flattened JSON that holds what it signs, and over all of it an archive time stamp: B-LT, B-LTA.
 *
 * @throws InvalidInput `sign/json` for another form
 */
export async function extendJades(file: Uint8Array, data: ValidationData, timeStamp?: TimeStamper): Promise<Buffer> {
  const [jws, ...others] = readJws(file);
  const whole = membersOf(readJson(file));
  if (!jws || jws.payload === undefined || others.length > 0 || !whole || 'signatures' in whole) throw otherForm();
  const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const values = (ders: readonly Uint8Array[] = []) =>
    ders.map((der) => ({ val: Buffer.from(der).toString('base64') }));
  const [certificates, crlVals, ocspVals] = [data.certificates, data.crls, data.ocspResponses].map(values);
  const xVals = certificates?.map((x509Cert) => ({ x509Cert })) ?? [];
  const isFirst = !unsignedProperties(jws).some((one) => valuesOf(one).length > 0);
  const rVals = {
    ...(crlVals?.length ? { crlVals } : {}),
    ...(ocspVals?.length ? { ocspVals } : {}),
  };
  const parts = [
    ...(xVals.length > 0 ? [{ xVals }] : []),
    ...(Object.keys(rVals).length > 0 ? [{ rVals }] : []),
  ] as const;
  // What comes later, for time stamps that came meanwhile, has a place of its own (§5.3.6.1).
  const added = isFirst || parts.length === 0 ? parts : [{ tstVD: Object.assign({}, ...parts) }];
  const etsiU = [...listOf(jws.unprotected.etsiU), ...added.map(encoded)];
  if (timeStamp) {
    const over = archivedBytes({ ...jws, unprotected: { etsiU } }, jws.payload, etsiU.length);
    if (!over) throw otherForm();
    const token = await timeStamp(createHash('sha256').update(over).digest());
    etsiU.push(encoded({ arcTst: { tstTokens: [{ val: Buffer.from(token).toString('base64') }] } }));
  }
  return Buffer.from(JSON.stringify({ ...whole, header: { ...jws.unprotected, etsiU } }));
}

function otherForm(): InvalidInput {
  return new InvalidInput('sign/json', {
    vi: 'Chữ ký JSON này không gia hạn lưu trữ được.',
    en: 'This JSON signature cannot be archived.',
  });
}
