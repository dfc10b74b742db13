import { createHash, sign } from 'node:crypto';
import { keyIdentifier, parseCertificate } from '../src/certificate/certificate.ts';
import { extensionIds, purposes } from '../src/certificate/extensions.ts';
import {
  bitString,
  enumerated,
  explicit,
  generalizedTime,
  implicit,
  nullValue,
  octetString,
  oid,
  sequence,
} from '../src/der/der.ts';
import type { PathRequest } from '../src/path/path.ts';
import {
  at,
  buildCertificate,
  type CertificateForm,
  certificateForm,
  type ExtensionForm,
  ecdsaSha256,
  encodeExtensions,
  type KeyPair,
  later,
  makeKeys,
  nameOf,
  set,
} from './chain.ts';

/** OCSP responses for tests: every part can be chosen, also wrong. */
export interface ResponseForm {
  /** ResponderID. */
  responder: Buffer;
  producedAt: Buffer;
  answers: Buffer[];
  extensions: Map<string, ExtensionForm>;
  certificates: Buffer[];
  signer: KeyPair;
  finish: (der: Buffer) => Buffer;
}

export interface AnswerForm {
  status: Buffer;
  thisUpdate: Buffer;
  nextUpdate: Buffer[];
  extensions: Map<string, ExtensionForm>;
}

export const good = (): Buffer => implicit(0, Buffer.alloc(0));
export const revoked = (reason?: number): Buffer =>
  explicit(1, generalizedTime(later(-10)), ...(reason === undefined ? [] : [explicit(0, enumerated(reason))]));

/** A SingleResponse about a certificate of this issuer. */
export function buildAnswer(certificate: Buffer, issuer: KeyPair, change: (form: AnswerForm) => void = () => {}) {
  const { issuer: name, serial } = parseCertificate(certificate);
  const form: AnswerForm = {
    status: good(),
    thisUpdate: generalizedTime(later(-1)),
    nextUpdate: [explicit(0, generalizedTime(later(1)))],
    extensions: new Map(),
  };
  change(form);
  const id = sequence(
    sequence(oid('1.3.14.3.2.26'), nullValue),
    octetString(createHash('sha1').update(name.der).digest()),
    octetString(keyIdentifier(issuer.spki)),
    Buffer.concat([Buffer.of(0x02, serial.length), serial]),
  );
  const extensions = form.extensions.size > 0 ? [explicit(1, sequence(...encodeExtensions(form.extensions)))] : [];
  return sequence(id, form.status, form.thisUpdate, ...form.nextUpdate, ...extensions);
}

/** A response by the key of this responder, named by the hash of it. */
export function responseForm(signer: KeyPair, ...answers: Buffer[]): ResponseForm {
  return {
    responder: explicit(2, octetString(keyIdentifier(signer.spki))),
    producedAt: generalizedTime(later(-1)),
    answers,
    extensions: new Map(),
    certificates: [],
    signer,
    finish: (der) => der,
  };
}

export function buildResponse(form: ResponseForm): Buffer {
  const extensions = form.extensions.size > 0 ? [explicit(1, sequence(...encodeExtensions(form.extensions)))] : [];
  const tbs = sequence(form.responder, form.producedAt, sequence(...form.answers), ...extensions);
  const certificates = form.certificates.length > 0 ? [explicit(0, sequence(...form.certificates))] : [];
  const signature = bitString(sign('sha256', tbs, form.signer.privateKey));
  const basic = sequence(tbs, ecdsaSha256, signature, ...certificates);
  return form.finish(sequence(enumerated(0), explicit(0, sequence(oid('1.3.6.1.5.5.7.48.1.1'), octetString(basic)))));
}

/** A responder that the issuer made. */
export function responderOf(issuer: Identity, change: (form: CertificateForm) => void = () => {}): Responder {
  const keys = makeKeys();
  const form = certificateForm(nameOf('Trả lời OCSP'), keys, issuer, 'leaf');
  set(form, extensionIds.extendedKeyUsage, sequence(oid(purposes.ocspSigning)));
  set(form, extensionIds.ocspNoCheck, nullValue);
  change(form);
  return { keys, certificate: buildCertificate(form) };
}

export interface Responder {
  readonly keys: KeyPair;
  readonly certificate: Buffer;
}
interface Identity {
  readonly subject: Buffer;
  readonly keys: KeyPair;
}

/** A root, a leaf, and an answer of a responder: each part can be chosen. */
export function answeredChain(
  change: {
    readonly answer?: (form: AnswerForm) => void;
    readonly response?: (form: ResponseForm, root: Identity, leaf: Buffer) => void;
    readonly responder?: (form: CertificateForm) => void;
  } = {},
): { readonly request: PathRequest; readonly response: Buffer } {
  const root = { subject: nameOf('Gốc OCSP'), keys: makeKeys() };
  const leaf = buildCertificate(certificateForm(nameOf('Lá'), makeKeys(), root, 'leaf'));
  const responder = responderOf(root, change.responder);
  const form = responseForm(responder.keys, buildAnswer(leaf, root.keys, change.answer));
  form.certificates = [responder.certificate];
  change.response?.(form, root, leaf);
  const response = buildResponse(form);
  const anchors = [buildCertificate(certificateForm(root.subject, root.keys, root, 'authority'))];
  return { request: { leaf, anchors, ocsp: [response], at, requireRevocation: true }, response };
}
