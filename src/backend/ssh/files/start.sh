#!/bin/bash
# By drill, at every start: who this server is from now on, the administrator's own way in, and a log whose lines have times.
set -eu
mkdir -p /run/sshd
umask 022
cat /proc/sys/kernel/random/uuid >/drill/run/server
# Nothing is revoked yet; without a list nobody would get in.
[ -e /drill/run/krl ] || ssh-keygen -q -k -f /drill/run/krl
chmod 600 /drill/host_key
sshd=$(command -v sshd.pam || command -v sshd)
"$sshd" -V 2>/drill/run/version || true
"$sshd" -f /drill/administrator.conf
"$sshd" -D -e -f /drill/sshd.conf 2>&1 | while IFS= read -r line; do printf '%s %s\n' "$EPOCHREALTIME" "$line"; done
