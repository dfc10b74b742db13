/** What the program on a school's computer needs (`edutrust sign`). */

export { code4Of, type NamingList } from '../activation/list.ts';
export { extensionOf, mustAgree, otherDocument, type PreparedFile, toBeSealed } from './prepared.ts';
export { clockSkewSeconds, pairingText, signProof } from './proof.ts';
export { signFile } from './sign-file.ts';
