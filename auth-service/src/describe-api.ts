import { serverMetadata } from './oauth/server-metadata.ts';
import { apiDocument, endpointsOf, type RoutesDependencies } from './app.ts';

/** The API document, made without a running service: the routes are described and never called. */
export function describeApi(): object {
  const notCalled = (): never => {
    throw new Error('this is only the description of the API');
  };
  const dependencies: RoutesDependencies = {
    accounts: { find: notCalled },
    searchAccounts: notCalled,
    trail: { list: notCalled },
    audit: { seen: notCalled },
    sessions: { listLive: notCalled },
    clients: { list: notCalled },
    entitlements: { balancesOf: notCalled, ledgerOf: notCalled },
    placeOrder: notCalled,
    clock: notCalled,
    registerAccount: notCalled,
    logIn: notCalled,
    refreshSession: notCalled,
    logOut: notCalled,
    endSession: notCalled,
    updateProfile: notCalled,
    changePassword: notCalled,
    replaceRoles: notCalled,
    setStatus: notCalled,
    enterAsGuest: notCalled,
    upgradeGuest: notCalled,
    lookUpAccounts: notCalled,
    createAccount: notCalled,
    updateAccount: notCalled,
    deleteAccount: notCalled,
    deleteOwnAccount: notCalled,
    restoreAccount: notCalled,
    endAllSessions: notCalled,
    offerPasswordReset: notCalled,
    resetPassword: notCalled,
    exportData: notCalled,
    readRevocations: notCalled,
    createClient: notCalled,
    rotateClientSecret: notCalled,
    deleteClient: notCalled,
    authenticateClient: notCalled,
    issueToken: notCalled,
    introspectToken: notCalled,
    revokeToken: notCalled,
    serverMetadata: serverMetadata(''),
    publicKeys: notCalled,
  };
  return apiDocument(endpointsOf(dependencies));
}
