import Type from 'typebox';

/**
 * The calls of CSC API v2.2 as its OpenAPI describes them. They tell makers of apps what to send; what comes is read by
 * `request.ts`, which refuses in the specification's own words.
 */
const Text = Type.Optional(Type.String());
const Flag = Type.Optional(Type.Boolean());
const Texts = Type.Array(Type.String());
const clientData = { clientData: Text };
const wish = {
  certificates: Type.Optional(Type.Enum(['none', 'single', 'chain'])),
  certInfo: Flag,
  authInfo: Flag,
  lang: Text,
};
const digests = { hashes: Texts, hashAlgorithmOID: Text };
const act = { credentialID: Type.String(), SAD: Text };
const how = {
  signature_format: Type.Enum(['P', 'C', 'X']),
  conformance_level: Type.Optional(Type.Enum(['Ades-B-B', 'Ades-B-T'])),
  signAlgo: Type.String(),
  signed_envelope_property: Text,
};

export const InfoBody = Type.Object({ lang: Text });
export const ListBody = Type.Object({ credentialInfo: Flag, onlyValid: Flag, ...wish, ...clientData });
export const CredentialBody = Type.Object({ credentialID: Type.String(), ...wish, ...clientData });
export const AuthorizeBody = Type.Object({
  credentialID: Type.String(),
  numSignatures: Type.Integer({ minimum: 1 }),
  ...digests,
  authData: Type.Array(Type.Object({ id: Type.String(), value: Text })),
  description: Text,
  ...clientData,
});
export const HandleBody = Type.Object({ handle: Type.String() });
export const SignHashBody = Type.Object({ ...act, ...digests, signAlgo: Type.String(), ...clientData });
export const SignDocBody = Type.Object({
  ...act,
  documents: Type.Optional(Type.Array(Type.Object({ document: Type.String(), ...how }))),
  documentDigests: Type.Optional(Type.Array(Type.Object({ ...digests, ...how }))),
  ...clientData,
});
export const TimestampBody = Type.Object({ hash: Type.String(), hashAlgo: Type.String(), nonce: Text, ...clientData });

const Key = Type.Object({
  status: Type.Enum(['enabled', 'disabled']),
  algo: Texts,
  len: Type.Integer(),
  curve: Type.String(),
});
const Cert = Type.Object({
  status: Type.Enum(['valid', 'expired', 'revoked']),
  certificates: Type.Optional(Texts),
  issuerDN: Text,
  serialNumber: Text,
  subjectDN: Text,
  validFrom: Text,
  validTo: Text,
});
const AuthObject = Type.Object({
  type: Type.String(),
  id: Type.String(),
  label: Type.String(),
  description: Type.String(),
});
export const CredentialInfo = Type.Object({
  credentialID: Text,
  description: Type.String(),
  key: Key,
  cert: Cert,
  auth: Type.Object({
    mode: Type.Enum(['oauth2code', 'explicit']),
    expression: Text,
    objects: Type.Optional(Type.Array(AuthObject)),
  }),
  SCAL: Type.Literal('2'),
  multisign: Type.Integer(),
  lang: Type.String(),
});
export const Info = Type.Object({
  specs: Type.String(),
  name: Type.String(),
  logo: Type.String(),
  region: Type.String(),
  lang: Type.String(),
  description: Type.String(),
  authType: Texts,
  oauth2Issuer: Type.String(),
  asynchronousOperationMode: Type.Boolean(),
  validationInfo: Type.Boolean(),
  methods: Texts,
  signAlgorithms: Type.Object({ algos: Texts }),
  signature_formats: Type.Object({ formats: Texts, envelope_properties: Type.Array(Texts) }),
  conformance_levels: Texts,
});
export const Credentials = Type.Object({
  credentialIDs: Texts,
  credentialInfos: Type.Optional(Type.Array(CredentialInfo)),
  onlyValid: Flag,
});
export const ActivationData = Type.Object({ SAD: Type.String(), expiresIn: Type.Integer() });
export const Handle = Type.Object({ handle: Type.String() });
export const Signatures = Type.Object({ signatures: Texts });
export const SignedDocuments = Type.Object({
  DocumentWithSignature: Type.Optional(Texts),
  SignatureObject: Type.Optional(Texts),
});
export const Timestamp = Type.Object({ timestamp: Type.String() });
