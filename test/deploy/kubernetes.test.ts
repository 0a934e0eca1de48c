import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'
import { loadConfig } from '../../src/roles/config.ts'
import { SETTINGS } from '../../src/roles/settings.ts'
import { readComposeFile, readImage, serviceOf } from '../docker/composeFile.ts'
import { findSchemaFaults, findUnknownFields } from './checkManifest.ts'
import {
  BASE,
  COMPONENTS,
  matches,
  merge,
  OVERLAY,
  podOf,
  readExample,
  readKustomization,
  readManifests,
} from './manifests.ts'
import type { Container, Manifest, Pod } from './manifests.ts'

const ROLES = ['api', 'relay', 'consumer']

describe('the manifests for Kubernetes', function () {
  // A compiler and the schemas of every kind.
  this.timeout(600_000)
  const base = readManifests(BASE)
  const overlay = readManifests(OVERLAY)
  const patches = readKustomization(OVERLAY).patches?.map(({ path }) => path) ?? []
  /** A patch is only a part of an object. */
  const whole = [...base, ...overlay.filter(({ file }) => !patches.includes(file))]
  const ofKind = (kind: string) => base.filter((each) => each.kind === kind)
  const named = (kind: string, name: string): Manifest => {
    const found = whole.find((each) => each.kind === kind && each.metadata.name === name)
    assert.ok(found, `there is no ${kind} ${name}`)
    return found
  }
  const pods = whole.flatMap((each) => podOf(each) ?? [])
  const deploymentOf = (role: string): { pod: Pod; container: Container } => {
    const pod = podOf(named('Deployment', `chapar-${role}`))
    const [container] = pod?.spec.containers ?? []
    assert.ok(pod && container)
    return { pod, container }
  }
  const settings = {
    ...named('ConfigMap', 'chapar').data,
    ...overlay.find(({ file }) => file === 'settings.yaml')?.data,
  }
  const secrets = Object.fromEntries(
    readExample('secrets.env')
      .trim()
      .split('\n')
      .map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string]),
  )

  it('are what the schemas of Kubernetes allow', async () => {
    assert.ok(whole.length > 15)
    assert.deepEqual(await findSchemaFaults(whole), [])
  })

  it('have no field that Kubernetes does not know', () => {
    assert.deepEqual(findUnknownFields(whole), [])
    const [first] = whole
    assert.ok(first)
    assert.match(findUnknownFields([{ ...first, specc: {} } as Manifest]).join(), /specc.* does not exist/)
  })

  it('are listed by their kustomization, and every file that one names is there', () => {
    for (const folder of [BASE, OVERLAY]) {
      const { resources, patches: parts = [], secretGenerator = [] } = readKustomization(folder)
      for (const path of [...resources, ...parts.map((each) => each.path)])
        assert.ok(existsSync(join(folder, path)), `${folder} ${path}`)
      for (const name of secretGenerator.flatMap(({ envs = [], files = [] }) => [...envs, ...files]))
        readExample(name)
      const listed = [...resources, ...parts.map((each) => each.path)]
      assert.deepEqual(
        [...new Set(readManifests(folder).map(({ file }) => file))].filter((file) => !listed.includes(file)),
        [],
      )
    }
    for (const patch of overlay.filter(({ file }) => patches.includes(file)))
      named(patch.kind, patch.metadata.name)
  })

  it('set nothing but settings of docs/settings.md', () => {
    const inPods = pods.flatMap(({ spec }) =>
      spec.containers.flatMap(({ env = [] }) => env.map(({ name }) => name)),
    )
    const names = [...new Set([...inPods, ...Object.keys(settings), ...Object.keys(secrets)])]
    assert.ok(names.length > 8)
    assert.deepEqual(
      names.filter((name) => !(name in SETTINGS)),
      [],
    )
  })

  it('give each role settings that it takes', () => {
    const folder = mkdtempSync(join(tmpdir(), 'chapar-kubernetes-'))
    const operators = join(folder, 'operators.yml')
    writeFileSync(operators, readExample('operators.yml'))
    // The file's secrets come from the process's environment.
    const { RECEIPTS_SECRET: before } = process.env
    process.env['RECEIPTS_SECRET'] = secrets['RECEIPTS_SECRET']
    for (const role of ROLES) {
      const { container } = deploymentOf(role)
      const own = Object.fromEntries((container.env ?? []).map(({ name, value }) => [name, value]))
      const { roles, listen, access, readsAgain } = loadConfig({
        ...settings,
        ...secrets,
        ...own,
        OPERATORS_FILE: operators,
      })
      assert.deepEqual([roles, listen.port, access.isOpen, readsAgain], [[role], 8080, false, true])
    }
    if (before === undefined) delete process.env['RECEIPTS_SECRET']
    else process.env['RECEIPTS_SECRET'] = before
    rmSync(folder, { recursive: true })
  })

  it('take every secret from one that the overlay makes, with the keys of its example', () => {
    const made = readKustomization(OVERLAY).secretGenerator ?? []
    const names = made.map(({ name }) => name)
    for (const { spec } of pods) {
      for (const { env = [], envFrom = [] } of spec.containers) {
        for (const { secretRef } of envFrom) if (secretRef) assert.ok(names.includes(secretRef.name))
        for (const { valueFrom } of env)
          if (valueFrom)
            assert.ok(names.includes(valueFrom.secretKeyRef.name) && valueFrom.secretKeyRef.key in secrets)
      }
      for (const { secret } of spec.volumes ?? []) assert.ok(secret && names.includes(secret.secretName))
    }
    const [mounted] = made.find(({ name }) => name === 'chapar-operators')?.files ?? []
    assert.equal(settings['OPERATORS_FILE'], `/etc/chapar/${mounted}`)
  })

  it('run what the compose file runs, of one image', () => {
    const file = readComposeFile()
    for (const { spec } of pods) for (const { image } of spec.containers) assert.equal(image, 'chapar')
    assert.deepEqual(
      readKustomization(OVERLAY).images?.map(({ name }) => name),
      ['chapar'],
    )
    for (const role of ROLES) {
      const { command } = deploymentOf(role).container
      assert.deepEqual(command ?? readImage().command, serviceOf(file, role).command ?? readImage().command)
    }
    assert.deepEqual(
      podOf(named('Job', 'chapar-migrate'))?.spec.containers[0]?.command,
      serviceOf(file, 'migrate').command,
    )
  })

  it('ask each role whether it lives and is ready at the port that it listens on, and give it time to stop', () => {
    for (const role of ROLES) {
      const { pod, container } = deploymentOf(role)
      const ports = Object.fromEntries(
        (container.ports ?? []).map(({ name, containerPort }) => [name, containerPort]),
      )
      assert.deepEqual(
        [settings['LISTEN_ADDR'], settings['METRICS_LISTEN_ADDR']],
        [`0.0.0.0:${ports['http']}`, `0.0.0.0:${ports['metrics']}`],
      )
      const { livenessProbe, readinessProbe, startupProbe } = container
      assert.deepEqual(
        [livenessProbe, readinessProbe, startupProbe].map((probe) => [
          probe?.httpGet.path,
          probe?.httpGet.port,
        ]),
        [['/healthz', 'http'], ['/readyz', 'http'], ['/healthz', 'http']], // prettier-ignore
      )
      const needed =
        Number(settings['SHUTDOWN_DEADLINE_SEC']) + (container.lifecycle?.preStop.sleep.seconds ?? 0)
      assert.ok((pod.spec.terminationGracePeriodSeconds ?? 0) > needed, role)
    }
  })

  it('select pods that are there: budgets, services, policies and spreads', () => {
    const labels = pods.map(({ metadata }) => metadata.labels)
    const selected = base.flatMap(({ kind, spec = {} }) => {
      const { selector, podSelector } = spec as Record<string, Record<string, unknown> | undefined>
      const chosen =
        kind === 'Service' ? selector : ((selector ?? podSelector)?.['matchLabels'] as object | undefined)
      return chosen ? [chosen as Record<string, string>] : []
    })
    assert.ok(selected.length >= 10)
    for (const wanted of selected)
      assert.ok(
        labels.some((each) => matches(wanted, each)),
        JSON.stringify(wanted),
      )
    for (const kind of ['PodDisruptionBudget', 'Deployment'])
      assert.deepEqual(
        ofKind(kind)
          .map(({ metadata }) => metadata.name)
          .sort(),
        ROLES.map((role) => `chapar-${role}`).sort(),
      )
    assert.deepEqual([...new Set(pods.map(({ spec }) => spec.serviceAccountName))], ['chapar'])
  })

  it('scale deployments that are there, the consumers by metrics that relays have', () => {
    const metrics = readFileSync(join(BASE, '../../../docs/metrics.md'), 'utf8')
    const adapter = readFileSync(join(BASE, '../prometheus-adapter.yaml'), 'utf8')
    const { rules } = parse(adapter) as { rules: { external: { seriesQuery: string }[] } }
    for (const { spec } of ofKind('HorizontalPodAutoscaler')) {
      const { scaleTargetRef, metrics: wanted } = spec as {
        scaleTargetRef: { kind: string; name: string }
        metrics: { type: string; external?: { metric: { name: string } } }[]
      }
      named(scaleTargetRef.kind, scaleTargetRef.name)
      const names = wanted.flatMap(({ external }) => external?.metric.name ?? [])
      if (scaleTargetRef.name === 'chapar-consumer') assert.equal(names.length, 2)
      for (const name of names) {
        assert.ok(metrics.includes(`\`${name}\``), name)
        assert.ok(
          rules.external.some(({ seriesQuery }) => seriesQuery === name),
          name,
        )
      }
    }
  })

  it('lead from outside to each route of customers and operators, and to none of admins, the page or the probes', () => {
    const { paths: routes } = JSON.parse(readFileSync(join(BASE, '../../../docs/openapi.json'), 'utf8')) as {
      paths: object
    }
    const { rules } = named('Ingress', 'chapar').spec as {
      rules: { http: { paths: { path: string }[] } }[]
    }
    const prefixes = rules.flatMap(({ http }) => http.paths.map(({ path }) => path))
    const isLedTo = (path: string) =>
      prefixes.some((prefix) => `${path}/`.startsWith(prefix === '/' ? '/' : `${prefix}/`))
    const isInternal = (path: string) => /^\/(v1\/admin|healthz|readyz|metrics)/.test(path)
    const expected = Object.keys(routes).filter((path) => !isInternal(path))
    assert.ok(expected.length > 30)
    assert.deepEqual(Object.keys(routes).filter(isLedTo), expected)
    const aliases = Object.keys(routes).filter((path) => path.startsWith('/v1/'))
    assert.deepEqual(
      aliases.filter((path) => isLedTo(`/api${path}`)),
      aliases.filter((path) => !isInternal(path)),
    )
    assert.deepEqual(['/', '/ops', '/ops/api/live'].filter(isLedTo), [])
    assert.ok(['/openapi.json', '/swagger/index.html'].every(isLedTo))
  })

  for (const { component, setting, roles } of [
    { component: 'exports', setting: 'EXPORT_FOLDER', roles: ['api', 'relay'] },
    { component: 'archive', setting: 'ARCHIVE_FOLDER', roles: ['relay'] },
  ])
    it(`give to ${roles.join(' and ')} the storage of ${component} by a component`, async () => {
      const folder = join(COMPONENTS, component)
      const { resources, patches: parts = [] } = readKustomization(folder)
      const manifests = readManifests(folder)
      assert.deepEqual(
        manifests.map(({ file }) => file).sort(),
        [...resources, ...parts.map(({ path }) => path)].sort(),
      )
      const claims = manifests.filter(({ kind }) => kind === 'PersistentVolumeClaim')
      const merged = manifests
        .filter(({ kind }) => kind === 'Deployment')
        .map((patch) => merge(named('Deployment', patch.metadata.name), patch))
      assert.deepEqual(await findSchemaFaults([...claims, ...merged]), [])
      assert.deepEqual(findUnknownFields([...claims, ...merged]), [])
      assert.deepEqual(
        merged.map(({ metadata }) => metadata.name),
        roles.map((role) => `chapar-${role}`),
      )
      for (const each of merged) {
        const { containers, volumes } = podOf(each)?.spec ?? {}
        assert.equal(containers?.length, 1)
        const [added] = (containers?.[0]?.env ?? []).filter(({ name }) => name !== 'ROLE')
        const mount = containers?.[0]?.volumeMounts?.find(({ name }) => name === component)
        const claim = volumes?.find(({ name }) => name === component)?.persistentVolumeClaim
        assert.ok(added && added.name in SETTINGS)
        assert.deepEqual(
          [added.name, added.value, claim?.claimName],
          [setting, mount?.mountPath, claims[0]?.metadata.name],
        )
      }
    })

  it('let the api reach neither the broker nor operators', () => {
    const reached = (role: string) =>
      ofKind('NetworkPolicy')
        .filter(({ spec }) => selects(spec, role))
        .flatMap(({ spec }) => (spec?.['egress'] as { ports?: { port: number }[] }[] | undefined) ?? [])
        .flatMap(({ ports = [] }) => ports.map(({ port }) => port))
    assert.deepEqual(
      [...new Set(reached('api'))].sort((a, b) => a - b),
      [53, 3306],
    )
    for (const role of ['relay', 'consumer'])
      assert.ok(reached(role).includes(5671) && reached(role).includes(443))
  })
})

function selects(spec: Manifest['spec'], role: string): boolean {
  const labels = { 'app.kubernetes.io/name': 'chapar', 'app.kubernetes.io/component': role } as Record<
    string,
    string
  >
  const { matchLabels = {}, matchExpressions = [] } = spec?.['podSelector'] as {
    matchLabels?: Record<string, string>
    matchExpressions?: { key: string; values: string[] }[]
  }
  return (
    matches(matchLabels, labels) &&
    matchExpressions.every(({ key, values }) => values.includes(labels[key] ?? ''))
  )
}
