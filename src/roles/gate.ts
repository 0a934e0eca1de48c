import {
  createAccountsEvents,
  DEMO_KEY,
  hasDemoKey,
  openAccess,
  openWrongKeys,
  sourceAddressOf,
} from '../accounts/index.ts'
import type { AccessGate } from '../accounts/index.ts'
import { admitSessions, findSession } from '../ops/index.ts'
import { isLoopback } from '../platform/config/index.ts'
import { StartupFault } from '../platform/startupFault.ts'
import { addressCheckOf } from '../primitives/ipRange.ts'
import type { SharedResources } from './sharedResources.ts'

/**
 * Opens what checks API keys, and sessions of the operations page, in this process. @throws StartupFault when other machines would be served while the demo
 * client's key, which everyone knows, is valid.
 */
export async function openGate({ config, pools, logger, metrics }: SharedResources): Promise<AccessGate> {
  const { listen, access, testOperatorUrl, requestsLimit } = config
  const servesDemoKey = isLoopback(listen.host) && access.trustedProxies.length === 0
  if (!servesDemoKey && (await hasDemoKey(pools.requests)))
    throw new StartupFault(
      `LISTEN_ADDR or TRUSTED_PROXIES let other machines in, and the demo client's key "${DEMO_KEY}" is valid in ` +
        'this database: revoke it (npm run admin -- keys revoke), or use another database',
    )
  const gate = await openAccess(
    pools.requests,
    { ...access, servesTestKeys: testOperatorUrl !== undefined, servesDemoKey, requestsLimit },
    createAccountsEvents(logger, metrics.registry),
  )
  const { adminKey } = access
  if (adminKey === undefined) return gate
  const sessions = { db: pools.requests, adminKey }
  return {
    ...gate,
    authorize: admitSessions(gate.authorize, {
      findSession: (token) => findSession(sessions, token),
      wrongTokens: openWrongKeys(),
      sourceOf: sourceAddressOf(addressCheckOf(access.trustedProxies)),
    }),
  }
}
