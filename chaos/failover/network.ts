import { run } from '../../dev/processes/run.ts'

/** Hosts of one network on this machine: namespaces behind a bridge. Needs root. */
export interface Network {
  hosts: readonly Host[]
  /** Cuts a host from the others, both ways and without a word; this machine still reaches all of them. */
  isolate(host: Host): Promise<void>
  heal(host: Host): Promise<void>
  close(): Promise<void>
}

export interface Host {
  address: string
  /** What starts a command there. */
  prefix: readonly string[]
}

const NAME = 'chapar-fo'
const SUBNET = '10.213.77'
const TIMEOUT_MS = 10_000

export function mayOpenNetwork(): boolean {
  return process.platform === 'linux' && process.getuid?.() === 0
}

export async function openNetwork(count: number): Promise<Network> {
  const hosts = Array.from({ length: count }, (_, index): Host & { name: string } => {
    const name = `${NAME}${index + 1}`
    return { name, address: `${SUBNET}.${index + 1}`, prefix: ['ip', 'netns', 'exec', name] }
  })
  const remove = async () => {
    for (const { name } of hosts) await ip(`netns del ${name}`).catch(() => {})
    await ip(`link del ${NAME}`).catch(() => {})
  }
  await remove()
  await ip(`link add ${NAME} type bridge`)
  await ip(`addr add ${SUBNET}.254/24 dev ${NAME}`)
  await ip(`link set ${NAME} up`)
  for (const { name, address } of hosts) {
    await ip(`netns add ${name}`)
    await ip(`link add ${name}b type veth peer name eth0 netns ${name}`)
    await ip(`link set ${name}b master ${NAME} up`)
    await ip(`-n ${name} addr add ${address}/24 dev eth0`)
    await ip(`-n ${name} link set eth0 up`)
    await ip(`-n ${name} link set lo up`)
  }
  /** A black hole on both sides: what is sent is dropped, as by a cable that is pulled. */
  const between = async (act: 'add' | 'del', host: Host) => {
    for (const one of hosts)
      for (const other of hosts)
        if (one !== other && (one.address === host.address || other.address === host.address))
          await ip(`-n ${one.name} route ${act} blackhole ${other.address}/32`)
  }
  return {
    hosts,
    isolate: (host) => between('add', host),
    heal: (host) => between('del', host),
    close: remove,
  }
}

function ip(command: string): Promise<string> {
  return run('ip', command.split(' '), {
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    timeoutMs: TIMEOUT_MS,
  })
}
