#!/bin/sh
# Runs after `npm ci`: whether the Node that came with it starts on this system. Node 26 for Linux needs the library
# libatomic.so.1, which a bare Debian or Ubuntu lacks; as root it is installed here, else the command is named.
set -u
if message=$(node --version 2>&1); then exit 0; fi
case "$message" in *libatomic*) ;; *) echo "node does not start: $message" >&2; exit 1 ;; esac
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "Node 26 needs libatomic1: installing it with apt-get." >&2
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends libatomic1 >&2
  node --version >/dev/null && exit 0
fi
echo "Node 26 needs libatomic.so.1. Install it, then repeat npm ci; on Debian and Ubuntu: sudo apt-get install libatomic1" >&2
exit 1
