/** Puts certificates on a token, the first under the id of its key: library, label, PIN, base64 DER … */
import process from 'node:process';
import { parseCertificate } from '../src/certificate/certificate.ts';
import { booleanValue, ck, loadPkcs11, ulongValue } from '../src/key-store/pkcs11.ts';

const [library = '', label = '', pin = '', ...certificates] = process.argv.slice(2);
const CKA_CERTIFICATE_TYPE = 0x080;
const CKA_SUBJECT = 0x101;
const p11 = loadPkcs11(library);
const slot = p11.findSlot(label);
if (slot === undefined) throw new Error(`no token ${label}`);
const session = p11.openSession(slot);
p11.login(session, pin);
for (const [index, text] of certificates.entries()) {
  const der = Buffer.from(text, 'base64');
  p11.createObject(session, [
    [ck.CKA_CLASS, ulongValue(ck.CKO_CERTIFICATE)],
    [CKA_CERTIFICATE_TYPE, ulongValue(0)], // X.509
    [ck.CKA_TOKEN, booleanValue(true)],
    [ck.CKA_PRIVATE, booleanValue(false)],
    [ck.CKA_ID, Buffer.of(0xa1 + index)],
    [CKA_SUBJECT, parseCertificate(der).subject.der],
    [ck.CKA_VALUE, der],
  ]);
}
