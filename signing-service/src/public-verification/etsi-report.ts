import { dsig, sha256Name, xades132 } from '../formats/xml/names.ts';
import type { Reason } from '../validation/reasons.ts';
import type { SignatureReport } from '../validation/report.ts';
import type { VerificationReport } from './in-words.ts';

/** ETSI TS 119 102-2 v1.4.1. */
const namespace = 'http://uri.etsi.org/19102/v1.4.1#';
const urn = 'urn:etsi:019102';

/**
 * The report of a check as ETSI TS 119 102-2 §4 has it, for programs that read any validator's: one
 * `SignatureValidationReport` a signature, counter-signatures among them behind the one that they are on, certificates and document
 * time stamps among the validation objects. Of our own beside it: each reason's code and sentence, what should be looked at, the
 * witnesses of the log, and which signature a counter-signature is on.
 *
 * @returns XML 1.0 in UTF-8, by the specification's schema
 */
export function etsiReport(report: VerificationReport): string {
  const people = report.signatures.filter(({ format }) => format !== 'document-time-stamp');
  const stamps = report.signatures.filter(({ format }) => format === 'document-time-stamp');
  const signatures =
    people.length > 0
      ? people.flatMap((signature, index) => signatureReports(report, signature, `SIGNATURE-${index + 1}`))
      : [without(report)];
  const objects = [
    object('FILE', 'signedData', digest('vr:DigestAlgAndValue', report.sha256)),
    ...certificatesOf(people.flatMap((signature) => [signature, ...signature.counterSignatures])).map(
      ([fingerprint, name]) =>
        object(certificateId(fingerprint), 'certificate', digest('vr:DigestAlgAndValue', fingerprint), name),
    ),
    ...stamps.map((stamp, index) => stampObject(report, stamp, index)),
  ];
  return `<?xml version="1.0" encoding="UTF-8"?>\n${tag(
    'vr:ValidationReport',
    [...signatures, tag('vr:SignatureValidationObjects', objects)],
    `xmlns:vr="${namespace}" xmlns:ds="${dsig}" xmlns:XAdES="${xades132}"`,
  )}\n`;
}

/** Of a signature, and of each counter-signature on it. */
function signatureReports(report: VerificationReport, signature: SignatureReport, id: string): string[] {
  return [
    signatureReport(report, signature, id),
    ...signature.counterSignatures.map((counter, index) =>
      signatureReport(report, counter, `${id}-COUNTER-${index + 1}`, id),
    ),
  ];
}

/** @param of the signature that a counter-signature is on */
function signatureReport(report: VerificationReport, signature: SignatureReport, id: string, of?: string): string {
  const { signer, time, field, verdict, reasons, warnings, log } = signature;
  return tag('vr:SignatureValidationReport', [
    tag(
      'vr:SignatureIdentifier',
      [tag('vr:HashOnly', ['false']), tag('vr:DocHashOnly', ['false']), tag('vr:DAIdentifier', [text(field)])],
      `id="${id}"`,
    ),
    times(report, time.proven),
    tag('vr:SignersDocument', [reference('vr:SignersDocumentRepresentation', 'FILE')]),
    // Years of four digits: the signer may write any.
    ...(time.claimed && /^\d{4}-/.test(time.claimed)
      ? [tag('vr:SignatureAttributes', [tag('vr:SigningTime', [tag('vr:Time', [time.claimed])], 'Signed="true"')])]
      : []),
    ...(signer
      ? [
          tag('vr:SignerInformation', [
            reference('vr:SignerCertificate', certificateId(signer.fingerprint)),
            tag('vr:Signer', [text(signer.name)]),
          ]),
        ]
      : []),
    tag('vr:SignatureValidationProcess', [tag('vr:SignatureValidationProcessID', [`${urn}:validationprocess:LTA`])]),
    status(indications[verdict], reasons, [
      ...chainOf(signature),
      additional([
        ...reasons.map((one) => [`urn:edutrust:reason:${one.code}`, one.en] as const),
        ...warnings.map((one) => [`urn:edutrust:warning:${one.code}`, one.en] as const),
        ...(signature.level ? [['urn:edutrust:level', signature.level] as const] : []),
        ...(log?.witnesses ?? []).map((name) => ['urn:edutrust:witness', name] as const),
        ...(of ? [['urn:edutrust:counter-signs', of] as const] : []),
      ]),
    ]),
  ]);
}

/** A file without a signature of anybody, or one that could not be looked into. */
function without(report: VerificationReport): string {
  return tag('vr:SignatureValidationReport', [
    times(report, null),
    tag('vr:SignersDocument', [reference('vr:SignersDocumentRepresentation', 'FILE')]),
    status(`${urn}:mainindication:${report.verdict === 'invalid' ? 'total-failed' : 'indeterminate'}`, report.reasons, [
      additional(report.reasons.map((one) => [`urn:edutrust:reason:${one.code}`, one.en] as const)),
    ]),
  ]);
}

const indications = {
  valid: `${urn}:mainindication:total-passed`,
  invalid: `${urn}:mainindication:total-failed`,
  indeterminate: `${urn}:mainindication:indeterminate`,
} as const;

/** §4.2.6: of a time stamp `passed` and `failed`. */
const stampIndications = {
  valid: `${urn}:mainindication:passed`,
  invalid: `${urn}:mainindication:failed`,
  indeterminate: indications.indeterminate,
} as const;

/** The best signature time (EN 319 102-1 §5.5.4): what a time stamp proves, else the time of the check. */
function times({ judgedAt }: VerificationReport, proven: string | null): string {
  return tag('vr:ValidationTimeInfo', [
    tag('vr:ValidationTime', [judgedAt]),
    tag('vr:BestSignatureTime', [
      tag('vr:POETime', [proven ?? judgedAt]),
      tag('vr:TypeOfProof', [`${urn}:poetype:${proven ? 'provided' : 'validation'}`]),
    ]),
  ]);
}

/** Sub-indications of EN 319 102-1 table 6; ours without one are told by their reason. */
function status(indication: string, reasons: readonly Reason[], data: readonly string[]): string {
  const subs = reasons.map(({ subIndication }) => subIndication).filter((sub) => sub !== '' && sub !== 'CUSTOM');
  const told = indication.endsWith('passed') ? [] : [...new Set(subs)];
  return tag('vr:SignatureValidationStatus', [
    tag('vr:MainIndication', [indication]),
    ...told.map((sub) => tag('vr:SubIndication', [`${urn}:subindication:${sub}`])),
    tag('vr:AssociatedValidationReportData', data),
  ]);
}

function chainOf({ chain }: SignatureReport): string[] {
  const [own, ...above] = chain;
  const anchor = above.pop();
  if (!own) return [];
  return [
    ...(anchor ? [reference('vr:TrustAnchor', certificateId(anchor.fingerprint))] : []),
    tag('vr:CertificateChain', [
      reference('vr:SigningCertificate', certificateId(own.fingerprint)),
      ...above.map(({ fingerprint }) => reference('vr:IntermediateCertificate', certificateId(fingerprint))),
      ...(anchor ? [reference('vr:TrustAnchor', certificateId(anchor.fingerprint))] : []),
    ]),
  ];
}

function certificatesOf(signatures: readonly SignatureReport[]): [fingerprint: string, name: string][] {
  const found = signatures.flatMap(({ signer, chain }) => [...(signer ? [signer] : []), ...chain]);
  return [...new Map(found.map(({ fingerprint, name }) => [fingerprint, name]))];
}

const certificateId = (fingerprint: string) => `CERTIFICATE-${fingerprint}`;

function stampObject(report: VerificationReport, stamp: SignatureReport, index: number): string {
  const validation = tag('vr:ValidationReport', [
    times(report, null),
    status(stampIndications[stamp.verdict], stamp.reasons, [
      additional(stamp.reasons.map((one) => [`urn:edutrust:reason:${one.code}`, one.en] as const)),
    ]),
  ]);
  return tag(
    'vr:ValidationObject',
    [
      tag('vr:ObjectType', [`${urn}:validationObject:timestamp`]),
      tag('vr:ValidationObjectRepresentation', [tag('vr:direct', [text(stamp.field)])]),
      ...(stamp.time.proven
        ? [
            tag('vr:POEProvisioning', [
              tag('vr:POETime', [stamp.time.proven]),
              reference('vr:ValidationObject', 'FILE'),
            ]),
          ]
        : []),
      validation,
    ],
    `id="TIME-STAMP-${index + 1}"`,
  );
}

function object(id: string, kind: 'certificate' | 'signedData', representation: string, name?: string): string {
  return tag(
    'vr:ValidationObject',
    [
      tag('vr:ObjectType', [`${urn}:validationObject:${kind}`]),
      tag('vr:ValidationObjectRepresentation', [
        representation,
        ...(name === undefined ? [] : [tag('vr:direct', [text(name)])]),
      ]),
    ],
    `id="${id}"`,
  );
}

function digest(name: string, hex: string): string {
  return tag(name, [
    `<ds:DigestMethod Algorithm="${sha256Name}"/>`,
    tag('ds:DigestValue', [Buffer.from(hex, 'hex').toString('base64')]),
  ]);
}

function additional(data: readonly (readonly [type: string, value: string])[]): string {
  return data.length === 0
    ? ''
    : tag(
        'vr:AdditionalValidationReportData',
        data.map(([type, value]) => tag('vr:ReportData', [tag('vr:Type', [type]), tag('vr:Value', [text(value)])])),
      );
}

const reference = (name: string, id: string) => `<${name} VOReference="${id}"/>`;
const tag = (name: string, contents: readonly string[], attributes = '') =>
  `<${name}${attributes && ` ${attributes}`}>${contents.join('')}</${name}>`;

/** What XML 1.0 §2.2 cannot hold is shown as the replacement character: names come from certificates of strangers. */
function text(value: string): string {
  return value
    .replaceAll(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}
