/** What journeys over real processes use of this workspace's test parts. */
export { type Form, type Shown, TestBrowser } from './test-browser.ts';
export { appOrigins, authorizationRequest, codeFor, redeem, redemption, testIdp } from './test-idp.ts';
