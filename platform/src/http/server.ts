import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { Actor } from '../actor.ts';
import type { Access } from './access.ts';
import type { Direct } from './direct.ts';
import type { Streams } from './streams.ts';
import type { Uploads } from './uploads.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may call this route; compulsory. */
    access?: Access;
    /** What its answer tells of others, by its name in the catalogue of operations. */
    discloses?: string;
  }
  interface FastifyRequest {
    /** Who calls; null when nobody is signed in. */
    actor: Actor | null;
    /** A proxy that the operator did not declare brought it: its address is the proxy's and stands for everybody. */
    isBehindUndeclaredProxy: boolean;
    /** Whom the answer is about; null until a handler that discloses something was called. */
    disclosed: Set<string> | 'unsaid' | null;
  }
  interface FastifyInstance {
    /** Compiles the schemas of all routes, which otherwise wait for their first request; returns how many. */
    compileSchemas: () => number;
    /** Where files that are sent wait, bounded for the whole process. */
    uploads: Uploads;
    /** Events for those who listen. */
    streams: Streams;
    /** The way past the framework for what is asked most. */
    direct: Direct;
  }
}

/** Our Fastify: routes are typed by their TypeBox schemas. */
export type HttpServer = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;
