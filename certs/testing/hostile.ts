import { createECDH } from 'node:crypto';
import { extensionIds, purposes } from '../src/certificate/extensions.ts';
import {
  bitString,
  boolean,
  element,
  integer,
  nullValue,
  octetString,
  oid,
  sequence,
  setOf,
  tag,
  utf8String,
} from '../src/der/der.ts';
import type { PathRequest } from '../src/path/path.ts';
import type { RefusalCode } from '../src/path/reason.ts';
import {
  at,
  buildCertificate,
  buildList,
  type CertificateForm,
  certificateForm,
  directory,
  distributionPoint,
  dns,
  entryForm,
  freshSerial,
  type KeyPair,
  listForm,
  makeKeys,
  mappings,
  nameConstraints,
  nameOf,
  policies,
  set,
  uri,
} from './chain.ts';
import { buildAnswer, buildResponse, responseForm } from './ocsp.ts';

/** A request that asks for far more work than it deserves, or for far more memory. */
export interface Hostile {
  readonly name: string;
  readonly make: () => PathRequest;
  /** The verdict, or the reason of a refusal. */
  readonly ends: 'valid' | RefusalCode;
}

interface Identity {
  readonly subject: Buffer;
  readonly keys: KeyPair;
}
const identity = (name: string, keys: KeyPair = makeKeys()): Identity => ({ subject: nameOf(name), keys });
type Change = (form: CertificateForm) => void;
const authority = (of: Identity, by: Identity, change: Change = () => {}): Buffer => {
  const form = certificateForm(of.subject, of.keys, by, 'authority');
  change(form);
  return buildCertificate(form);
};
const leafOf = (by: Identity, change: Change = () => {}): Buffer => {
  const form = certificateForm(nameOf('lá'), leafKeys, by, 'leaf');
  change(form);
  return buildCertificate(form);
};
const range = (count: number) => Array.from({ length: count }, (_, index) => index);
const leafKeys = makeKeys();
const root = identity('Gốc');
const anchors = [authority(root, root)];
/** One key identifier for all: it then says nothing of who signed. */
const sameIdentifiers: Change = (form) => {
  set(form, extensionIds.subjectKeyIdentifier, octetString(Buffer.alloc(20, 7)));
  set(form, extensionIds.authorityKeyIdentifier, sequence(element(0x80, Buffer.alloc(20, 7))));
};
const parts = (count: number) => range(count).map((index) => identity(`Tầng ${index}`));

/** Says that the root certified it: by its name the way goes on, by its signature it does not. */
const forgedTop = (of: Identity): Buffer => authority(of, { subject: root.subject, keys: leafKeys });

/** Layers in which every authority certified every authority below; the last is certified by nobody, or as given. */
function layers(
  depth: number,
  width: number,
  top?: (of: Identity) => Buffer,
): { leaf: Buffer; untrusted: Buffer[]; anchors: Buffer[] } {
  const graph = range(depth).map((layer) => range(width).map((index) => identity(`${layer}.${index}`)));
  const untrusted = graph.flatMap((layer, depthOf) =>
    layer.flatMap((below) => (graph[depthOf + 1] ?? []).map((above) => authority(below, above))),
  );
  const [first] = graph[0] ?? [];
  if (top) untrusted.push(...(graph.at(-1) ?? []).map(top));
  return { leaf: leafOf(first ?? root), untrusted, anchors };
}

/** A key that nobody made: of any size and exponent, and slow to work with. */
const rsaKey = (bits: number, exponent: Buffer = Buffer.of(1, 0, 1)): Buffer =>
  sequence(
    sequence(oid('1.2.840.113549.1.1.1'), nullValue),
    bitString(sequence(integer(Buffer.alloc(bits / 8, 0xc7)), integer(exponent))),
  );
/** Sequences in sequences with true lengths. */
const nested = (depth: number): Buffer => range(depth).reduce<Buffer>((inner) => sequence(inner), nullValue);
/** Sequences in sequences, 10^5 deep; each says that it is longer than all of them. */
const bottomless = Buffer.concat(range(100_000).map(() => Buffer.of(0x30, 0x83, 0x0f, 0xff, 0xff)));
const withExtension =
  (type: string, value: Buffer): Change =>
  (form) =>
    set(form, type, value);

export const hostile: readonly Hostile[] = [
  {
    name: '100 intermediates of one name and one key identifier, none of which signed',
    ends: 'bad-signature',
    make: () => {
      const keys = range(100).map(() => identity('Trùng tên'));
      const leaf = leafOf(identity('Trùng tên'), sameIdentifiers);
      return { leaf, untrusted: keys.map((one) => authority(one, root, sameIdentifiers)), anchors, at };
    },
  },
  {
    name: '100 intermediates of one name and one key identifier, of which the last is right',
    ends: 'valid',
    make: () => {
      const keys = range(100).map(() => identity('Trùng tên'));
      return {
        leaf: leafOf(keys.at(-1) ?? root, sameIdentifiers),
        untrusted: keys.map((one) => authority(one, root, sameIdentifiers)),
        anchors: [authority(root, root, sameIdentifiers)],
        at,
      };
    },
  },
  {
    name: '30 authorities of one name that all certified each other',
    ends: 'work-budget',
    make: () => {
      const keys = range(30).map(() => identity('Trùng tên'));
      const untrusted = keys.flatMap((below) => keys.map((above) => authority(below, above, sameIdentifiers)));
      untrusted.push(forgedTop(keys.at(-1) ?? root));
      return { leaf: leafOf(keys[0] ?? root, sameIdentifiers), untrusted, anchors, at };
    },
  },
  {
    name: 'three authorities that certified each other in a ring',
    ends: 'no-path',
    make: () => {
      const [a = root, b = root, c = root] = parts(3);
      return {
        leaf: leafOf(a),
        untrusted: [authority(a, b), authority(b, c), authority(c, a), authority(b, a), authority(a, c)],
        anchors,
        at,
      };
    },
  },
  {
    name: 'ten layers of three that lead nowhere, 59,049 ways',
    ends: 'no-path',
    make: () => ({ ...layers(10, 3), at }),
  },
  {
    name: 'nine layers of ten below a forged certificate, 10^9 ways',
    ends: 'work-budget',
    make: () => ({ ...layers(9, 10, forgedTop), at }),
  },
  {
    name: '1,000 anchors of the name that is looked for',
    ends: 'work-budget',
    make: () => ({ leaf: leafOf(identity('Gốc')), anchors: range(999).map(() => authority(root, root)), at }),
  },
  {
    name: '1,000 anchors of other names',
    ends: 'valid',
    make: () => ({ leaf: leafOf(root), anchors: [...parts(999).map((one) => authority(one, one)), ...anchors], at }),
  },
  {
    name: 'more certificates than a path could need',
    ends: 'work-budget',
    make: () => ({ leaf: leafOf(root), untrusted: range(1_001).map(() => anchors[0] ?? Buffer.alloc(0)), anchors, at }),
  },
  {
    name: '1,000 name constraints and 2,000 names',
    ends: 'work-budget',
    make: () => {
      const issuing = identity('Cấp phát');
      const bases = range(1_000).map((index) => dns(`${index}.example.vn`));
      return {
        leaf: leafOf(
          issuing,
          withExtension(
            extensionIds.subjectAltName,
            sequence(...range(2_000).map((index) => dns(`x.${index}.example.vn`))),
          ),
        ),
        untrusted: [
          authority(issuing, root, (form) =>
            set(
              form,
              extensionIds.nameConstraints,
              nameConstraints(
                bases,
                bases.map((_, i) => dns(`${i}.x.vn`)),
              ),
              true,
            ),
          ),
        ],
        anchors,
        at,
      };
    },
  },
  {
    name: 'a subject of 3,000 attributes under name constraints',
    ends: 'name-constraints',
    make: () => {
      const issuing = identity('Cấp phát');
      const attributes = range(3_000).map((index) => setOf(sequence(oid('2.5.4.11'), utf8String(`Ố ${index}`))));
      return {
        leaf: leafOf(issuing, (form) => {
          form.subject = sequence(...attributes);
        }),
        untrusted: [
          authority(issuing, root, (form) =>
            set(form, extensionIds.nameConstraints, nameConstraints([directory(nameOf('x'))]), true),
          ),
        ],
        anchors,
        at,
      };
    },
  },
  {
    name: 'policies that are mapped each to each, in nine authorities (RFC 9618)',
    ends: 'valid',
    make: () => {
      const chain = [root, ...parts(9)];
      const names = range(60).map((index) => `1.3.6.1.4.1.55555.${index}`);
      const every = names.flatMap((from) => names.map((to) => [from, to] as const));
      const untrusted = chain.slice(1).map((one, index) =>
        authority(one, chain[index] ?? root, (form) => {
          set(form, extensionIds.certificatePolicies, policies(...names));
          set(form, extensionIds.policyMappings, mappings(...every), true);
        }),
      );
      const leaf = leafOf(chain.at(-1) ?? root, withExtension(extensionIds.certificatePolicies, policies(...names)));
      return { leaf, untrusted, anchors, at, policies: { requireExplicit: true } };
    },
  },
  {
    name: 'a list of 100,000 certificates',
    ends: 'revoked',
    make: () => {
      const serial = freshSerial();
      const list = listForm(root);
      list.entries = [...range(100_000).map((index) => entryForm(integer(0x7000_0000 + index))), entryForm(serial)];
      const leaf = leafOf(root, (form) => {
        form.serial = serial;
      });
      return { leaf, anchors, crls: [buildList(list)], at, requireRevocation: true };
    },
  },
  {
    name: '2,000 small lists of one issuer',
    ends: 'work-budget',
    make: () => ({
      leaf: leafOf(root),
      anchors,
      crls: range(2_000).map((index) => {
        const list = listForm(root, index);
        list.signer = leafKeys.privateKey;
        return buildList(list);
      }),
      at,
      requireRevocation: true,
    }),
  },
  {
    name: 'indirect lists whose signers wait for each other’s lists',
    ends: 'no-revocation-data',
    make: () => {
      const [a = root, b = root] = parts(2);
      const by =
        (signer: Identity): Change =>
        (form) =>
          set(form, extensionIds.crlDistributionPoints, sequence(distributionPoint([], undefined, signer.subject)));
      const indirect = (signer: Identity) => {
        const list = listForm(signer);
        set(list, extensionIds.issuingDistributionPoint, sequence(element(0x84, Buffer.of(0xff))), true);
        return buildList(list);
      };
      return {
        leaf: leafOf(root, by(a)),
        untrusted: [authority(a, root, by(b)), authority(b, root, by(a))],
        anchors,
        crls: [indirect(a), indirect(b)],
        at,
        requireRevocation: true,
      };
    },
  },
  {
    name: 'OCSP responders that vouch for each other',
    ends: 'no-revocation-data',
    make: () => {
      const responders = range(20).map((index) => {
        const keys = makeKeys();
        const form = certificateForm(nameOf(`Trả lời ${index}`), keys, root, 'leaf');
        set(form, extensionIds.extendedKeyUsage, sequence(oid(purposes.ocspSigning)));
        return { keys, certificate: buildCertificate(form) };
      });
      const leaf = leafOf(root);
      const all = responders.map(({ certificate }) => certificate);
      const ocsp = responders.map(({ keys }, index) => {
        const about = all[(index + 1) % all.length] ?? leaf;
        const form = responseForm(keys, buildAnswer(leaf, root.keys), buildAnswer(about, root.keys));
        form.certificates = all;
        return buildResponse(form);
      });
      return { leaf, anchors, ocsp, at, requireRevocation: true };
    },
  },
  {
    name: 'an authority with an RSA key of 16,384 bits',
    ends: 'weak-key',
    make: () => {
      const huge = { subject: nameOf('To'), keys: { ...makeKeys(), spki: rsaKey(16_384) } };
      return { leaf: leafOf(huge), untrusted: [authority(huge, root)], anchors, at };
    },
  },
  {
    name: 'an authority whose RSA exponent is as long as its key',
    ends: 'weak-key',
    make: () => {
      const slow = { subject: nameOf('Chậm'), keys: { ...makeKeys(), spki: rsaKey(8_192, Buffer.alloc(1_023, 0x6b)) } };
      return { leaf: leafOf(slow), untrusted: [authority(slow, root)], anchors, at };
    },
  },
  {
    name: '300 authorities of one name with RSA keys of 8,192 bits',
    ends: 'work-budget',
    make: () => {
      const slow = (index: number) => {
        const spki = rsaKey(8_192);
        spki.writeUInt32BE(index, spki.length - 100);
        return { subject: nameOf('Chậm'), keys: { ...makeKeys(), spki } };
      };
      const rsaSignature: Change = (form) => {
        form.algorithm = form.outerAlgorithm = sequence(oid('1.2.840.113549.1.1.11'), nullValue);
        form.makeSignature = () => Buffer.alloc(1_024, 0x55);
      };
      return {
        leaf: leafOf(slow(0), rsaSignature),
        untrusted: range(300).map((index) => authority(slow(index), root)),
        anchors,
        at,
      };
    },
  },
  {
    name: '250 authorities of one name with compressed points of P-521',
    ends: 'work-budget',
    make: () => {
      const point = () => {
        const pair = createECDH('secp521r1');
        pair.generateKeys();
        const spki = sequence(
          sequence(oid('1.2.840.10045.2.1'), oid('1.3.132.0.35')),
          bitString(pair.getPublicKey(null, 'compressed')),
        );
        return { subject: nameOf('Chậm'), keys: { ...makeKeys(), spki } };
      };
      return {
        leaf: leafOf(point()),
        untrusted: range(250).map(() => authority(point(), root)),
        anchors,
        at,
      };
    },
  },
  {
    name: 'an object identifier of one arc of 60,000 octets',
    ends: 'malformed',
    make: () => {
      const giant = element(tag.oid, Buffer.of(0x2b), Buffer.alloc(60_000, 0xff), Buffer.of(1));
      return { leaf: leafOf(root, withExtension(extensionIds.extendedKeyUsage, sequence(giant))), anchors, at };
    },
  },
  {
    name: 'an object identifier of 500,000 arcs',
    ends: 'valid',
    make: () => {
      const giant = element(tag.oid, Buffer.alloc(500_000, 1));
      return { leaf: leafOf(root, withExtension(extensionIds.extendedKeyUsage, sequence(giant))), anchors, at };
    },
  },
  { name: 'a certificate 10^5 deep', ends: 'malformed', make: () => ({ leaf: bottomless, anchors, at }) },
  {
    name: 'sequences 2,000 deep in an extension',
    ends: 'malformed',
    make: () => ({
      leaf: leafOf(root, withExtension(extensionIds.extendedKeyUsage, nested(2_000))),
      anchors,
      at,
    }),
  },
  {
    name: 'a list and an answer 10^5 deep',
    ends: 'no-revocation-data',
    make: () => ({ leaf: leafOf(root), anchors, crls: [bottomless], ocsp: [bottomless], at, requireRevocation: true }),
  },
  ...[
    ['4 GiB', Buffer.of(0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 0x02, 0x01, 0x01)],
    ['2^64', Buffer.of(0x30, 0x88, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02)],
    ['127 octets of length', Buffer.concat([Buffer.of(0x30, 0xff), Buffer.alloc(127, 0xff)])],
    ['an indefinite length', Buffer.of(0x30, 0x80, 0x30, 0x80, 0x02, 0x01, 0x01, 0, 0, 0, 0)],
    ['a length in more octets than needed', Buffer.of(0x30, 0x84, 0, 0, 0, 3, 0x02, 0x01, 0x01)],
    ['one octet', Buffer.of(0x30)],
  ].map(
    ([name, der]): Hostile => ({
      name: `a certificate of ${name}`,
      ends: 'malformed',
      make: () => ({ leaf: Buffer.from(der ?? ''), anchors, at }),
    }),
  ),
  {
    name: 'a certificate of 3 MiB of tiny elements',
    ends: 'malformed',
    make: () => ({ leaf: element(tag.sequence, Buffer.alloc(3 * 1024 * 1024, Buffer.of(5, 0))), anchors, at }),
  },
  {
    name: 'a list of 3 MiB of tiny elements',
    ends: 'no-revocation-data',
    make: () => ({
      leaf: leafOf(root),
      anchors,
      crls: [sequence(element(tag.sequence, Buffer.alloc(3 * 1024 * 1024, Buffer.of(5, 0))), boolean(true))],
      at,
      requireRevocation: true,
    }),
  },
  {
    name: '100 authorities with 1,500 addresses each',
    ends: 'work-budget',
    make: () => {
      const [issuing = root] = parts(1);
      const addresses = sequence(
        ...range(1_500).map((index) => distributionPoint([uri(`http://a.example.vn/${index}`)])),
      );
      const many = authority(issuing, root, withExtension(extensionIds.crlDistributionPoints, addresses));
      return { leaf: leafOf(issuing), untrusted: range(100).map(() => many), anchors, at };
    },
  },
];

/** The request as a line of a batch. */
export function lineOf(id: string, request: PathRequest): string {
  const pem = (label: string) => (der: Uint8Array) =>
    `-----BEGIN ${label}-----\n${Buffer.from(der).toString('base64')}\n-----END ${label}-----\n`;
  const certificate = pem('CERTIFICATE');
  return JSON.stringify({
    id,
    trusted: request.anchors.map(certificate),
    untrusted: (request.untrusted ?? []).map(certificate),
    leaf: certificate(request.leaf),
    crls: (request.crls ?? []).map(pem('X509 CRL')),
    ocsp: (request.ocsp ?? []).map((der) => Buffer.from(der).toString('base64')),
    at: request.at.toISOString(),
    requireRevocation: request.requireRevocation,
    policies: request.policies,
  });
}
