import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ServiceContext } from '../context.ts';
import { type OutboxReader, type RecordedEvent, readOutbox } from '../events/outbox.ts';
import { securityTypes, syslogOf } from './message.ts';

/** For one batch: a monitor that hangs gets it again later, and holds up nobody else (O3). */
const patienceMs = 15_000;

/**
 * Sends security events to the monitor (SIEM) of `EDUTRUST_SIEM` by syslog over TCP or TLS, each with its length before it (RFC
 * 6587 §3.4.1, RFC 5425 §4.3); undefined without one. At least once and in order: what was not written comes again, and
 * `externalId` tells a double.
 */
export function startSiem(
  context: Pick<ServiceContext, 'config' | 'db' | 'log'>,
): { stop(): Promise<void> } | undefined {
  const { siemUrl, url } = context.config;
  if (!siemUrl) return undefined;
  return readOutbox(context.db, siemReader(siemUrl, url.hostname), (error) =>
    context.log.error({ err: error }, 'security events to the monitor'),
  );
}

export function siemReader(siemUrl: URL, host: string): OutboxReader {
  return {
    consumer: 'siem',
    types: securityTypes,
    handle: (events) =>
      send(
        siemUrl,
        events.map((event: RecordedEvent) => syslogOf(event, host)),
      ),
  };
}

async function send(siemUrl: URL, lines: readonly string[]): Promise<void> {
  const socket = open(siemUrl);
  try {
    await new Promise<void>((resolve, reject) => {
      socket.setTimeout(patienceMs, () => reject(new Error('the monitor does not take what it is sent')));
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('the monitor hung up')));
      const framed = lines.map((line) => `${Buffer.byteLength(line)} ${line}`).join('');
      // Ended by us and answered by its end: it has read all of it.
      socket.end(framed, 'utf8');
      socket.once('end', resolve);
      socket.resume();
    });
  } finally {
    socket.destroy();
  }
}

function open({ protocol, hostname, port }: URL): Socket {
  const host = hostname.replace(/^\[|\]$/g, '');
  return protocol === 'tls:'
    ? connectTls({ host, port: Number(port || 6514), servername: host })
    : connect({ host, port: Number(port || 514) });
}
