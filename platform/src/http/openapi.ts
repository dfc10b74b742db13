import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import Type from 'typebox';
import type { Access } from './access.ts';

/** What an operation of the document says beside OpenAPI's own words: who may call it. */
const accessExtension = 'x-access';

/** An answer that is not what was asked for (RFC 9457). */
const Problem = Type.Object({
  type: Type.String({ format: 'uri' }),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.String({ description: 'What is wrong, in the language of the request' }),
  code: Type.String({ description: 'Stable, for programs: `area/what`' }),
  remedy: Type.Optional(Type.String({ description: 'What to do about it' })),
  fields: Type.Optional(Type.Array(Type.Object({ pointer: Type.String(), detail: Type.String() }))),
  requestId: Type.String({ description: 'To name when asking for help' }),
});

/** OpenAPI 3.1 from the routes' schemas: who may call each, and the problem that any of them may answer with. */
export function openapiOptions(url: URL): FastifyDynamicSwaggerOptions {
  return {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'EduTrust', version: '1', description: 'Identity, single sign-on and digital signatures.' },
      servers: [{ url: url.origin }],
      components: { schemas: { Problem: Problem as object } },
    },
    hideUntagged: true,
    transform: ({ schema, url: path, route }) => ({
      // The cast is for the extension, which the types of OpenAPI do not know
      schema: { ...schema, [accessExtension]: describeAccess(route.config?.access) } as typeof schema,
      url: path,
    }),
    transformObject: (document) => {
      if (!('openapiObject' in document)) return {};
      for (const path of Object.values(document.openapiObject.paths ?? {})) {
        for (const operation of Object.values(path ?? {})) completeOperation(operation as Operation);
      }
      return document.openapiObject;
    },
  };
}

interface Operation {
  parameters?: { required?: boolean; schema?: { default?: unknown } }[];
  responses?: Record<string, unknown>;
}

function completeOperation(operation: Operation): void {
  // What has a default need not be sent.
  for (const parameter of operation.parameters ?? [])
    if (parameter.schema?.default !== undefined) parameter.required = false;
  operation.responses = {
    ...operation.responses,
    default: {
      description: 'What went wrong and what to do',
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    },
  };
}

/** `anyone`, `signed-in`, an action as in the roles' table, or the scheme that the protocol brings. */
function describeAccess(access: Access | undefined): string {
  if (!access) return 'anyone';
  if (access.kind === 'action') return access.action;
  return access.kind === 'self-authenticating' ? access.scheme : access.kind;
}
