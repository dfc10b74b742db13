import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type {
  FastifyBaseLogger,
  FastifyContextConfig,
  FastifyRequest,
  FastifySchema,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
  RouteGenericInterface,
  RouteHandlerMethod,
  RouteOptions,
} from 'fastify';
import type { Access, Resource } from './access.ts';
import type { HttpServer } from './http.ts';

/** What a route says of itself in the OpenAPI document, and what it takes and gives. */
export type RouteSchema = FastifySchema & {
  readonly tags?: readonly string[];
  readonly summary?: string;
  readonly hide?: boolean;
};

/** A request as its route's schemas have it; they were checked before anybody sees it. */
export type RequestOf<Schema extends RouteSchema> = FastifyRequest<
  RouteGenericInterface,
  RawServerDefault,
  RawRequestDefaultExpression,
  Schema,
  TypeBoxTypeProvider,
  FastifyContextConfig,
  FastifyBaseLogger
>;

/** What answers it: what it returns or sends is what the schema's responses say. */
type HandlerOf<Schema extends RouteSchema> = RouteHandlerMethod<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  RouteGenericInterface,
  FastifyContextConfig,
  Schema,
  TypeBoxTypeProvider,
  FastifyBaseLogger
>;

interface RouteDefinition<Schema extends RouteSchema> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** The pattern: `/api/v1/people/:id`. */
  readonly url: string;
  readonly schema: Schema;
  /** Who may call it (`requires('people.read')`). */
  readonly access: Access;
  /** To what the access's action is done; without it the handler narrows its answer to where the caller may act. */
  readonly resource?: (request: RequestOf<Schema>) => Resource | Promise<Resource>;
  /** Seconds and bytes beside the usual ones. */
  readonly limits?: Pick<RouteOptions, 'bodyLimit' | 'handlerTimeout'>;
  readonly handle: HandlerOf<Schema>;
}

/** One endpoint as a value: what it is called, who may call it, what it takes, gives and does. */
export interface Route {
  readonly method: string;
  readonly url: string;
  addTo(app: HttpServer): void;
}

/** An endpoint; `resource` and `handle` see the request as `schema` types it. */
export function route<const Schema extends RouteSchema>({
  method,
  url,
  schema,
  access,
  resource,
  limits,
  handle,
}: RouteDefinition<Schema>): Route {
  if (resource && access.kind !== 'action')
    throw new TypeError(`${method} ${url} decides on a thing without an action`);
  // The HTTP base validates by `schema` before it asks for the resource, so the narrower type holds there.
  const config = { access: resource ? ({ ...access, resource } as Access) : access };
  return {
    method,
    url,
    addTo: (app) => {
      // Fastify infers from literals in place; the same was inferred above.
      app.route({ ...limits, method, url, schema, config, handler: handle as unknown as RouteOptions['handler'] });
    },
  };
}

/** Adds the endpoints of a capability. */
export function addRoutes(app: HttpServer, routes: readonly Route[]): void {
  for (const one of routes) one.addTo(app);
}
