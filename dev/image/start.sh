#!/bin/sh
# Starts a program of an image as its user, without privileges and on a file system that it cannot write to, as the compose
# file has it: start.sh ROOT USER FOLDER PROGRAM ... In a mount namespace of its own. Its process id is the program's.
set -e
root=$1 user=$2 folder=$3
shift 3
mount --make-rprivate /
mount --bind "$root" "$root"
cd "$root"
mount -t proc proc proc
mount --rbind /dev dev
mount -o remount,bind,ro .
exec chroot . /usr/bin/setpriv --reuid "$user" --regid "$user" --clear-groups --no-new-privs --bounding-set=-all \
  --inh-caps=-all /usr/bin/env --chdir="$folder" "$@"
