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
import type { Direct } from './direct.ts';
import type { HttpServer } from './server.ts';

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

type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';

interface RouteDefinition<Schema extends RouteSchema> {
  /** HEAD comes with GET. */
  readonly method: Method | readonly Method[];
  /** The pattern: `/api/v1/people/:id`. */
  readonly url: string;
  readonly schema: Schema;
  /** Who may call it (`requires('people.read')`). */
  readonly access: Access;
  /** To what the access's action is done; without it the handler narrows its answer to where the caller may act. */
  readonly resource?: (request: RequestOf<Schema>) => Resource | Promise<Resource>;
  /**
   * What its answer tells of others, by its name in the registry's catalogue of operations; compulsory where the answer
   * holds personal fields or has no schema. `own`: of the caller alone; `nothing`: of nobody.
   */
  readonly discloses?: string;
  /**
   * Of a GET that pages keep asking: what is looked at for changes. Asked with `Accept: text/event-stream` it is answered
   * by a stream that says when to ask again, to whom may ask (ADR 0192).
   */
  readonly watch?: (request: RequestOf<Schema>) => Promise<unknown>;
  /** Seconds and bytes beside the usual ones. */
  readonly limits?: Pick<RouteOptions, 'bodyLimit' | 'handlerTimeout'>;
  readonly handle: HandlerOf<Schema>;
}

/** An endpoint as a value, or several that share what only they need; nothing happens before it is added to a server. */
export interface Route {
  addTo(app: HttpServer): void;
}

/** An endpoint; `resource` and `handle` see the request as `schema` types it. */
export function route<const Schema extends RouteSchema>({
  method,
  url,
  schema,
  access,
  resource,
  discloses,
  watch,
  limits,
  handle,
}: RouteDefinition<Schema>): Route {
  if (resource && access.kind !== 'action')
    throw new TypeError(`${method} ${url} decides on a thing without an action`);
  // The HTTP base validates by `schema` before it asks for the resource, so the narrower type holds there.
  const config = { access: resource ? ({ ...access, resource } as Access) : access, ...(discloses && { discloses }) };
  // Fastify infers from literals in place; the same was inferred above.
  const given = handle as unknown as RouteOptions['handler'];
  const look = watch as unknown as ((request: FastifyRequest) => Promise<unknown>) | undefined;
  const handler: typeof given = function (request, reply) {
    if (look && request.method === 'GET' && request.headers.accept === 'text/event-stream')
      return request.server.streams.watch(request, reply, () => look(request)); // tells nothing of anybody
    if (discloses && discloses !== 'nothing') request.disclosed = 'unsaid';
    return given.call(this, request, reply);
  };
  const methods = typeof method === 'string' ? method : [...method];
  return { addTo: (app) => void app.route({ ...limits, method: methods, url, schema, config, handler }) };
}

interface Scope {
  /** Before each of their paths. */
  readonly prefix?: string;
  /** How they alone read bodies and tell errors; called once, before they are added. */
  readonly prepare: (app: HttpServer) => void;
  readonly routes: readonly Route[];
}

/** Endpoints of a protocol that has media types or errors of its own. */
export function scope({ prefix = '', prepare, routes }: Scope): Route {
  return {
    addTo: (app) =>
      void app.register(
        async (own: HttpServer) => {
          prepare(own);
          addRoutes(own, routes);
        },
        { prefix },
      ),
  };
}

/** Answers given past the framework, beside the route of the same path that answers what these do not. */
export const directly = {
  get: (...of: Parameters<Direct['get']>): Route => ({ addTo: (app) => app.direct.get(...of) }),
  post: (...of: Parameters<Direct['post']>): Route => ({ addTo: (app) => app.direct.post(...of) }),
};

/** Adds the endpoints of a capability, in their order. */
export function addRoutes(app: HttpServer, routes: readonly Route[]): void {
  for (const one of routes) one.addTo(app);
}
