/** What tests of other workspaces use of this one's test parts. */
export { giveRole } from './give-role.ts';
export { type AssertionChange, SoftPasskey } from './soft-passkey.ts';
export { type TwoPeople, twoPeople } from './two-people.ts';
