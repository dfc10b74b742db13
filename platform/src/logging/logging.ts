import pg from 'pg';
import { pino } from 'pino';
import { EduTrustError } from '../errors.ts';
import type { Logger } from '../log.ts';

/** The log of a process: one JSON object a line on standard error; what the program says to a person goes elsewhere. */
export function createLogger(level: string, destination: pino.DestinationStream = pino.destination(2)): Logger {
  return pino(
    {
      level,
      redact: ['req.headers.authorization', 'req.headers.cookie'],
      serializers: { err: describeError },
    },
    destination,
  );
}

/** An error as the log keeps it: what went wrong and where in our code, never whose row it was (N8). */
export interface DescribedError {
  readonly type: string;
  readonly code?: string;
  /** Only of errors whose words are the runtime's, the system's or ours. */
  readonly message?: string;
  /** Of PostgreSQL: the names of things, not their values. */
  readonly at?: Readonly<Record<string, string>>;
  readonly stack?: string;
  readonly cause?: DescribedError;
}

const mostCauses = 4;

/**
 * PostgreSQL puts values of rows into `detail`, `where`, `internalQuery` and, for wrong data, into the message itself;
 * mail servers repeat addresses, directories names, and a JSON parser what it read. An error says its type, code and
 * place instead.
 */
export function describeError(error: unknown, depth = 0): DescribedError {
  if (!(error instanceof Error)) return { type: typeof error };
  const { code } = error as { code?: unknown };
  const message = safeMessage(error);
  const at = error instanceof pg.DatabaseError ? placeOf(error) : undefined;
  const stack = error.stack
    ?.split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 12)
    .join('\n');
  return {
    type: error.name,
    ...(typeof code === 'string' || typeof code === 'number' ? { code: String(code).slice(0, 100) } : {}),
    ...(message === undefined ? {} : { message: message.slice(0, 500) }),
    ...(at ? { at } : {}),
    ...(stack ? { stack } : {}),
    ...(error.cause !== undefined && depth < mostCauses ? { cause: describeError(error.cause, depth + 1) } : {}),
  };
}

/** Classes of SQLSTATE (PostgreSQL appendix A) whose messages quote data: data exceptions, violated constraints, RAISE. */
const quotesData = /^(21|22|23|44|P0)/;

function safeMessage(error: Error): string | undefined {
  if (error instanceof EduTrustError) return undefined; // its code says it; the sentence may name what was sent
  if (error instanceof pg.DatabaseError) return quotesData.test(error.code ?? '') ? undefined : error.message;
  if (error instanceof SyntaxError) return undefined;
  const isFromOutside =
    'responseCode' in error || 'command' in error || typeof (error as { code?: unknown }).code === 'number';
  return isFromOutside ? undefined : error.message;
}

function placeOf({ schema, table, column, constraint, routine }: pg.DatabaseError): Record<string, string> {
  return Object.fromEntries(
    Object.entries({ schema, table, column, constraint, routine }).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    ),
  );
}
