/** A key serves one purpose for its whole life (K3). */
export type KeyPurpose = 'ca' | 'ocsp' | 'tsa' | 'receipts' | 'signer' | 'seal';
export type KeyAlgorithm = 'p256' | 'p384' | 'rsa3072';
