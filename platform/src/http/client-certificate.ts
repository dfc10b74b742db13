import { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import proxyAddress from '@fastify/proxy-addr';
import type { Config } from '../config/config.ts';

/** Base64 of the DER between colons (RFC 9440 §2.1), or PEM with every special character escaped, as nginx writes it. */
function parse(header: string): X509Certificate | undefined {
  const der = /^:([A-Za-z0-9+/]+={0,2}):$/.exec(header)?.[1];
  try {
    if (der) return new X509Certificate(Buffer.from(der, 'base64'));
    return header.startsWith('-----BEGIN') ? new X509Certificate(decodeURIComponent(header)) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The certificate that the caller proved at the TLS connection, as the proxy wrote it to `Client-Cert`. Anybody can write
 * that header, so it is believed of a request that comes from one of `EDUTRUST_TRUSTED_PROXIES` itself and is for the host
 * of `EDUTRUST_MTLS_URL`, where the operator said that the proxy asks for certificates and replaces the header.
 */
export function createClientCertificates({
  mtlsUrl,
  trustedProxies,
}: Pick<Config, 'mtlsUrl' | 'trustedProxies'>): (request: IncomingMessage) => X509Certificate | undefined {
  if (!mtlsUrl || trustedProxies.length === 0) return () => undefined;
  const isTrusted = proxyAddress.compile([...trustedProxies]);
  return ({ headers, socket }) => {
    const header = headers['client-cert'];
    if (typeof header !== 'string' || headers.host !== mtlsUrl.host) return undefined;
    return isTrusted(socket.remoteAddress ?? '', 0) ? parse(header) : undefined;
  };
}
