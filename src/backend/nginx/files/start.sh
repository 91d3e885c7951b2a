#!/bin/sh
# By drill, at every start: who this server is from now on, and which name servers it asks for the OCSP responder.
set -e
printf 'add_header X-Drill-Server %s always;\n' "$(cat /proc/sys/kernel/random/uuid)" >/drill/run/identity.conf
servers=$(awk '$1 == "nameserver" { if ($2 ~ /:/) print "[" $2 "]"; else print $2 }' /etc/resolv.conf | tr '\n' ' ')
printf 'resolver %s valid=5s ipv6=off;\n' "$servers" >/drill/run/resolver.conf
