import { createAccountsEvents, DEMO_KEY, hasDemoKey, openAccess } from '../accounts/index.ts'
import type { AccessGate } from '../accounts/index.ts'
import { isLoopback } from '../platform/config/index.ts'
import { StartupFault } from '../platform/startupFault.ts'
import type { SharedResources } from './sharedResources.ts'

/**
 * Opens what checks API keys in this process. @throws StartupFault when other machines would be served while the demo
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
  return openAccess(
    pools.requests,
    { ...access, servesTestKeys: testOperatorUrl !== undefined, servesDemoKey, requestsLimit },
    createAccountsEvents(logger, metrics.registry),
  )
}
