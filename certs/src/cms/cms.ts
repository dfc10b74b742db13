/**
 * The door of CMS and time-stamp tokens: the one reader, the one writer, the one judge of signature values and tokens.
 * It reaches no database, so that a thread that judges files of strangers may import it.
 */
export { signatureFault } from '../certificate/signature.ts';
export { digestOf } from './algorithms.ts';
export { archiveCover, archiveImprint, buildHashIndex, withHashIndex } from './archive.ts';
export { extendSignedData } from './extend.ts';
export { cmsOids } from './oid.ts';
export { type CmsSignedData, readCms, readCounterSigner, readSigners, SignerCountError } from './read.ts';
export { imprintAlgorithmOf, type VerifiedTimeStamp, verifyTimeStampToken } from './time-stamp-token.ts';
export { checkContent, checkValue, findSigner } from './verify.ts';
export { assembleSignedData, attribute, buildSignedAttributes } from './write.ts';
