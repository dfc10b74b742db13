import { lookup as resolve } from 'node:dns';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/** What is not the open internet: this machine, this network, links, the cloud's metadata, reserved (RFC 6890). */
const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8);
loopback.addAddress('::1', 'ipv6');
const inside = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const)
  inside.addSubnet(net, bits);
for (const [net, bits] of [
  ['::', 96], // with an IPv4 address at its end, as those below
  ['::ffff:0:0:0', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['2001::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const)
  inside.addSubnet(net, bits, 'ipv6');

const isLocalName = (host: string) => host === 'localhost' || host.endsWith('.localhost');

function mayReach(address: string, allowsLoopback: boolean): boolean {
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  if (loopback.check(address, family)) return allowsLoopback;
  return !inside.check(address, family);
}

/** An installation that is itself on loopback (a laptop, the demo) may call apps beside it; no other calls inward. */
function isLoopbackIssuer(issuer: URL): boolean {
  const host = hostOf(issuer);
  return isLocalName(host) || (isIP(host) !== 0 && loopback.check(host, isIP(host) === 6 ? 'ipv6' : 'ipv4'));
}

const hostOf = ({ hostname }: URL) => hostname.replace(/^\[|\]$/g, '');

/** Whether the server may send something to the address: its name is looked at again when it has been resolved. */
export function mayBeCalled(address: string, issuer: URL): boolean {
  const host = hostOf(new URL(address));
  if (isLocalName(host)) return isLoopbackIssuer(issuer);
  return isIP(host) === 0 || mayReach(host, isLoopbackIssuer(issuer));
}

const insidePrivateNetwork = (host: string) =>
  Object.assign(new Error(`${host} leads into a private network`), { code: 'EPRIVATE' });

/** Gives only addresses that may be reached, to the connection itself: what was checked is what is connected to. */
const publicLookup =
  (allowsLoopback: boolean): LookupFunction =>
  (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, '', 4);
      const usable = addresses.filter(({ address }) => mayReach(address, allowsLoopback));
      const [first] = usable;
      if (!first) return callback(insidePrivateNetwork(hostname), '', 4);
      if (options.all) return callback(null, usable);
      return callback(null, first.address, first.family);
    });
  };

interface Calling {
  readonly headers: Readonly<Record<string, string>>;
  /** Where this installation stands: from loopback alone may loopback be called. */
  readonly issuer: URL;
  /** For everything: the name, the connection, TLS, the answer as far as it is read. */
  readonly timeoutMs: number;
  /** Ends it earlier. */
  readonly signal?: AbortSignal;
}

export interface Posting extends Calling {
  readonly body: string | Uint8Array;
}

/** What an address answered, as far as anyone reads it. */
export interface Posted {
  readonly status: number;
  readonly retryAfter: string | undefined;
}

/**
 * Posts to an address that somebody gave us. The rule is asked at each connection, of the address that is connected to, so
 * that a name which changes its mind gains nothing; redirects are not followed, the answer's body is not read.
 *
 * @throws an error with a `code` when it may not be reached (`EPRIVATE`) or does not answer.
 */
export function post(address: string, posting: Posting): Promise<Posted> {
  return call(address, { method: 'POST', ...posting }, async (answer) => {
    answer.destroy();
    return { status: answer.statusCode ?? 0, retryAfter: answer.headers['retry-after'] };
  });
}

export interface Asking extends Calling {
  readonly method: 'GET' | 'POST';
  readonly body?: string;
  /** A longer answer is an error. */
  readonly maxBytes: number;
}

export interface Answered {
  readonly status: number;
  readonly text: string;
}

/** Asks an address that somebody gave us, under the rules of {@link post}, and reads the answer. @throws as `post`; `ETOOLONG`. */
export function ask(address: string, asking: Asking): Promise<Answered> {
  return call(address, asking, async (answer) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > asking.maxBytes) throw Object.assign(new Error(`${address} says too much`), { code: 'ETOOLONG' });
      chunks.push(chunk);
    }
    return { status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString() };
  });
}

async function call<Answer>(
  address: string,
  {
    method,
    headers,
    body,
    issuer,
    timeoutMs,
    signal,
  }: Calling & { readonly method: string; readonly body?: string | Uint8Array },
  read: (answer: IncomingMessage) => Promise<Answer>,
): Promise<Answer> {
  if (!mayBeCalled(address, issuer)) throw insidePrivateNetwork(new URL(address).hostname);
  const url = new URL(address);
  const tooLate = AbortSignal.timeout(timeoutMs);
  return new Promise((done, fail) => {
    const sending = (url.protocol === 'https:' ? httpsRequest : httpRequest)(
      url,
      {
        method,
        headers: { ...headers, ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }) },
        lookup: publicLookup(isLoopbackIssuer(issuer)),
        signal: signal ? AbortSignal.any([signal, tooLate]) : tooLate,
        agent: false,
      },
      (answer) => read(answer).then(done, fail),
    );
    sending.on('error', fail);
    sending.end(body);
  });
}
