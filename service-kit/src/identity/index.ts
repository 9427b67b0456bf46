export { decideAccess, type Access, type AccessDecision } from './access.ts';
export { IDENTITY_HEADERS, isIdentityHeader } from './identity-headers.ts';
export {
  createIdentityVerifier,
  type HeaderValues,
  type IdentityVerifier,
  type IdentityVerifierOptions,
} from './identity-verifier.ts';
export { isAccount, isRole, roles, type Identity, type Role } from './identity.ts';
export {
  createInternalCallVerifier,
  INTERNAL_SIGNATURE_HEADER,
  signInternalCall,
  type InternalCallVerifier,
  type InternalCallVerifierOptions,
  type SignInternalCallOptions,
} from './internal-call.ts';
export { signIdentity, type SignIdentityOptions } from './sign-identity.ts';
export type { SigningKey } from './signature.ts';
