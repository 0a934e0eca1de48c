#!/bin/sh
# Runs a program of an unpacked tree as root, with that tree as its root folder: enter.sh TREE STORAGE CHECKOUT BASE PROGRAM ...
# It is started in a mount namespace of its own (unshare --mount), so that every mount here ends with the program.
set -e
tree=$1 storage=$2 checkout=$3 base=$4
shift 4
mount --make-rprivate /
# Buildah asks for a root folder that is a mount itself.
mount --bind "$tree" "$tree"
cd "$tree"
mkdir -p proc dev sys tmp run root etc/containers var/tmp var/lib/containers checkout base
mount -t proc proc proc
mount --rbind /dev dev
mount --rbind /sys sys
mount --bind "$storage" var/lib/containers
mount --bind "$checkout" checkout
mount -o remount,bind,ro checkout
mount --bind "$base" base
cp /etc/resolv.conf /etc/hosts etc/
echo 'root:x:0:0:root:/root:/bin/sh' >etc/passwd
echo 'root:x:0:' >etc/group
# No image comes from anywhere but this machine: see --pull-never.
echo '{"default":[{"type":"insecureAcceptAnything"}]}' >etc/containers/policy.json
echo 'unqualified-search-registries = ["docker.io"]' >etc/containers/registries.conf
exec env HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot . "$@"
