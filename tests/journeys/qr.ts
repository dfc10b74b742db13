import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import decodeQR from 'qr/decode.js';

/** What the QR code on the last page of a PDF says, read from its picture on paper as a phone's camera does. */
export function readQr(pdf: string): string {
  const stem = pdf.replace(/\.pdf$/, '');
  execFileSync('pdftoppm', ['-r', '150', '-singlefile', '-f', String(pagesOf(pdf)), pdf, stem]);
  const picture = readFileSync(`${stem}.ppm`);
  const [head = '', width, height] = /^P6\s(\d+)\s(\d+)\s255\s/.exec(picture.toString('latin1', 0, 40)) ?? [];
  const data = picture.subarray(head.length);
  return decodeQR({ width: Number(width), height: Number(height), data }, { format: 'RGB', timeLimit: 60_000 });
}

function pagesOf(pdf: string): number {
  return Number(/^Pages:\s+(\d+)$/m.exec(execFileSync('pdfinfo', [pdf], { encoding: 'utf8' }))?.[1]);
}
