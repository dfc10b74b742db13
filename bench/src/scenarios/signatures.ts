import { execFileSync } from 'node:child_process';
import { createHash, createPrivateKey, generateKeyPairSync, sign, X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { signPdf } from '@edutrust/signing-service/pades';
import { PDF } from '@libpdf/core';
import PDFDocument from 'pdfkit';
import { cpuInTurn, milliseconds, type Row } from '../measure.ts';

/**
 * PAdES B-B of a 200 kB file against the raw crypto that it cannot do without (one SHA-256 and one P-256 signature), and
 * against @libpdf/core with the same key.
 */
export async function signatures(): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'edutrust-bench-'));
  try {
    const args = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-subj',
      '/CN=bench',
      '-days',
      '2',
    ];
    execFileSync('openssl', [...args, '-keyout', join(folder, 'key.pem'), '-out', join(folder, 'certificate.pem')], {
      stdio: 'ignore',
    });
    const key = createPrivateKey(await readFile(join(folder, 'key.pem')));
    const certificate = new X509Certificate(await readFile(join(folder, 'certificate.pem'))).raw;
    const pdf = await makePdf(200_000);
    const signer = { certificates: [certificate], sign: (bytes: Buffer) => sign('sha256', bytes, key) };
    const throwAway = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const { ours, libpdf, raw } = await cpuInTurn({
      ours: () => signPdf(pdf, { signerName: 'bench', at: new Date() }, signer),
      libpdf: async () => {
        const document = await PDF.load(pdf);
        await document.sign({
          level: 'B-B',
          signer: {
            certificate,
            certificateChain: [],
            keyType: 'EC',
            signatureAlgorithm: 'ECDSA',
            sign: async (bytes) => sign('sha256', bytes, key),
          },
        });
      },
      raw: () => {
        createHash('sha256').update(pdf).digest();
        sign('sha256', Buffer.alloc(120), throwAway);
      },
    });
    return [
      {
        what: 'PAdES B-B, 200 kB',
        value: milliseconds(ours),
        against: `raw SHA-256 + P-256 ${milliseconds(raw)}`,
        goal: { figure: (100 * raw) / ours, unit: '%', atLeast: 40 },
      },
      {
        what: '… against @libpdf/core',
        value: milliseconds(ours),
        against: `libpdf ${milliseconds(libpdf)}`,
        goal: { figure: libpdf / ours, unit: '×', atLeast: 8 },
      },
    ];
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** A plain PDF of about the size, with bytes that do not compress. */
async function makePdf(bytes: number): Promise<Buffer> {
  const document = new PDFDocument({ compress: false });
  const parts: Buffer[] = [];
  document.on('data', (part: Buffer) => parts.push(part));
  const done = new Promise<void>((resolve) => document.on('end', () => resolve()));
  for (let size = 0; size < bytes; size += 250)
    document.fontSize(6).text(
      'Học bạ '
        .repeat(6)
        .replaceAll(/[^ -~]/g, 'x')
        .padEnd(60, '.'),
    );
  document.end();
  await done;
  return Buffer.concat(parts);
}
