/** W3C Canonical XML 1.0 and Exclusive XML Canonicalization 1.0, without comments. */
export const inclusiveName = 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315';
export const exclusiveName = 'http://www.w3.org/2001/10/xml-exc-c14n#';
/** W3C XMLDSIG §6.6.4 and §6.6.3. */
export const envelopedName = 'http://www.w3.org/2000/09/xmldsig#enveloped-signature';
export const xpathName = 'http://www.w3.org/TR/1999/REC-xpath-19991116';
/** W3C XML-Signature XPath Filter 2.0. */
export const filterName = 'http://www.w3.org/2002/06/xmldsig-filter2';
/** The one XPath that is known: everything but signatures, so that several stand side by side. */
export const notASignature = 'not(ancestor-or-self::ds:Signature)';
/** A reference to the signed properties (ETSI EN 319 132-1 §4.3.2). */
export const signedPropertiesType = 'http://uri.etsi.org/01903#SignedProperties';
/** C2SP tlog-proof in an unsigned property of ours. */
export const proofNamespace = 'https://c2sp.org/tlog-proof@v1';
