/** The schemas that are served (RFC 7643 §4, §7): what is kept of a user and of a group, and nothing that is not. */

export const urn = {
  user: 'urn:ietf:params:scim:schemas:core:2.0:User',
  group: 'urn:ietf:params:scim:schemas:core:2.0:Group',
  enterprise: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User',
  /** Our own, in the form in which Entra takes an extension. */
  education: 'urn:ietf:params:scim:schemas:extension:edutrust:2.0:User',
  list: 'urn:ietf:params:scim:api:messages:2.0:ListResponse',
  search: 'urn:ietf:params:scim:api:messages:2.0:SearchRequest',
  patch: 'urn:ietf:params:scim:api:messages:2.0:PatchOp',
  bulkRequest: 'urn:ietf:params:scim:api:messages:2.0:BulkRequest',
  bulkResponse: 'urn:ietf:params:scim:api:messages:2.0:BulkResponse',
} as const;

export interface Attribute {
  readonly name: string;
  readonly type: 'string' | 'boolean' | 'complex' | 'reference';
  readonly multiValued: boolean;
  readonly description: string;
  readonly required: boolean;
  readonly caseExact: boolean;
  readonly mutability: 'readWrite' | 'readOnly' | 'immutable';
  readonly returned: 'default' | 'always';
  readonly uniqueness: 'none' | 'server';
  readonly subAttributes?: readonly Attribute[];
  readonly referenceTypes?: readonly string[];
  readonly canonicalValues?: readonly string[];
}

const usual = {
  type: 'string',
  multiValued: false,
  required: false,
  caseExact: false,
  mutability: 'readWrite',
  returned: 'default',
  uniqueness: 'none',
} as const;

const externalId: Attribute = {
  ...usual,
  name: 'externalId',
  caseExact: true,
  description: 'The client’s own name of it',
};

export const userAttributes: readonly Attribute[] = [
  {
    ...usual,
    name: 'userName',
    required: true,
    uniqueness: 'server',
    description: 'The name of the user at the client; of people whom no client made, the education ID',
  },
  {
    ...usual,
    name: 'name',
    type: 'complex',
    description: 'The parts of the name',
    subAttributes: [
      { ...usual, name: 'formatted', description: 'The full name, family name first' },
      { ...usual, name: 'familyName', description: 'Họ' },
      { ...usual, name: 'middleName', description: 'Tên đệm' },
      { ...usual, name: 'givenName', description: 'Tên' },
    ],
  },
  { ...usual, name: 'displayName', description: 'The name that is shown' },
  // Nobody is without it, so that it cannot be removed; who does not say it makes somebody active.
  {
    ...usual,
    name: 'active',
    type: 'boolean',
    required: true,
    description: 'Whether the person belongs to the organisation; true where nothing is said',
  },
];

/** What a client says of the work of those whom it made; kept for this client alone (RFC 7643 §4.3). */
const enterpriseAttributes: readonly Attribute[] = [
  {
    ...usual,
    name: 'employeeNumber',
    description: 'The client’s own number; of people whom no client made, the education ID',
  },
  { ...usual, name: 'costCenter', description: 'The client’s own' },
  { ...usual, name: 'organization', description: 'The client’s own' },
  { ...usual, name: 'division', description: 'The client’s own' },
  { ...usual, name: 'department', description: 'The client’s own' },
];

const educationAttributes: readonly Attribute[] = [
  { ...usual, name: 'educationId', mutability: 'readOnly', uniqueness: 'server', description: 'The education ID' },
];

/** The extensions of a user: each reads like a complex attribute that is named by its URN. */
export const userExtensions: readonly Attribute[] = [
  { ...usual, name: urn.enterprise, type: 'complex', description: '', subAttributes: enterpriseAttributes },
  { ...usual, name: urn.education, type: 'complex', description: '', subAttributes: educationAttributes },
];

export const groupAttributes: readonly Attribute[] = [
  { ...usual, name: 'displayName', required: true, description: 'The name of the group' },
  {
    ...usual,
    name: 'members',
    type: 'complex',
    multiValued: true,
    description: 'Who is in it',
    subAttributes: [
      { ...usual, name: 'value', caseExact: true, mutability: 'immutable', description: 'The id of a user' },
      {
        ...usual,
        name: '$ref',
        type: 'reference',
        mutability: 'immutable',
        caseExact: true,
        referenceTypes: ['User'],
        description: 'Where the user is',
      },
      { ...usual, name: 'type', mutability: 'immutable', canonicalValues: ['User'], description: 'User' },
    ],
  },
];

/** What both have beside their schema (RFC 7643 §3.1); not in the schemas themselves. */
export const commonAttributes: readonly Attribute[] = [externalId];

/**
 * Attributes of the core that clients send out of habit and that we do not keep: passed over, not refused. Roles and
 * entitlements are among them: nobody gets a right by SCIM (D8).
 */
export const passedOver: ReadonlySet<string> = new Set(
  [
    ...['emails', 'phoneNumbers', 'addresses', 'ims', 'photos', 'entitlements', 'roles', 'x509Certificates'],
    ...['title', 'nickName', 'profileUrl', 'userType', 'preferredLanguage', 'locale', 'timezone', 'password'],
    ...['schemas', 'id', 'meta', 'groups'],
    ...['manager', 'honorificPrefix', 'honorificSuffix'],
  ].map((name) => name.toLowerCase()),
);

const schema = (id: string, name: string, description: string, attributes: readonly Attribute[]) => ({
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:Schema'],
  id,
  name,
  description,
  attributes,
  meta: { resourceType: 'Schema', location: `/scim/v2/Schemas/${id}` },
});

export const schemas = [
  schema(urn.user, 'User', 'A person of the organisation', userAttributes),
  schema(urn.group, 'Group', 'A group that a client keeps', groupAttributes),
  schema(urn.enterprise, 'EnterpriseUser', 'What a client says of the work of its users', enterpriseAttributes),
  schema(urn.education, 'EducationUser', 'The education ID', educationAttributes),
];

const resourceType = (name: string, endpoint: string, id: string, extensions: readonly string[]) => ({
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:ResourceType'],
  id: name,
  name,
  endpoint,
  schema: id,
  ...(extensions.length > 0
    ? { schemaExtensions: extensions.map((extension) => ({ schema: extension, required: false })) }
    : {}),
  meta: { resourceType: 'ResourceType', location: `/scim/v2/ResourceTypes/${name}` },
});

export const resourceTypes = [
  resourceType('User', '/Users', urn.user, [urn.enterprise, urn.education]),
  resourceType('Group', '/Groups', urn.group, []),
];

/** The limits that are said here are kept. */
export const limits = { results: 200, operations: 1_000, payloadBytes: 1_048_576, members: 10_000 } as const;

export const serviceProviderConfig = {
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'],
  patch: { supported: true },
  bulk: { supported: true, maxOperations: limits.operations, maxPayloadSize: limits.payloadBytes },
  filter: { supported: true, maxResults: limits.results },
  // RFC 9865 §4
  pagination: {
    cursor: true,
    index: true,
    defaultPaginationMethod: 'index',
    defaultPageSize: limits.results,
    maxPageSize: limits.results,
  },
  changePassword: { supported: false },
  sort: { supported: true },
  etag: { supported: true },
  authenticationSchemes: [
    {
      type: 'oauthbearertoken',
      name: 'Bearer token',
      description: 'A token that the department gave to the client',
      primary: true,
    },
  ],
  meta: { resourceType: 'ServiceProviderConfig', location: '/scim/v2/ServiceProviderConfig' },
};
