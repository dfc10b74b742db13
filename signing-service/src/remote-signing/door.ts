export { answerCredentialSignIn } from './oauth.ts';
