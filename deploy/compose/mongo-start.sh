#!/bin/bash
# mongod requires a key file that only its user may read; a mounted secret is readable by others.
set -eu
install --mode 0400 /run/secrets/mongo_keyfile /tmp/keyfile
# The log of a slow query contains its values, mail addresses among them; the threshold of a day disables it (I8).
exec docker-entrypoint.sh mongod --replSet rs0 --bind_ip_all --keyFile /tmp/keyfile --slowms 86400000
