import assert from 'node:assert/strict'
import { findFileSystem } from '../../../loadtest/bench/stage/fileSystem.ts'

const mountinfo = [
  '22 27 0:21 / /proc rw,relatime - proc proc rw',
  '27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw',
  '28 27 0:40 / /home rw master:2 - overlay overlay rw,lowerdir=/a',
  '29 28 0:41 / /home/me/with\\040blank rw - tmpfs tmpfs rw',
  '30 27 0:42 / /twice rw - ext4 /dev/vdb rw',
  '31 27 0:43 / /twice rw - xfs /dev/vdc rw',
].join('\n')

describe('the file system that the data lies on', () => {
  it('is that of the nearest mount point above it', () => {
    assert.equal(findFileSystem(mountinfo, '/var/data'), 'ext4 on /')
    assert.equal(findFileSystem(mountinfo, '/home/me'), 'overlay on /home')
    assert.equal(findFileSystem(mountinfo, '/home/me/with blank/data'), 'tmpfs on /home/me/with blank')
  })

  it('is not that of a neighbour whose name begins alike', () => {
    assert.equal(findFileSystem(mountinfo, '/homeless'), 'ext4 on /')
  })

  it('is the one that covers another on the same mount point', () => {
    assert.equal(findFileSystem(mountinfo, '/twice/a'), 'xfs on /twice')
  })
})
