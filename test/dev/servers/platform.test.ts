import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mirrorsOf } from '../../../dev/servers/archive.ts'
import { assertPlatform, readOsRelease, UnsupportedPlatform } from '../../../dev/servers/platform.ts'
import { versionOf } from '../../../dev/servers/unpack.ts'

describe('the platform', () => {
  let folder: string
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'chapar-platform-'))))
  afterEach(() => rm(folder, { recursive: true }))

  async function release(text: string) {
    await writeFile(join(folder, 'os-release'), text)
    return readOsRelease(join(folder, 'os-release'))
  }

  it('is refused in one line that names the ways out, unless it is Debian or Ubuntu on amd64', async () => {
    const fedora = await release('ID=fedora\nVERSION_ID=42\n')
    const debian = await release('ID=debian\nVERSION_CODENAME=bookworm\n')
    const refused = (error: unknown) => {
      assert.ok(error instanceof UnsupportedPlatform)
      assert.match(error.message, /^[^\n]*"docker compose up"[^\n]*DATABASE_URL and AMQP_URL[^\n]*$/)
      return true
    }
    assert.throws(() => assertPlatform(fedora, 'x64'), refused)
    assert.throws(() => assertPlatform(debian, 'arm64'), refused)
    assert.throws(() => assertPlatform(readOsRelease(join(folder, 'nothing')), 'x64'), refused)
  })

  it('is known by what it is made from, with the codename of the archive that it uses', async () => {
    const mint = 'ID=linuxmint\nID_LIKE="ubuntu debian"\nVERSION_CODENAME=zara\nUBUNTU_CODENAME=noble\n'
    assert.deepEqual(await release(mint), { family: ['linuxmint', 'ubuntu', 'debian'], codename: 'noble' })
  })

  it("offers the mirror of the machine's own release first, each once", () => {
    const uris = [
      "'https://vendor.example/apt/dists/stable/InRelease' vendor_InRelease 0 ",
      "'http://mirror.example/security/dists/bookworm-security/InRelease' security_InRelease 0 ",
      "'http://mirror.example/debian/dists/bookworm/InRelease' debian_InRelease 0 ",
      "'http://mirror.example/debian/dists/bookworm-updates/InRelease' updates_InRelease 0 ",
      "'http://mirror.example/debian/dists/bookworm/main/binary-amd64/Packages.xz' packages 0 ",
    ].join('\n')
    assert.deepEqual(mirrorsOf(uris, 'bookworm'), [
      'http://mirror.example/debian',
      'https://vendor.example/apt',
      'http://mirror.example/security',
    ])
  })

  it("reads a server's version from the name of its package", () => {
    const archives = ['libc6_2.43-7_amd64.deb', 'mysql-server-core_9.7.4-1_amd64.deb']
    assert.equal(versionOf('mysql-server-core', archives), '9.7.4')
    assert.equal(versionOf('mariadb', ['mariadb_1%3a10.11.18-0+deb12u1_amd64.deb']), '10.11.18')
  })
})
