import { addValidationData, signPdf, timeStampPdf } from '@edutrust/signing-service/pades';
import { createAuthority } from '@edutrust/signing-service/testing/authority';
import { createValidationPool, validatePdf } from '@edutrust/signing-service/validation';
import PDFDocument from 'pdfkit';
import { cpuInTurn, milliseconds, type Row } from '../measure.ts';

/**
 * Verifying a signed file of 200 kB as the product does it, on a warm thread: CPU time of the whole process for each file,
 * thread, limits and copying included, and what the judging alone takes.
 */
export async function verification(): Promise<Row[]> {
  const at = new Date('2026-11-23T03:00:00Z');
  const now = new Date('2026-11-26T03:00:00Z');
  const authority = createAuthority();
  const plain = await makePdf(170_000);
  const wish = { signerName: 'bench', at };
  const signed = await signPdf(plain, wish, authority.signerOf(authority.official()));
  const stamped = await signPdf(plain, wish, authority.signerOf(authority.official(), at));
  const long = await timeStampPdf(
    addValidationData(stamped, { certificates: [authority.root.certificate], crls: authority.crls }),
    authority.stampAt(new Date('2026-11-24T03:00:00Z')),
  );
  const options = { anchors: authority.anchors, crls: authority.crls, at: now };
  const pool = createValidationPool();
  try {
    const rows: Row[] = [];
    for (const [level, file] of [
      ['B-B', signed],
      ['B-T', stamped],
      ['B-LTA', long],
    ] as const) {
      const report = await pool.validate(file, options);
      if (report.verdict !== 'valid' || report.signatures[0]?.level !== level)
        throw new Error(`${level}: ${JSON.stringify(report)}`);
      const { judged, verified } = await cpuInTurn(
        { judged: () => validatePdf(file, options), verified: () => pool.validate(file, options) },
        { rounds: 16, count: 20 },
      );
      rows.push({
        what: `verify PAdES ${level}, ${Math.round(file.length / 1000)} kB`,
        value: milliseconds(verified),
        against: `judging alone ${milliseconds(judged)}`,
        goal: { figure: verified, unit: 'ms', atMost: 20 },
      });
    }
    return rows;
  } finally {
    await pool.close();
  }
}

async function makePdf(bytes: number): Promise<Buffer> {
  const document = new PDFDocument({ compress: false });
  const parts: Buffer[] = [];
  document.on('data', (part: Buffer) => parts.push(part));
  const done = new Promise<void>((resolve) => document.on('end', () => resolve()));
  for (let size = 0; size < bytes; size += 250) document.fontSize(6).text('Hoc ba '.repeat(6).padEnd(60, '.'));
  document.end();
  await done;
  return Buffer.concat(parts);
}
